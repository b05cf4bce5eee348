import Foundation

/// How much more one policy returns than another at the end of training, in numbers that mean the same for positive and negative returns.
public struct Gain: Sendable, Equatable {
    /// (mean - other's mean) / |other's mean| over seeds' mean returns, so that positive is better also where returns are negative.
    /// Nil where the other's seeds are not all of one sign, or one is 0: a share of about nothing says nothing.
    public let relative: Double?
    /// 95% interval of `relative`, from the spread of the seeds' means by Student's t (Welch, 1947; the ratio by the delta method); nil for fewer
    /// than two seeds of either. A bootstrap of three to five seeds would be too narrow: of 95% intervals about 80% would cover.
    public let interval: ClosedRange<Double>?
    /// P(policy > other), a mean over tasks; see `Statistics.probabilityOfImprovement`.
    public let probability: Double
    /// Its 95% bootstrap interval, drawing whole seeds of both policies; nil for fewer than two seeds of either.
    public let probabilityInterval: ClosedRange<Double>?
    /// One-sided, of `test`, in the direction in which the means differ.
    public let chance: Double
    public let order: Order
    /// What `chance` and `order` come from.
    public let test: Order.Test

    /// - Parameters: returns [task][seed], of the same tasks; at least one seed each.
    public init(_ policy: [[Double]], over other: [[Double]]) {
        let mine = Gain.seedMeans(policy), theirs = Gain.seedMeans(other)
        relative = Gain.relative(mine, theirs)
        interval = relative.flatMap { Gain.interval(around: $0, mine, theirs) }
        let several = mine.count > 1 && theirs.count > 1
        probability = Statistics.probabilityOfImprovement(policy, over: other)
        probabilityInterval = several
            ? Statistics.bootstrapInterval(tasks: policy, and: other) { Statistics.probabilityOfImprovement($0, over: $1) } : nil
        let test = RankTest(mine, against: theirs)
        chance = Statistics.mean(mine) >= Statistics.mean(theirs) ? test.pAbove : test.pBelow
        order = Order(mine, against: theirs)
        self.test = .ranks
    }

    /// Of policies whose seeds belong together in pairs, see `Order.Test.signedRanks`: the interval and the test are of the seeds' differences, and
    /// P(policy > other) is the share of seeds.
    ///
    /// - Parameters: returns [task][seed], of the same tasks and seeds; at least one seed.
    public init(_ policy: [[Double]], pairedWith other: [[Double]]) {
        let mine = Gain.seedMeans(policy), theirs = Gain.seedMeans(other), seeds = mine.indices
        // Mean over tasks: whether the policy is ahead in a seed.
        let wins = seeds.map { seed in
            Statistics.mean(zip(policy, other).map { $0[seed] > $1[seed] ? 1 : $0[seed] == $1[seed] ? 0.5 : 0 })
        }
        relative = Gain.relative(mine, theirs)
        interval = relative.flatMap { Gain.interval(around: $0, mine, pairedWith: theirs) }
        probability = Statistics.mean(wins)
        probabilityInterval = mine.count > 1 ? Statistics.bootstrapInterval(strata: [wins], statistic: Statistics.mean) : nil
        let test = SignedRankTest(zip(mine, theirs).map { $0 - $1 })
        chance = Statistics.mean(mine) >= Statistics.mean(theirs) ? test.pAbove : test.pBelow
        order = Order(mine, pairedWith: theirs)
        self.test = .signedRanks
    }

    private static func relative(_ mine: [Double], _ theirs: [Double]) -> Double? {
        let hasOneSign = theirs.allSatisfy { $0 > 0 } || theirs.allSatisfy { $0 < 0 }, mean = Statistics.mean(theirs)
        return hasOneSign && !mine.isEmpty ? (Statistics.mean(mine) - mean) / abs(mean) : nil
    }

    /// With r the ratio of the means, the variance of r is that of (x - r y) / mean(y), to first order.
    private static func interval(around relative: Double, _ mine: [Double], _ theirs: [Double]) -> ClosedRange<Double>? {
        guard mine.count > 1, theirs.count > 1 else { return nil }
        let mean = Statistics.mean(theirs), ratio = Statistics.mean(mine) / mean
        let own = pow(Statistics.standardError(mine), 2), other = pow(ratio * Statistics.standardError(theirs), 2)
        if own + other == 0 { return relative...relative }
        let freedom = pow(own + other, 2) / (own * own / Double(mine.count - 1) + other * other / Double(theirs.count - 1))
        return interval(around: relative, error: (own + other).squareRoot() / abs(mean), freedom: freedom)
    }

    private static func interval(around relative: Double, _ mine: [Double], pairedWith theirs: [Double]) -> ClosedRange<Double>? {
        guard mine.count > 1 else { return nil }
        let mean = Statistics.mean(theirs), ratio = Statistics.mean(mine) / mean
        let error = Statistics.standardError(zip(mine, theirs).map { $0 - ratio * $1 }) / abs(mean)
        return interval(around: relative, error: error, freedom: Double(mine.count - 1))
    }

    private static func interval(around relative: Double, error: Double, freedom: Double) -> ClosedRange<Double>? {
        let half = StudentT.quantile(0.975, freedom: freedom) * error
        return half.isFinite ? relative - half...relative + half : nil
    }

    static func seedMeans(_ returns: [[Double]]) -> [Double] {
        (returns.first ?? []).indices.map { seed in Statistics.mean(returns.map { $0[seed] }) }
    }
}
