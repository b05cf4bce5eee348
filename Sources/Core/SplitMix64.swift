import Foundation

/// SplitMix64 (Steele, Lea and Flood 2014): a generator of one word of state, for seeding others and for draws that must never depend
/// on a run's seed, such as a family's tasks. O(1) a draw.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

/// 64-bit FNV-1a hash of bytes, the same in every run (Swift's own `Hasher` is seeded anew in each process). O(bytes).
/// `start` continues an earlier hash.
public func stableHash(_ bytes: some Sequence<UInt8>, start: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64 {
    bytes.reduce(start) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

extension RandomNumberGenerator {
    /// Uniform in [low, high), 53 bits. One draw.
    public mutating func uniform(_ low: Double, _ high: Double) -> Double {
        low + (high - low) * (Double(next() >> 11) * 0x1p-53)
    }

    /// Standard normal in double precision, by Box and Muller. Two draws a number: the second normal of a pair is not kept, so
    /// that the generator's state is all there is to save.
    public mutating func standardNormal() -> Double {
        let radius = (-2 * log(1 - uniform(0, 1))).squareRoot()  // 1 - u is in (0, 1]
        return radius * cos(2 * .pi * uniform(0, 1))
    }
}
