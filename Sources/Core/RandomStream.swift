import Foundation

/// A named stream of random numbers: xoshiro256++ (Blackman and Vigna 2019). Its state is part of every checkpoint, so that a
/// resumed run gives the same bits.
///
/// A value type of 32 bytes: a copy draws the same numbers as its original. Every draw is O(1) and allocates nothing.
public struct RandomStream: RandomNumberGenerator, Sendable, Equatable, Codable {
    /// The four words of xoshiro256++, never all zero.
    public private(set) var state: (UInt64, UInt64, UInt64, UInt64)

    /// The state is filled by SplitMix64 from `seed`, as the generator's authors advise.
    public init(seed: UInt64) {
        var mixer = SplitMix64(seed: seed)
        state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
    }

    /// Throws `StateError` unless `words` are four 64-bit words, not all of them zero.
    public init(words: [UInt64]) throws {
        guard words.count == 4, words.contains(where: { $0 != 0 }) else {
            throw StateError.invalid("random stream", "four 64-bit words, not all zero, expected; found \(words)")
        }
        state = (words[0], words[1], words[2], words[3])
    }

    /// The state as an array of four words.
    public var words: [UInt64] { [state.0, state.1, state.2, state.3] }

    /// Calls `body` with a pointer to the four words, for kernels that draw many numbers in one call.
    public mutating func withUnsafeMutableWords<Result>(_ body: (UnsafeMutablePointer<UInt64>) -> Result) -> Result {
        withUnsafeMutablePointer(to: &state) { pointer in
            pointer.withMemoryRebound(to: UInt64.self, capacity: 4, body)
        }
    }

    /// Uniform over all 64-bit words.
    public mutating func next() -> UInt64 {
        let sum = state.0 &+ state.3
        let result = ((sum << 23) | (sum >> 41)) &+ state.0
        let t = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= t
        state.3 = (state.3 << 45) | (state.3 >> 19)
        return result
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

    /// 0..<count in random order (Fisher and Yates). O(count).
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for i in stride(from: count - 1, to: 0, by: -1) { order.swapAt(i, index(below: i + 1)) }
        return order
    }

    public static func == (a: RandomStream, b: RandomStream) -> Bool { a.state == b.state }
}

extension RandomStream {
    private enum CodingKeys: CodingKey { case state }

    /// Throws as `init(words:)` does: a decoded stream has four words too.
    public init(from decoder: any Decoder) throws {
        try self.init(words: decoder.container(keyedBy: CodingKeys.self).decode([UInt64].self, forKey: .state))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(words, forKey: .state)
    }
}

/// All streams of a run, each found by its name: the same seed and name give the same stream, and the order in which
/// streams are asked for does not matter.
public struct RandomStreams: Sendable {
    public let seed: UInt64

    public init(seed: UInt64) { self.seed = seed }

    /// The stream of a name, from its start each time.
    public subscript(name: String) -> RandomStream {
        var mixer = SplitMix64(seed: seed)
        return RandomStream(seed: mixer.next() ^ stableHash(name.utf8))
    }
}
