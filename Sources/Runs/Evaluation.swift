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
        _ agent: any MetaAgent, step: Int, spent: Int? = nil, sets: [TaskSet]? = nil, episodes: Int? = nil, shouldStop: () -> Bool = { false }
    ) throws -> [MetricRecord]? {
        let episodes = episodes ?? configuration.budget.evaluationEpisodes
        var records: [MetricRecord] = []
        for set in sets ?? self.sets {
            for (index, task) in configuration.tasks(set).enumerated() {
                if shouldStop() { return nil }
                for kind in [PolicyName.meta, PolicyName.personal] {
                    guard let prepared = try prepare(agent, kind, set: set, task: index, step: step) else { continue }
                    records += try play(prepared, kind, task, set, step, spent, episodes)
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
        _ agent: any MetaAgent, _ kind: String, set: TaskSet, task index: Int, step: Int, seed: UInt64? = nil
    ) throws -> PreparedPolicy? {
        let task = configuration.tasks(set)[index]
        let streams = RandomStreams(seed: seed ?? configuration.seed)
        let name = "evaluation/\(set.rawValue)/\(task.name)/\(step)"
        switch kind {
        case PolicyName.meta:
            var random = streams[name]
            let adaptation = try agent.adapt(
                to: family.makeEnvironment(task, copies: 1), episodes: configuration.budget.adaptationEpisodes, using: &random)
            return PreparedPolicy(policy: adaptation.policy, random: random, adaptation: adaptation)
        case PolicyName.personal:
            guard set == .train, let policy = try agent.personalizedPolicy(task: index) else { return nil }
            return PreparedPolicy(policy: policy, random: streams[name + "/personal"])
        default: return nil
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
        for index in 0..<episodes {
            let episode = try player.play(prepared.policy, using: &random)
            let own = record(.evaluation, index, episode.episodeReturn)
            records += [own, own.with(.length, Double(episode.length))] + (episode.isUnstable ? [own.with(.unstable, 1)] : [])
        }
        return records
    }
}
