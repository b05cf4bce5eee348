import Core

/// The generator that task sets are drawn with: SplitMix64, seeded with the task seed and the family's name, so that families draw different
/// numbers.
public struct TaskGenerator: RandomNumberGenerator, Sendable {
    private var generator: SplitMix64

    public init(seed: UInt64, name: String) {
        var start = SplitMix64(seed: seed)
        generator = SplitMix64(seed: start.next() ^ stableHash(name.utf8))
    }

    public mutating func next() -> UInt64 { generator.next() }
}
