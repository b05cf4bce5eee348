import Runs

/// Whether a group of runs learned, and whether adapting helped: numbers over the finished seeds.
///
/// The last quarter of a curve is every evaluation in the last quarter of the run's steps. A rise is given in standard errors of its own
/// mean over seeds, each seed's last quarter against its own first evaluation.
public struct LearningEvidence: Sendable {
    /// Mean over tasks of each seed's first evaluation.
    public let first: [Double]
    /// Mean over tasks and marks of each seed's last quarter.
    public let lastQuarter: [Double]
    /// Mean of the first adaptation episode over tasks and the last quarter, by seed: the agent before it adapts. Empty where there is none.
    public let beforeAdapting: [Double]
    /// False where a seed has no evaluation before training, as numbers of samples have none: then nothing tells what it was before.
    private let hasBeginning: Bool

    public init(_ group: RunGroup, _ filter: EvaluationFilter) {
        let runs = group.counted(filter).map { (run: $0, marks: $0.marks(filter)) }.filter { item in
            item.marks.contains { Double($0.spent) >= LearningEvidence.start(item.run) }
        }
        hasBeginning = !runs.isEmpty && runs.allSatisfy { $0.marks[0].spent == 0 }
        first = runs.map { $0.marks[0].mean }
        lastQuarter = runs.map { item in
            let start = LearningEvidence.start(item.run)
            return Statistics.mean(item.marks.filter { Double($0.spent) >= start }.map(\.mean))
        }
        beforeAdapting = runs.compactMap { item in
            let start = LearningEvidence.start(item.run)
            let episodes = item.run.rows(filter.policy, filter.set, filter.metric.name, .adaptation).filter {
                $0.episode == 0 && Double($0.spent) >= start && (filter.task == nil || $0.task == filter.task)
            }
            return episodes.isEmpty ? nil : Statistics.mean(episodes.map(\.value))
        }
    }

    /// In the unit of the run's budget.
    private static func start(_ run: RunRecord) -> Double { 0.75 * Double(run.totalSteps) }

    /// What adapting brought, by seed: the last quarter less the first adaptation episode. Empty where a seed has no such episode.
    public var rises: [Double] {
        beforeAdapting.count == lastQuarter.count ? zip(beforeAdapting, lastQuarter).map { $1 - $0 } : []
    }

    /// Whether the last quarter is better or worse than the first evaluation, by Student's t on the seeds' rises, one-sided at `Order.level`; of one
    /// seed, at all. Nil where nothing tells.
    func outcome(_ metric: Metric) -> Outcome? {
        guard hasBeginning else { return nil }
        let rise = Statistics.mean(metric.oriented(zip(first, lastQuarter).map { $1 - $0 })), errors = abs(riseInStandardErrors)
        let needed = StudentT.quantile(1 - Order.level, freedom: Double(first.count - 1))
        return errors < needed || rise == 0 ? .unclear : rise > 0 ? .learned : .worse
    }

    /// The rule as text.
    static let rule = "by Student's t on the seeds' rises, at 5% on one side; of one seed by its sign alone"

    enum Outcome: String { case learned, unclear, worse }

    /// Mean rise over its standard error; NaN for fewer than two seeds.
    public var riseInStandardErrors: Double {
        let rises = zip(first, lastQuarter).map { $1 - $0 }
        return Statistics.mean(rises) / Statistics.standardError(rises)
    }
}
