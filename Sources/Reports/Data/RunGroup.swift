import Environments
import Runs

/// Runs that may be averaged: one agent on one family, with the same settings, tasks, budget and preset, one a seed.
public struct RunGroup: Sendable {
    public var family: String
    public var agent: String
    /// Agent as tables and legends show it: with a letter where the report holds several variants of it on this family.
    public var label: String
    /// By seed. All runs, those that don't count included.
    public var runs: [RunRecord]

    /// Seeds whose final returns of a policy on a set of tasks may be averaged, by policy and set (`PolicyScores`).
    var entered: [EvaluationFilter: [UInt64]] = [:]

    init(family: String, agent: String, label: String, runs: [RunRecord]) {
        self.family = family
        self.agent = agent
        self.label = label
        self.runs = runs
        for filter in filters { entered[filter] = PolicyScores(self, filter)?.seeds }
    }

    /// Runs that may enter averages.
    public var counted: [RunRecord] { runs.filter(\.counts) }

    /// Those of them that do in averages of a policy on a set of tasks: the same in every table and figure.
    public func counted(_ policy: String, _ set: TaskSet) -> [RunRecord] {
        let seeds = entered[EvaluationFilter(policy: policy, set: set)] ?? []
        return counted.filter { seeds.contains($0.seed) }
    }

    /// Policy and task set of every evaluation, meta before personal, train before test.
    public var filters: [EvaluationFilter] {
        let used = Set(runs.flatMap { run in
            run.evaluations.lazy.filter { $0.metric == Metric.episodeReturn.name }.map { EvaluationFilter(policy: $0.policy, set: $0.taskSet) }
        })
        let policies = Set(used.map(\.policy)).sorted { ($0 != PolicyName.meta ? 1 : 0, $0) < ($1 != PolicyName.meta ? 1 : 0, $1) }
        return policies.flatMap { policy in TaskSet.allCases.map { EvaluationFilter(policy: policy, set: $0) } }.filter(used.contains)
    }

    /// Names of the tasks that were evaluated, in their order.
    public func tasks(_ set: TaskSet) -> [String] {
        Set(runs.flatMap { $0.evaluations.filter { $0.taskSet == set }.map(\.task) }).sorted()
    }
}
