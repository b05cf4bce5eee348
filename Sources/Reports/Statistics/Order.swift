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
        let test = RankTest(x, against: y), lead = Statistics.mean(x) - Statistics.mean(y)
        self.init(test.pAbove, test.pBelow, atLeast: RankTest.leastChance(x.count, y.count), lead: lead)
    }

    /// Of two samples that belong together in pairs, as two policies of the same runs do: by the signed-rank test of their differences.
    public init(_ x: [Double], pairedWith y: [Double]) {
        let differences = zip(x, y).map { $0 - $1 }, test = SignedRankTest(differences)
        self.init(test.pAbove, test.pBelow, atLeast: SignedRankTest.leastChance(differences.count), lead: Statistics.mean(differences))
    }

    /// - Parameters:
    ///   - least: the smallest chance that samples of these sizes can have.
    ///   - lead: of the first's mean.
    private init(_ pAbove: Double, _ pBelow: Double, atLeast least: Double, lead: Double) {
        let bound = Order.level + 1e-12
        self = least > bound ? .tooFew : pAbove <= bound && lead > 0 ? .above : pBelow <= bound && lead < 0 ? .below : .undecided
    }

    /// What decides.
    public enum Test: Sendable, Hashable, CaseIterable {
        /// Mann and Whitney's: seeds have nothing in common.
        case ranks
        /// Wilcoxon's: seeds belong together in pairs, because both policies are of the same runs, or because each seed has tasks of its own.
        case signedRanks

        /// Whose it is, beside its p.
        var name: String {
            switch self {
            case .ranks: "Mann-Whitney"
            case .signedRanks: "Wilcoxon"
            }
        }
    }

    /// The rule as text, for numbers that these tests decide about.
    static func rule(_ tests: Set<Test>) -> String {
        let ranks = "the exact rank test of Mann and Whitney on the seeds' mean returns"
        let signed = "Wilcoxon's exact signed-rank test on the seeds' differences"
        let test = tests == [.signedRanks] ? "\(signed), for \(pairs)" : tests.contains(.signedRanks) ? "\(ranks); for \(pairs) by \(signed)" : ranks
        return "Significant: by \(test), at 5% on the side that the means show (two-sided: at 10%), without correction for the number of "
            + "comparisons."
    }

    /// What makes seeds pairs.
    static let pairs = "pairs of seeds (two policies of the same runs, or tasks of their own for each seed)"

    /// How many seeds that takes.
    static func leastSeeds(_ tests: Set<Test>) -> String {
        let ranks = "With three seeds each a difference is significant only if all seeds of one are above all of the other; with one or two, hardly "
            + "ever."
        let signed = "with fewer than five seeds no difference can be significant; with five, only if one policy is ahead in all of them."
        if tests == [.signedRanks] { return signed.sentence }
        return tests.contains(.signedRanks) ? "\(ranks) Between pairs of seeds, \(signed)" : ranks
    }

    /// Those by which a report compares some policies: any two of one metric on the same tasks and on the same terms.
    static func tests(_ scores: [PolicyScores]) -> Set<Test> {
        let comparable = Dictionary(grouping: scores) { [$0.family, $0.set.rawValue, $0.metric.name, "\(AdaptationTerms($0).episodes)"] }.values
        return Set(comparable.flatMap { scores in
            scores.indices.flatMap { own in scores[..<own].map { scores[own].test(against: $0) } }
        })
    }
}

extension Order {
    /// The best of some policies and those that do not differ significantly from it.
    ///
    /// - Parameter scores: final values of policies on the same tasks, none of them empty.
    /// - Returns: indices of the highest of those that have enough seeds for a test against another; of the best, which are it and those that do
    ///   not differ from it; and of those with too few seeds for a test against it. Nil where no two have enough.
    static func best(_ scores: [PolicyScores]) -> (top: Int, best: Set<Int>, tooFew: Set<Int>)? {
        let means = scores.map { Statistics.mean($0.oriented) }
        let tested = scores.indices.filter { own in
            scores.indices.contains { $0 != own && scores[$0].order(against: scores[own]) != .tooFew }
        }
        guard let top = tested.max(by: { means[$0] < means[$1] }) else { return nil }
        var best: Set<Int> = [top], tooFew: Set<Int> = []
        for index in scores.indices where index != top {
            switch scores[index].order(against: scores[top]) {
            case .tooFew: tooFew.insert(index)
            case .below: break
            case .above, .undecided: best.insert(index)
            }
        }
        return (top, best, tooFew)
    }
}
