import Agents
import Environments
import Learning

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
        let streams = RandomStreams(seed: configuration.seed)
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        var records: [EvaluationRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                if shouldStop() { return nil }
                let stream = "evaluation/\(set.rawValue)/\(task.name)/\(step)"
                records += try meta(agent, task, set, step, episodes, streams[stream])
                if set == .train, let policy = try agent.personalizedPolicy(task: index) {
                    records += try personal(policy, task, step, episodes, streams[stream + "/personal"])
                }
            }
        }
        return records
    }

    private func meta(
        _ agent: any MetaAgent, _ task: TaskDescription, _ set: TaskSet, _ step: Int, _ episodes: Int, _ stream: RandomStream
    ) throws -> [EvaluationRecord] {
        var random = stream
        let adaptation = try agent.adapt(
            to: family.makeEnvironment(task, copies: 1), episodes: configuration.budget.adaptationEpisodes, using: &random)
        let template = EvaluationRecord(
            step: step, taskSet: set, task: task.name, policy: .meta, phase: .adaptation, episode: 0, episodeReturn: 0,
            length: nil, adaptationSteps: adaptation.steps, unstable: false)
        let before = adaptation.episodeReturns.enumerated().map { index, value in
            var record = template
            record.episode = index
            record.episodeReturn = value
            return record
        }
        return try before + play(adaptation.policy, task, template, episodes, &random)
    }

    private func personal(
        _ policy: any Policy, _ task: TaskDescription, _ step: Int, _ episodes: Int, _ stream: RandomStream
    ) throws -> [EvaluationRecord] {
        var random = stream
        let template = EvaluationRecord(
            step: step, taskSet: .train, task: task.name, policy: .personal, phase: .evaluation, episode: 0, episodeReturn: 0,
            length: nil, adaptationSteps: 0, unstable: false)
        return try play(policy, task, template, episodes, &random)
    }

    /// Deterministic episodes one after the other.
    private func play(
        _ policy: any Policy, _ task: TaskDescription, _ template: EvaluationRecord, _ episodes: Int, _ random: inout RandomStream
    ) throws -> [EvaluationRecord] {
        var player = EpisodePlayer(try family.makeEnvironment(task, copies: 1))
        return try (0..<episodes).map { index in
            let episode = try player.play(policy, using: &random)
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
