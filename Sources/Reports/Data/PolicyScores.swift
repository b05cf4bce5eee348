import Environments
import Runs

/// Final values of one metric of one policy of a group on one set of tasks: what tables compare.
///
/// A run's final value on a task is the mean over the evaluation episodes of its last evaluation. Only runs that count enter, and of
/// these only those that were evaluated last when they had spent as much of their budgets, and on the same tasks as the others.
public struct PolicyScores: Sendable {
    public let group: RunGroup
    public let policy: String
    public let set: TaskSet
    public let metric: Metric
    /// By name.
    public let tasks: [String]
    /// Seeds that entered, in their order.
    public let seeds: [UInt64]
    /// [task][seed]
    public let values: [[Double]]
    /// Mean over tasks, by seed.
    public let seedMeans: [Double]
    /// Episodes and steps that adapting took at the last evaluation, a pair a seed and task.
    let adaptations: [(episodes: Int, steps: Int)]
    /// Whether training made the policy better; nil where nothing tells.
    let outcome: LearningEvidence.Outcome?
    /// Runs that count but are left out, with the reason.
    public let omissions: [(seed: UInt64, reason: String)]

    public var family: String { group.family }

    /// Nil when no run that counts was evaluated.
    public init?(_ group: RunGroup, _ filter: EvaluationFilter) {
        let lasts = group.counted.map { (seed: $0.seed, mark: $0.marks(filter).last) }
        // In the budget's unit: rounds of the same number may take different numbers of environment steps.
        guard let last = lasts.compactMap({ $0.mark?.spent }).max() else { return nil }
        let unit = group.runs.first?.budgetUnit ?? ""
        let tasks = Set(lasts.flatMap { $0.mark?.tasks ?? [] }).sorted()
        var entered: [(seed: UInt64, mark: RunRecord.Mark)] = [], omissions: [(UInt64, String)] = []
        for (seed, mark) in lasts {
            guard let mark else {
                omissions.append((seed, "never evaluated"))
                continue
            }
            let missing = tasks.filter { !mark.tasks.contains($0) }
            if mark.spent < last {
                omissions.append((seed, "last evaluated at \(Format.count(mark.spent)) \(unit), others at \(Format.count(last))"))
            } else if !missing.isEmpty {
                omissions.append((seed, "last evaluated without \(missing.joined(separator: ", "))"))
            } else {
                entered.append((seed, mark))
            }
        }
        self.group = group
        policy = filter.policy
        set = filter.set
        metric = filter.metric
        self.tasks = tasks
        seeds = entered.map(\.seed)
        values = tasks.indices.map { task in entered.map { $0.mark.taskValues[task] } }
        seedMeans = entered.map(\.mark.mean)
        let seeds = Set(seeds)
        adaptations = group.counted.filter { seeds.contains($0.seed) }.flatMap { $0.lastAdaptations(filter.policy, filter.set, tasks: tasks) }
        outcome = LearningEvidence(group, filter).outcome(filter.metric)
        self.omissions = omissions
    }

    public var mean: Double { Statistics.mean(seedMeans) }
    /// Turned so that higher is better.
    var oriented: [Double] { metric.oriented(seedMeans) }

    /// As tables name the policy.
    public var title: String { group.title(policy) }
    /// True where the title is in the plural.
    var isPlural: Bool { group.isPersonalized(policy) }
    /// As sentences name it.
    var name: String { group.name(policy) { "\($0)'s \($1)" } }

    /// Mean over tasks by seed, of another evaluation than the last.
    func seedMeans(_ statistic: PaperClaims.Statistic) -> [Double] {
        let filter = EvaluationFilter(policy: policy, set: set, metric: metric)
        let summary: ([Double]) -> Double
        switch statistic {
        case .final: return seedMeans
        case .best: summary = { (metric.direction == .lowerIsBetter ? $0.min() : $0.max()) ?? .nan }
        case .lastFive: summary = { Statistics.mean(Array($0.suffix(5))) }
        case .mean:
            // What is counted in samples has no value before training.
            return group.counted(filter).map { run in Statistics.mean(run.marks(filter).filter { $0.spent > 0 }.map(\.mean)) }
        }
        return group.counted(filter).map { summary($0.marks(filter).map(\.mean)) }
    }
}

extension PolicyScores {
    /// Both are policies of the same runs, so that what went well in a seed went well for both, or one gained what the other lost.
    private func isOfSameRuns(as other: PolicyScores) -> Bool { family == other.family && group.label == other.group.label }

    /// By what this policy is compared with another.
    func test(against other: PolicyScores) -> Order.Test {
        let shareTasks = group.hasTasksPerSeed && other.group.hasTasksPerSeed && tasks == other.tasks
        return shareTasks || isOfSameRuns(as: other) ? .signedRanks : .ranks
    }

    /// Places of the seeds that both policies have; nil where their seeds do not belong together in pairs.
    private func pairs(with other: PolicyScores) -> [(own: Int, other: Int)]? {
        guard test(against: other) == .signedRanks else { return nil }
        return seeds.enumerated().compactMap { index, seed in other.seeds.firstIndex(of: seed).map { (index, $0) } }
    }

    /// Both policies' values [task][seed] of the seeds that both have; nil where these do not belong together in pairs.
    func paired(with other: PolicyScores) -> (own: [[Double]], other: [[Double]])? {
        guard let pairs = pairs(with: other) else { return nil }
        return (values.map { row in pairs.map { row[$0.own] } }, other.values.map { row in pairs.map { row[$0.other] } })
    }

    /// Whether this policy's final values are better than another's.
    func order(against other: PolicyScores) -> Order {
        guard let pairs = paired(with: other) else { return Order(oriented, against: other.oriented) }
        return Order(metric.oriented(Gain.seedMeans(pairs.own)), pairedWith: metric.oriented(Gain.seedMeans(pairs.other)))
    }

    /// How much better this policy's final values are than another's, which are of the same tasks.
    func gain(over other: PolicyScores) -> Gain {
        if let pairs = paired(with: other) { return Gain(metric.oriented(pairs.own), pairedWith: metric.oriented(pairs.other)) }
        return Gain(metric.oriented(values), over: metric.oriented(other.values))
    }

    /// The same of the statistic that a claim is about; task by task where that is the final values on the same tasks.
    func gain(over other: PolicyScores, _ statistic: PaperClaims.Statistic) -> Gain {
        if statistic == .final, tasks == other.tasks { return gain(over: other) }
        let (mine, theirs) = (metric.oriented(seedMeans(statistic)), metric.oriented(other.seedMeans(statistic)))
        guard let pairs = pairs(with: other) else { return Gain([mine], over: [theirs]) }
        return Gain([pairs.map { mine[$0.own] }], pairedWith: [pairs.map { theirs[$0.other] }])
    }
}

extension RunRecord {
    /// Episodes and steps that adapting took at a policy's last evaluation, by task.
    fileprivate func lastAdaptations(_ policy: String, _ set: TaskSet, tasks: [String]) -> [(episodes: Int, steps: Int)] {
        let last = rows(policy, set, Metric.episodeReturn.name).map(\.step).max()
        var episodes: [String: Int] = [:], steps: [String: Int] = [:]
        for row in rows(policy, set, Metric.episodeReturn.name, .adaptation) where row.step == last { episodes[row.task, default: 0] += 1 }
        for row in rows(policy, set, Metric.adaptationSteps.name, .adaptation) where row.step == last {
            steps[row.task] = max(steps[row.task] ?? 0, row.stepCount)
        }
        return tasks.map { (episodes[$0] ?? 0, steps[$0] ?? 0) }
    }
}
