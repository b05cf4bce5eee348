import Core

/// Draws task sets: SplitMix64, its start mixed with a name so that families with the same task seed draw different numbers.
public struct TaskGenerator: RandomNumberGenerator {
    private var generator: SplitMix64

    public init(seed: UInt64, name: String) {
        var start = SplitMix64(seed: seed)
        generator = SplitMix64(seed: start.next() ^ stableHash(name.utf8))
    }

    public mutating func next() -> UInt64 { generator.next() }
}
