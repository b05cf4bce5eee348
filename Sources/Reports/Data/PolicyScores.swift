import Environments
import Runs

/// Final returns of one policy of a group on one set of tasks: what tables compare.
///
/// A run's final return on a task is the mean over the evaluation episodes of its last evaluation. Only runs that count enter, and of
/// these only those that were evaluated last at the same step and on the same tasks as the others.
public struct PolicyScores: Sendable {
    public let group: RunGroup
    public let policy: String
    public let set: TaskSet
    /// By name.
    public let tasks: [String]
    /// Seeds that entered, in their order.
    public let seeds: [UInt64]
    /// [task][seed]
    public let returns: [[Double]]
    /// Mean over tasks, by seed.
    public let seedMeans: [Double]
    /// Runs that count but are left out, with the reason.
    public let omissions: [(seed: UInt64, reason: String)]

    public var family: String { group.family }

    /// Nil when no run that counts was evaluated.
    public init?(_ group: RunGroup, _ filter: EvaluationFilter) {
        let lasts = group.counted.map { (seed: $0.seed, mark: $0.marks(filter).last) }
        guard let step = lasts.compactMap({ $0.mark?.step }).max() else { return nil }
        let tasks = Set(lasts.flatMap { $0.mark?.tasks ?? [] }).sorted()
        var entered: [(seed: UInt64, mark: RunRecord.Mark)] = [], omissions: [(UInt64, String)] = []
        for (seed, mark) in lasts {
            guard let mark else {
                omissions.append((seed, "never evaluated"))
                continue
            }
            let missing = tasks.filter { !mark.tasks.contains($0) }
            if mark.step < step {
                omissions.append((seed, "last evaluated at \(Format.count(mark.step)) steps, others at \(Format.count(step))"))
            } else if !missing.isEmpty {
                omissions.append((seed, "last evaluated without \(missing.joined(separator: ", "))"))
            } else {
                entered.append((seed, mark))
            }
        }
        self.group = group
        policy = filter.policy
        set = filter.set
        self.tasks = tasks
        seeds = entered.map(\.seed)
        returns = tasks.indices.map { task in entered.map { $0.mark.taskValues[task] } }
        seedMeans = entered.map(\.mark.mean)
        self.omissions = omissions
    }

    /// As tables name the policy.
    public var title: String { PolicyName.title(policy) }

    public var mean: Double { Statistics.mean(seedMeans) }

    /// As sentences name it: the agent alone where it has only one policy.
    var name: String {
        let policies = Set(group.filters.map(\.policy))
        return policies == [PolicyName.meta] ? group.label : "\(group.label)'s \(title)"
    }
}
