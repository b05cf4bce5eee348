/// Which of two samples is higher, as far as seeds can tell.
public enum Order: Sendable, Equatable {
    case above, below
    /// They lie among each other, or ranks and means disagree.
    case undecided
    /// Too few values for any outcome to tell.
    case tooFew

    /// One-sided.
    public static let level = 0.05

    /// - Parameters: returns, one a seed.
    public init(_ x: [Double], against y: [Double]) {
        let test = RankTest(x, against: y), bound = Order.level + 1e-12
        if RankTest.leastChance(x.count, y.count) > bound {
            self = .tooFew
        } else {
            let lead = Statistics.mean(x) - Statistics.mean(y)
            self = test.pAbove <= bound && lead > 0 ? .above : test.pBelow <= bound && lead < 0 ? .below : .undecided
        }
    }

    /// The rule in words.
    static let rule = """
        Told apart: by Mann and Whitney's exact rank test of the seeds' mean returns, one-sided at 5%, not corrected for the number of comparisons.
        """
    /// What a reader should know of it.
    static let ruleOfThree = "Three seeds each are the fewest that can tell, and then only if all of one lie above all of the other."
}

extension Order {
    /// The highest of some samples and those that can't be told apart from it.
    ///
    /// - Parameter samples: returns of each, one a seed, none of them empty.
    /// - Returns: indices of the best, and of those with too few seeds to be told apart from the highest. The highest is among the best
    ///   only if there is another that could have been told apart from it.
    static func best(_ samples: [[Double]]) -> (best: Set<Int>, tooFew: Set<Int>) {
        let means = samples.map(Statistics.mean)
        guard let top = means.indices.max(by: { means[$0] < means[$1] }), samples.count > 1 else { return ([], []) }
        var best: Set<Int> = [], tooFew: Set<Int> = []
        for index in samples.indices where index != top {
            switch Order(samples[index], against: samples[top]) {
            case .tooFew: tooFew.insert(index)
            case .below: break
            case .above, .undecided: best.insert(index)
            }
        }
        if tooFew.count < samples.count - 1 { best.insert(top) }
        return (best, tooFew)
    }
}
