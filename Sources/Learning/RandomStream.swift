import Foundation

/// A named, saveable stream of random numbers: xoshiro256++ (Blackman and Vigna, 2018), seeded by SplitMix64.
///
///     var noise = RandomStreams(seed: 1)["collection/task-0"]
///     let x = Float.random(in: 0..<1, using: &noise)
///
/// Every random draw of a run comes from one of these; its four words of state are in the checkpoint.
public struct RandomStream: RandomNumberGenerator, Sendable, Codable, Equatable {
    /// The whole state, four words; `init(state:)` restores the stream from it.
    public internal(set) var state: [UInt64]

    public init(seed: UInt64) {
        var mixer = seed
        state = (0..<4).map { _ in RandomStream.splitMix(&mixer) }
    }

    /// Throws `StateError` when `state` is not four words, not all of them zero.
    public init(state: [UInt64]) throws {
        guard state.count == 4, state.contains(where: { $0 != 0 }) else {
            throw StateError.invalid("random stream", "four 64-bit words, not all zero, expected; found \(state)")
        }
        self.state = state
    }

    /// Throws as `init(state:)`: a decoded stream has four words too.
    public init(from decoder: any Decoder) throws {
        try self.init(state: decoder.container(keyedBy: CodingKeys.self).decode([UInt64].self, forKey: .state))
    }

    private enum CodingKeys: CodingKey { case state }

    /// Uniform over all 64-bit words.
    public mutating func next() -> UInt64 {
        state.withUnsafeMutableBufferPointer { s in
            let sum = s[0] &+ s[3]
            let result = ((sum << 23) | (sum >> 41)) &+ s[0]
            let t = s[1] << 17
            s[2] ^= s[0]
            s[3] ^= s[1]
            s[1] ^= s[2]
            s[0] ^= s[3]
            s[2] ^= t
            s[3] = (s[3] << 45) | (s[3] >> 19)
            return result
        }
    }

    /// Uniform in [0, 1), 24 bits.
    public mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// One draw from N(0, 1), by Box and Muller; the second one is thrown away, so that the state stays four words.
    public mutating func normal() -> Float {
        let radius = (-2 * logf(1 - uniform())).squareRoot()
        return radius * cosf(2 * .pi * uniform())
    }

    /// An index in 0..<count.
    public mutating func index(below count: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(count)).high) }

    static func splitMix(_ x: inout UInt64) -> UInt64 {
        x &+= 0x9E37_79B9_7F4A_7C15
        var z = x
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// All streams of a run, each found by its name: the same seed and name give the same stream, and the order in which
/// streams are asked for does not matter.
public struct RandomStreams: Sendable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The stream of a name, from its start each time.
    public subscript(name: String) -> RandomStream {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325  // FNV-1a
        for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        var mixer = seed
        return RandomStream(seed: RandomStream.splitMix(&mixer) ^ hash)
    }
}
