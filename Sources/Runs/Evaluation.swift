import Agents
import Core
import Environments

/// Evaluates all agents in the same way: every policy plays episodes without exploration on every task that it is meant for, after a
/// new adaptation if it adapts.
///
/// Every task draws from its own stream, `evaluation/SET/TASK/STEP`: training and other tasks' evaluations
/// are not affected. Where both sets hold the same tasks (two-task families), they are evaluated once, recorded as train tasks.
public struct Evaluation: Sendable {
    public let configuration: RunConfiguration
    public let family: any TaskFamily

    public init(configuration: RunConfiguration, family: any TaskFamily) {
        self.configuration = configuration
        self.family = family
    }

    /// The sets that an evaluation goes through.
    public var sets: [TaskSet] { configuration.setsCoincide ? [.train] : [.train, .test] }

    /// Every task of `sets`, in order. Throws what making environments, adapting and acting throw.
    public func run(
        _ agent: any Agent, step: Int, spent: Int? = nil, sets: [TaskSet]? = nil, episodes: Int? = nil, shouldStop: () -> Bool = { false }
    ) throws -> [MetricRecord]? {
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        var records: [MetricRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                if shouldStop() { return nil }
                for policy in agent.policies {
                    guard let prepared = try prepare(agent, policy.name, set: set, task: index, step: step) else { continue }
                    records += try play(prepared, policy.name, task, set, step, spent, episodes)
                }
            }
        }
        return records
    }

    /// A policy ready for one task's deterministic episodes.
    public struct PreparedPolicy {
        /// At least one; of several the result is the mean.
        public var policies: [any Policy]
        /// What the episodes draw from next.
        public var random: RandomStream
        /// How the policy came about; nil for one that does not adapt.
        public var adaptation: Adaptation?
    }

    /// The policy of a name, ready for an evaluation at `step` on a task: after a new adaptation if it adapts. Nil if the agent has no
    /// such policy for this task.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: gives other draws than the evaluation's; default: the run's seed.
    public func prepare(
        _ agent: any Agent, _ name: String, set: TaskSet, task index: Int, step: Int, seed: UInt64? = nil
    ) throws -> PreparedPolicy? {
        guard let policy = agent.policies.first(where: { $0.name == name }), set == .train || policy.tasks == .all else { return nil }
        let task = configuration.tasks(set)[index]
        let streamName = "evaluation/\(set.rawValue)/\(task.name)/\(step)" + (name == AgentPolicy.metaName ? "" : "/\(name)")
        var random = RandomStreams(seed: seed ?? configuration.seed)[streamName]
        switch policy.origin {
        case .adapted:
            guard let agent = agent as? any MetaAgent else {
                throw GaitError.failure(
                    "\(configuration.agent) has a policy '\(name)' that adapts, but is not a MetaAgent; this is an error in the agent's code")
            }
            let adaptation = try agent.adapt(
                to: family.makeEnvironment(task, copies: 1), as: name, episodes: configuration.budget.adaptationEpisodes, using: &random)
            return PreparedPolicy(policies: [adaptation.policy], random: random, adaptation: adaptation)
        case .ready(let make):
            let policies = try make(set == .train ? index : nil)
            return policies.isEmpty ? nil : PreparedPolicy(policies: policies, random: random, adaptation: nil)
        }
    }

    /// The adaptation's episodes, then deterministic ones one after the other.
    private func play(
        _ prepared: PreparedPolicy, _ kind: String, _ task: TaskDescription, _ set: TaskSet, _ step: Int, _ spent: Int?,
        _ episodes: Int
    ) throws -> [MetricRecord] {
        var random = prepared.random
        func record(_ phase: MetricRecord.Phase, _ episode: Int?, _ value: Double) -> MetricRecord {
            MetricRecord(
                step: step, spent: spent, taskSet: set, task: task.name, policy: kind, phase: phase, episode: episode, value: value)
        }
        var records: [MetricRecord] = []
        if let adaptation = prepared.adaptation {
            records.append(record(.adaptation, nil, 0).with(.adaptationSteps, Double(adaptation.steps)))
            records += adaptation.episodeReturns.enumerated().map { record(.adaptation, $0, $1) }
        }
        var player = EpisodePlayer(try family.makeEnvironment(task, copies: 1))
        for index in 0..<episodes * prepared.policies.count {
            let episode = try player.play(prepared.policies[index / episodes], using: &random)
            let own = record(.evaluation, index, episode.episodeReturn)
            records += [own, own.with(.length, Double(episode.length))] + (episode.isUnstable ? [own.with(.unstable, 1)] : [])
        }
        return records
    }
}
