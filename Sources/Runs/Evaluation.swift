import Agents
import Core
import Environments

/// Evaluates any agent the same way: for every task a fresh adaptation, then deterministic episodes; for agents that
/// keep personalized policies, these too, on their own training tasks.
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
        _ agent: any MetaAgent, step: Int, sets: [TaskSet]? = nil, episodes: Int? = nil, shouldStop: () -> Bool = { false }
    ) throws -> [EvaluationRecord]? {
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        var records: [EvaluationRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                if shouldStop() { return nil }
                for kind in EvaluationRecord.Policy.allCases {
                    guard let prepared = try prepare(agent, kind, set: set, task: index, step: step) else { continue }
                    records += try play(prepared, kind, task, set, step, episodes)
                }
            }
        }
        return records
    }

    /// A policy ready for one task's deterministic episodes.
    public struct PreparedPolicy {
        public var policy: any Policy
        /// What the episodes draw from next.
        public var random: RandomStream
        /// How the meta-policy came about; nil for a personalized one.
        public var adaptation: Adaptation?
    }

    /// What an evaluation at `step` plays on a task: the agent after a fresh adaptation, or the task's personalized policy, nil
    /// where there is none.
    ///
    /// - Parameters:
    ///   - index: the task's number in its set.
    ///   - seed: of other draws than the evaluation's; the run's own unless told.
    public func prepare(
        _ agent: any MetaAgent, _ kind: EvaluationRecord.Policy, set: TaskSet, task index: Int, step: Int, seed: UInt64? = nil
    ) throws -> PreparedPolicy? {
        let task = configuration.tasks(set)[index]
        let streams = RandomStreams(seed: seed ?? configuration.seed)
        let name = "evaluation/\(set.rawValue)/\(task.name)/\(step)"
        switch kind {
        case .meta:
            var random = streams[name]
            let adaptation = try agent.adapt(
                to: family.makeEnvironment(task, copies: 1), episodes: configuration.budget.adaptationEpisodes, using: &random)
            return PreparedPolicy(policy: adaptation.policy, random: random, adaptation: adaptation)
        case .personal:
            guard set == .train, let policy = try agent.personalizedPolicy(task: index) else { return nil }
            return PreparedPolicy(policy: policy, random: streams[name + "/personal"])
        }
    }

    /// The adaptation's episodes, then deterministic ones one after the other.
    private func play(
        _ prepared: PreparedPolicy, _ kind: EvaluationRecord.Policy, _ task: TaskDescription, _ set: TaskSet, _ step: Int,
        _ episodes: Int
    ) throws -> [EvaluationRecord] {
        var random = prepared.random
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
        return try before + (0..<episodes).map { index in
            let episode = try player.play(prepared.policy, using: &random)
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
