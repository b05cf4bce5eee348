/// How much more one policy returns than another at the end of training, in numbers that mean the same for positive and negative returns.
public struct Gain: Sendable, Equatable {
    /// (mean - other's mean) / |other's mean| over seeds' mean returns, so that positive is better also where returns are negative.
    /// Nil where the other's seeds are not all of one sign, or one is 0: a share of about nothing says nothing.
    public let relative: Double?
    /// 95% percentile bootstrap interval of `relative`, both policies' seeds drawn with replacement, each with all its tasks; nil for fewer
    /// than two seeds of either.
    public let interval: ClosedRange<Double>?
    /// P(policy > other), a mean over tasks; see `Statistics.probabilityOfImprovement`.
    public let probability: Double
    /// Its 95% stratified bootstrap interval, both policies' seeds drawn task by task; nil for fewer than two seeds of either.
    public let probabilityInterval: ClosedRange<Double>?
    /// One-sided, of `test`, in the direction in which the means differ.
    public let chance: Double
    public let order: Order
    /// What `chance` and `order` come from.
    public let test: Order.Test

    /// - Parameters: returns [task][seed], of the same tasks; at least one seed each.
    public init(_ policy: [[Double]], over other: [[Double]]) {
        let mine = Gain.seedMeans(policy), theirs = Gain.seedMeans(other)
        func share(_ x: [Double], _ y: [Double]) -> Double {
            (Statistics.mean(x) - Statistics.mean(y)) / abs(Statistics.mean(y))
        }
        let several = mine.count > 1 && theirs.count > 1
        let sameSign = theirs.allSatisfy { $0 > 0 } || theirs.allSatisfy { $0 < 0 }
        relative = sameSign && !mine.isEmpty ? share(mine, theirs) : nil
        interval = sameSign && several
            ? Statistics.bootstrapInterval(tasks: [mine], and: [theirs]) { share($0[0], $1[0]) } : nil
        probability = Statistics.probabilityOfImprovement(policy, over: other)
        probabilityInterval = several
            ? Statistics.bootstrapInterval(tasks: policy, and: other) { Statistics.probabilityOfImprovement($0, over: $1) } : nil
        let test = RankTest(mine, against: theirs)
        chance = Statistics.mean(mine) >= Statistics.mean(theirs) ? test.pAbove : test.pBelow
        order = Order(mine, against: theirs)
        self.test = .ranks
    }

    /// Of policies whose seeds belong together in pairs, because each seed has tasks of its own that both share: the intervals draw whole seeds
    /// of both together, P(policy > other) is the share of seeds, and the test is of the seeds' differences.
    ///
    /// - Parameters: returns [task][seed], of the same tasks and seeds; at least one seed.
    public init(_ policy: [[Double]], pairedWith other: [[Double]]) {
        let mine = Gain.seedMeans(policy), theirs = Gain.seedMeans(other), seeds = mine.indices
        func share(_ seeds: some Sequence<Int>) -> Double {
            var own = 0.0, others = 0.0
            for seed in seeds { (own, others) = (own + mine[seed], others + theirs[seed]) }
            return (own - others) / abs(others)
        }
        // Mean over tasks: whether the policy is ahead in a seed.
        let wins = seeds.map { seed in
            Statistics.mean(zip(policy, other).map { $0[seed] > $1[seed] ? 1 : $0[seed] == $1[seed] ? 0.5 : 0 })
        }
        let sameSign = theirs.allSatisfy { $0 > 0 } || theirs.allSatisfy { $0 < 0 }
        relative = sameSign && !mine.isEmpty ? share(seeds) : nil
        interval = sameSign && mine.count > 1
            ? Statistics.bootstrapInterval(strata: [seeds.map(Double.init)]) { share($0.lazy.map { Int($0) }) } : nil
        probability = Statistics.mean(wins)
        probabilityInterval = mine.count > 1 ? Statistics.bootstrapInterval(strata: [wins], statistic: Statistics.mean) : nil
        let test = SignedRankTest(zip(mine, theirs).map { $0 - $1 })
        chance = Statistics.mean(mine) >= Statistics.mean(theirs) ? test.pAbove : test.pBelow
        order = Order(mine, pairedWith: theirs)
        self.test = .signedRanks
    }

    static func seedMeans(_ returns: [[Double]]) -> [Double] {
        (returns.first ?? []).indices.map { seed in Statistics.mean(returns.map { $0[seed] }) }
    }
}
