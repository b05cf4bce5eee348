/// Which of two samples is significantly higher.
public enum Order: Sendable, Equatable {
    case above, below
    /// No significant difference, or ranks and means disagree.
    case undecided
    /// Too few values for any outcome to be significant.
    case tooFew

    /// One-sided.
    public static let level = 0.05

    /// - Parameters: returns, one for each seed.
    public init(_ x: [Double], against y: [Double]) {
        let test = RankTest(x, against: y), bound = Order.level + 1e-12
        if RankTest.leastChance(x.count, y.count) > bound {
            self = .tooFew
        } else {
            let lead = Statistics.mean(x) - Statistics.mean(y)
            self = test.pAbove <= bound && lead > 0 ? .above : test.pBelow <= bound && lead < 0 ? .below : .undecided
        }
    }

    /// Of two samples that belong together in pairs, as the same seeds on the same tasks do: by the signed-rank test of their differences.
    public init(_ x: [Double], pairedWith y: [Double]) {
        let differences = zip(x, y).map { $0 - $1 }, test = SignedRankTest(differences), bound = Order.level + 1e-12
        let lead = Statistics.mean(differences)
        if SignedRankTest.leastChance(differences.count) > bound {
            self = .tooFew
        } else {
            self = test.pAbove <= bound && lead > 0 ? .above : test.pBelow <= bound && lead < 0 ? .below : .undecided
        }
    }

    /// The rule as text.
    static let rule = """
        Significant: by the exact rank test of Mann and Whitney on the seeds' mean returns, one-sided, at 5%, without correction for the \
        number of comparisons.
        """
    /// What a reader should know about it.
    static let ruleOfThree = """
        With fewer than three seeds each no difference can be significant; with three, only if all seeds of one are above all of the other.
        """
}

extension Order {
    /// The best of some policies and those that do not differ significantly from it.
    ///
    /// - Parameter scores: final values of policies on the same tasks, none of them empty.
    /// - Returns: indices of the best, and of those with too few seeds for a test against the highest. The highest is among the best
    ///   only if at least one other could be tested against it.
    static func best(_ scores: [PolicyScores]) -> (best: Set<Int>, tooFew: Set<Int>) {
        let means = scores.map { Statistics.mean($0.oriented) }
        guard let top = means.indices.max(by: { means[$0] < means[$1] }), scores.count > 1 else { return ([], []) }
        var best: Set<Int> = [], tooFew: Set<Int> = []
        for index in scores.indices where index != top {
            switch scores[index].order(against: scores[top]) {
            case .tooFew: tooFew.insert(index)
            case .below: break
            case .above, .undecided: best.insert(index)
            }
        }
        if tooFew.count < scores.count - 1 { best.insert(top) }
        return (best, tooFew)
    }
}
