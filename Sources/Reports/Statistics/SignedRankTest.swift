/// Wilcoxon's signed-rank test (1945) of paired differences, exact and with ties: over all ways to give the differences their signs. Differences of 0
/// are left out, as Wilcoxon did.
public struct SignedRankTest: Sendable, Equatable {
    /// The chance, were either sign as likely, that the positive differences rank as high as they do or higher; 1 where all are 0, NaN
    /// where there is none or one is not finite.
    public let pAbove: Double
    /// The same for as low or lower.
    public let pBelow: Double

    /// O(n^3) for n differences: milliseconds for 100.
    public init(_ differences: [Double]) {
        guard !differences.isEmpty, differences.allSatisfy(\.isFinite) else {
            (pAbove, pBelow) = (.nan, .nan)
            return
        }
        let kept = differences.filter { $0 != 0 }, ranks = RankTest.doubledMidranks(kept.map(abs))
        let observed = zip(kept, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }, most = ranks.reduce(0, +)
        // chance[s]: that the doubled ranks of the positive differences sum to s.
        var chance = Array(repeating: 0.0, count: most + 1)
        chance[0] = 1
        for rank in ranks {
            for sum in stride(from: most, through: 0, by: -1) { chance[sum] = (chance[sum] + (sum >= rank ? chance[sum - rank] : 0)) / 2 }
        }
        pAbove = min(1, chance[observed...].reduce(0, +))
        pBelow = min(1, chance[...observed].reduce(0, +))
    }

    /// The smallest chance that so many differences can have: all of one sign.
    public static func leastChance(_ count: Int) -> Double { (0..<count).reduce(1.0) { chance, _ in chance / 2 } }
}
