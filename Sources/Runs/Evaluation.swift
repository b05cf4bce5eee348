import Agents
import Core
import Environments

/// Evaluates any agent the same way: every policy that it yields plays deterministic episodes on every task that it is meant for,
/// after a fresh adaptation where it adapts.
///
/// Every task draws from its own stream, `evaluation/SET/TASK/STEP`: neither training nor another task's evaluation can
/// notice. Where both sets hold the same tasks (two-task families), they are evaluated once, recorded as train tasks.
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
        _ agent: any Agent, step: Int, sets: [TaskSet]? = nil, episodes: Int? = nil, shouldStop: () -> Bool = { false }
    ) throws -> [EvaluationRecord]? {
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        var records: [EvaluationRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                if shouldStop() { return nil }
                for policy in agent.policies {
                    guard let prepared = try prepare(agent, policy.name, set: set, task: index, step: step) else { continue }
                    records += try play(prepared, policy.name, task, set, step, episodes)
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

    /// What an evaluation at `step` plays on a task as the policy of a name: after a fresh adaptation where it adapts. Nil where
    /// the agent has no such policy for this task.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: of other draws than the evaluation's; the run's own by default.
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
                throw GaitError.failure("\(configuration.agent) has a policy '\(name)' that adapts, but it is no MetaAgent; this is a fault of the agent")
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
        _ prepared: PreparedPolicy, _ name: String, _ task: TaskDescription, _ set: TaskSet, _ step: Int,
        _ episodes: Int
    ) throws -> [EvaluationRecord] {
        var random = prepared.random
        guard let kind = EvaluationRecord.Policy(rawValue: name) else { return [] }
        let template = EvaluationRecord(
            step: step, taskSet: set, task: task.name, policy: kind, phase: .adaptation, episode: 0, episodeReturn: 0,
            length: nil, adaptationSteps: prepared.adaptation?.steps ?? 0, unstable: false)
        let before = (prepared.adaptation?.episodeReturns ?? []).enumerated().map { index, value in
            var record = template
            record.episode = index
            record.episodeReturn = value
            return record
        }
        var player = EpisodePlayer(try family.makeEnvironment(task, copies: 1))
        return try before + (0..<episodes * prepared.policies.count).map { index in
            let episode = try player.play(prepared.policies[index / episodes], using: &random)
            var record = template
            record.phase = .evaluation
            record.episode = index
            record.episodeReturn = episode.episodeReturn
            record.length = episode.length
            record.unstable = episode.isUnstable
            return record
        }
    }
}

extension [EvaluationRecord] {
    /// Mean return of deterministic episodes of one policy over the tasks of one set; nil where there is none.
    public func meanReturn(_ policy: EvaluationRecord.Policy, _ set: TaskSet) -> Double? {
        let returns = filter { $0.policy == policy && $0.taskSet == set && $0.phase == .evaluation }.map(\.episodeReturn)
        return returns.isEmpty ? nil : returns.reduce(0, +) / Double(returns.count)
    }
}
