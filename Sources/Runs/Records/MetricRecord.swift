import Environments

/// One measured number: a row of evaluations.csv.
public struct MetricRecord: Sendable, Equatable, Codable {
    public enum Phase: String, Sendable, Codable, CaseIterable {
        /// The agent is still getting to know the task.
        case adaptation
        /// Afterwards, as the policy is meant to be played.
        case evaluation
    }

    /// Environment steps of training so far.
    public var step: Int
    /// What was spent of the agent's budget, in the budget's own unit; the same as `step` where that unit is environment steps.
    public var spent: Int
    public var taskSet: TaskSet
    public var task: String
    /// `PolicyName` has those that all agents share.
    public var policy: String
    public var phase: Phase
    /// From 0 within its phase; nil for a number that is not an episode's.
    public var episode: Int?
    /// Name of a `Metric`.
    public var metric: String
    public var value: Double

    public init(
        step: Int, spent: Int? = nil, taskSet: TaskSet, task: String, policy: String, phase: Phase, episode: Int?,
        metric: String = Metric.episodeReturn.name, value: Double
    ) {
        self.step = step
        self.spent = spent ?? step
        self.taskSet = taskSet
        self.task = task
        self.policy = policy
        self.phase = phase
        self.episode = episode
        self.metric = metric
        self.value = value
    }

    /// The same episode's other number.
    public func with(_ metric: Metric, _ value: Double) -> MetricRecord {
        var record = self
        record.metric = metric.name
        record.value = value
        return record
    }

    /// A number of the same evaluation that is not an episode's.
    public func ofWhole(_ metric: Metric, _ value: Double) -> MetricRecord {
        var record = with(metric, value)
        (record.episode, record.phase) = (nil, .evaluation)
        return record
    }
}

extension [MetricRecord] {
    /// Mean of a metric over the evaluation episodes and tasks of one policy on one set; nil where there is none.
    public func mean(_ metric: Metric = .episodeReturn, of policy: String, on set: TaskSet) -> Double? {
        let values = filter {
            $0.policy == policy && $0.taskSet == set && $0.phase == .evaluation && $0.metric == metric.name
        }.map(\.value)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }

    /// Mean returns of evaluation episodes by `SET/POLICY`, of the meta-policy's adaptation episodes by `SET/adaptation`, of another
    /// policy's by `SET/POLICY/adaptation`.
    public var meanReturns: [String: Double] { means { $0.metric == Metric.episodeReturn.name } }

    /// The same of other results than returns, by `METRIC/SET/POLICY`.
    var otherMeans: [String: Double] {
        let groups = Dictionary(grouping: filter { $0.metric != Metric.episodeReturn.name && !Metric.named($0.metric).isBookkeeping }, by: \.metric)
        return groups.reduce(into: [:]) { result, group in
            for (key, value) in group.value.means({ _ in true }) { result["\(group.key)/\(key)"] = value }
        }
    }

    private func means(_ isIncluded: (MetricRecord) -> Bool) -> [String: Double] {
        Dictionary(grouping: filter(isIncluded)) { record in
            let policy = record.phase == .evaluation ? record.policy
                : record.policy == PolicyName.meta ? "adaptation" : record.policy + "/adaptation"
            return "\(record.taskSet.rawValue)/\(policy)"
        }.mapValues { $0.map(\.value).reduce(0, +) / Double($0.count) }
    }
}
