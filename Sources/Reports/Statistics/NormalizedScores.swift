import Runs

/// Final values of one metric of all agents on one scale, over the training tasks of the families that all of them finished.
///
/// A task's 0 is the mean of untrained agents (the evaluation at step 0, first over seeds, then over agents and
/// policies), its 1 the best final mean over seeds of any agent.
public struct NormalizedScores: Sendable {
    public struct Line: Sendable {
        /// As legends show it.
        public var label: String
        public var policy: String
        /// Scores of the seeds, an array a task.
        public var scores: [[Double]]
    }

    public let lines: [Line]
    /// Families that all agents share, and those that they don't.
    public let families: [String]
    public let otherFamilies: [String]
    /// Number of tasks that have scores.
    public let tasks: Int
    /// `family task` where no agent ends better than untrained ones, or where one has no evaluation at step 0: there is no scale.
    public let withoutScale: [String]

    /// Empty where there are fewer than two agents, or no family that all of them finished under the same conditions.
    public init(_ comparison: Comparison, metric: Metric = .episodeReturn) {
        self.init(comparison, styles: LineStyles(comparison), metric: metric)
    }

    init(_ comparison: Comparison, styles: LineStyles, metric: Metric) {
        let finished = comparison.families.map { (name: $0, agents: styles.finished($0)) }
        let everyone = finished.reduce(into: Set<String>()) { $0.formUnion($1.agents) }
        var lines: [Line] = [], keys: [String] = [], families: [String] = [], withoutScale: [String] = [], count = 0
        for family in finished where everyone.count > 1 && metric.hasOrder && family.agents == everyone {
            let members = styles.lines(family.name, metric).filter { !$0.group.counted.isEmpty }
            guard Comparison.differences(members.compactMap { $0.group.counted.first }).isEmpty else { continue }
            guard keys.isEmpty || keys == members.map(\.key) else { continue }
            var used = false
            for task in members.tasks(.train) {
                let returns = members.map { NormalizedScores.values($0, metric, task: task) }
                let zero = Statistics.mean(returns.map { Statistics.mean($0.first) })
                let one = returns.map { Statistics.mean($0.last) }.max() ?? zero
                guard returns.allSatisfy({ !$0.last.isEmpty }), one - zero > max(1e-9 * max(abs(one), abs(zero)), 1e-100) else {
                    withoutScale.append("\(family.name) \(task)")
                    continue
                }
                if lines.isEmpty {
                    lines = members.map { Line(label: $0.label, policy: $0.policy, scores: []) }
                    keys = members.map(\.key)
                }
                for (index, values) in returns.enumerated() {
                    lines[index].scores.append(values.last.map { ($0 - zero) / (one - zero) })
                }
                count += 1
                used = true
            }
            if used { families.append(family.name) }
        }
        self.lines = lines
        self.families = families
        otherFamilies = comparison.families.filter { !families.contains($0) }
        tasks = count
        self.withoutScale = withoutScale
    }

    /// Values of each seed untrained and at the end, turned so that higher is better.
    private static func values(_ line: PolicyLine, _ metric: Metric, task: String) -> (first: [Double], last: [Double]) {
        let filter = EvaluationFilter(policy: line.policy, set: .train, metric: metric, task: task)
        let marks = line.group.counted(filter).map { $0.marks(filter) }
        return (
            metric.oriented(marks.compactMap { $0.first?.step == 0 ? $0[0].mean : nil }), metric.oriented(marks.compactMap { $0.last?.mean }))
    }
}
