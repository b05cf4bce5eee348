import Environments
import Runs

/// Returns at the last evaluation by the adaptation episodes played before: how fast an agent gets to know a task.
public struct AdaptationCurve: Sendable {
    public struct Point: Sendable, Equatable {
        /// Adaptation episodes played before this one.
        public var episodes: Int
        /// Over tasks, then over seeds; lowest and highest seed.
        public var mean: Double
        public var low: Double
        public var high: Double
    }

    /// A line through one run.
    public typealias Line = [(episodes: Int, value: Double)]

    /// The adaptation episodes that every run has on every task, means over the evaluation's adaptations, then the evaluation episodes that
    /// follow them. The former are played as the agent adapts, at random or not, the latter by its deterministic policy. Empty where no run
    /// counts.
    public let points: [Point]
    public let seeds: Int
    /// Environment steps spent on a task before the evaluation, fewest and most; nil where no run counts.
    public let steps: ClosedRange<Int>?
    /// Each run that doesn't count, at the last evaluation that it came to.
    public let unfinished: [Line]

    /// - Parameter set: the tasks, of which a run's mean is taken.
    public init(_ group: RunGroup, _ set: TaskSet, policy: String = PolicyName.meta) {
        let filter = EvaluationFilter(policy: policy, set: set)
        let counted = group.counted(filter).compactMap { AdaptationCurve.last($0, filter) }
        seeds = counted.count
        steps = counted.map(\.steps).reduce(nil) { whole, run in
            min(whole?.lowerBound ?? run.lowerBound, run.lowerBound)...max(whole?.upperBound ?? run.upperBound, run.upperBound)
        }
        unfinished = group.runs.filter { !$0.counts }.compactMap { AdaptationCurve.last($0, filter) }.map { run in
            (run.adapting.enumerated().map { ($0, $1) } + [(run.episodes, run.adapted)]).filter { $0.1.isFinite }
        }.filter { !$0.isEmpty }

        func point(_ episodes: Int, _ values: [Double]) -> Point {
            Point(episodes: episodes, mean: Statistics.mean(values), low: values.min() ?? .nan, high: values.max() ?? .nan)
        }
        let common = counted.map(\.adapting.count).min() ?? 0
        let exploring = (0..<common).map { episode in point(episode, counted.map { $0.adapting[episode] }) }
        points = counted.isEmpty ? [] : exploring + [point(counted.map(\.episodes).max() ?? 0, counted.map(\.adapted))]
    }

    private struct Run {
        /// Mean over tasks, by adaptation episode.
        var adapting: [Double]
        /// Mean over tasks and evaluation episodes.
        var adapted: Double
        /// Adaptation episodes, the most of any task.
        var episodes: Int
        var steps: ClosedRange<Int>
    }

    /// A run's last evaluation of the policy; nil where there is none.
    private static func last(_ run: RunRecord, _ filter: EvaluationFilter) -> Run? {
        guard let mark = run.marks(filter).last else { return nil }
        let rows = run.rows(filter.policy, filter.set, filter.metric.name, .adaptation).filter { $0.step == mark.step }
        let byTask = mark.tasks.map { task in
            rows.filter { $0.task == task }.sorted { ($0.episode ?? 0) < ($1.episode ?? 0) }.map(\.value)
        }
        let common = byTask.map(\.count).min() ?? 0
        let steps = run.adaptationSteps(filter.policy, filter.set, step: mark.step, tasks: mark.tasks)
        return Run(
            adapting: (0..<common).map { episode in Statistics.mean(byTask.map { $0[episode] }) }, adapted: mark.mean,
            episodes: byTask.map(\.count).max() ?? 0, steps: (steps.min() ?? 0)...(steps.max() ?? 0))
    }
}
