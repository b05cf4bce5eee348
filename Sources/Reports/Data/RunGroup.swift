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
    /// Names of all policies that were evaluated, in the order of tables.
    public let policies: [String]

    /// Seeds whose final values of a metric may be averaged, by policy, set and metric (`PolicyScores`).
    var entered: [EvaluationFilter: [UInt64]] = [:]
    private let used: Set<EvaluationFilter>
    private let tasks: [TaskSet: [String]]

    init(family: String, agent: String, label: String, runs: [RunRecord], metrics: [Metric]) {
        self.family = family
        self.agent = agent
        self.label = label
        self.runs = runs
        let byName = Dictionary(metrics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var used: Set<EvaluationFilter> = []
        for run in runs {
            for row in run.evaluations {
                if let metric = byName[row.metric] { used.insert(EvaluationFilter(policy: row.policy, set: row.taskSet, metric: metric)) }
            }
        }
        self.used = used
        tasks = Dictionary(uniqueKeysWithValues: TaskSet.allCases.map { set in
            (set, Set(runs.flatMap { $0.evaluations.lazy.filter { $0.taskSet == set }.map(\.task) }).sorted())
        })
        policies = Set(used.map(\.policy)).sorted(by: PolicyName.isListedBefore)
        for filter in used { entered[filter] = PolicyScores(self, filter)?.seeds }
    }

    /// Every seed has tasks of its own, which all agents share: groups are compared seed by seed.
    var hasTasksPerSeed: Bool { runs.first?.hasTasksPerSeed ?? false }

    /// Runs that may enter averages.
    public var counted: [RunRecord] { runs.filter(\.counts) }

    /// Those of them that do in averages of a policy's metric on a set of tasks: the same in every table and figure.
    func counted(_ filter: EvaluationFilter) -> [RunRecord] {
        let whole = EvaluationFilter(policy: filter.policy, set: filter.set, metric: filter.metric)
        let seeds = entered[whole] ?? []
        return counted.filter { seeds.contains($0.seed) }
    }

    /// Runs that count in which the values that a policy acts on had diverged at the last evaluation.
    func divergedRuns(_ policy: String) -> Int {
        counted.count { run in
            let last = run.evaluations.last?.step
            return run.evaluations.contains { $0.policy == policy && $0.metric == Metric.diverged.name && $0.value > 0 && $0.step == last }
        }
    }

    /// The best possible return that evaluations of a policy recorded, mean over tasks and runs that count; of one task where it is named. Nil where
    /// the tasks' dynamics are not known.
    func bestReturn(_ policy: String, _ set: TaskSet, task: String? = nil) -> Double? {
        let filter = EvaluationFilter(policy: policy, set: set, metric: .bestReturn, task: task)
        let values = counted.compactMap { $0.marks(filter).last?.mean }
        return values.isEmpty ? nil : Statistics.mean(values)
    }

    /// Policy and task set of every evaluation that has the metric, in the order of `policies`, train before test.
    public func filters(_ metric: Metric) -> [EvaluationFilter] {
        policies.flatMap { policy in
            TaskSet.allCases.map { EvaluationFilter(policy: policy, set: $0, metric: metric) }
        }.filter(used.contains)
    }

    func has(_ policy: String, _ metric: Metric) -> Bool { filters(metric).contains { $0.policy == policy } }

    /// True where the policy is a task's own and the agent has a meta-policy, too, which it is a personalized version of.
    func isPersonalized(_ policy: String) -> Bool {
        PolicyName.stem(policy) == PolicyName.personal && policies.contains { PolicyName.stem($0) == PolicyName.meta }
    }

    /// A policy as tables name it.
    func title(_ policy: String) -> String {
        let declared = runs.first?.policyTitles ?? [:]
        if policy == PolicyName.personal, declared[policy] == nil, !isPersonalized(policy) { return "policy of each task" }
        return PolicyName.title(policy, declared: declared)
    }

    /// A policy in a sentence or a legend: the agent alone where it has only a meta-policy.
    func name(_ policy: String, _ join: (String, String) -> String) -> String {
        policies == [PolicyName.meta] ? label : join(label, title(policy))
    }

    /// Names of the tasks that were evaluated, in their order.
    public func tasks(_ set: TaskSet) -> [String] { tasks[set] ?? [] }
}

extension PolicyName {
    /// The order of tables: meta-policies, personalized policies, others; that of figures (`precedes`) begins with the personalized ones.
    static func isListedBefore(_ a: String, _ b: String) -> Bool {
        let first = stem(a) == meta, second = stem(b) == meta
        return first != second ? first : precedes(a, b)
    }
}
