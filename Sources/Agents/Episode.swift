import Core
import Environments

/// One episode as it was played.
public struct Episode: Sendable, Equatable {
    /// Undiscounted sum of rewards.
    public var episodeReturn: Double
    /// Steps.
    public var length: Int
    /// The physics became unstable and ended it.
    public var isUnstable: Bool
    /// What the environment says of the episode besides (`MeasuredEnvironment`); of one that was cut off at a limit, of its last step.
    public var measures: [EpisodeMeasure] = []
}

/// Plays whole episodes in an environment of one copy: evaluation, meta-test, and off-policy training.
public struct EpisodePlayer {
    private var collector: Collector
    private var action: [Float]

    /// `environment` has one copy.
    public init(_ environment: any Environment) {
        collector = Collector(environment)
        action = Array(repeating: 0, count: environment.description.action.columns)
    }

    /// One episode of a policy, from a reset to its end, or to its `limit`-th step where that comes first. `begin` sees the first
    /// observation; `observe` sees every transition but an unstable one, whose next observation means nothing, after the policy did.
    public mutating func play(
        _ policy: any Policy, mode: ActingMode = .deterministic, limit: Int = .max, using random: inout RandomStream,
        begin: (_ observation: [Float]) throws -> Void = { _ in },
        observe: (_ observation: [Float], _ action: [Float], _ result: StepBatch) throws -> Void = { _, _, _ in }
    ) throws -> Episode {
        policy.beginEpisode()
        let masked = collector.batch.actionMasks.isEmpty ? nil : policy as? any MaskedPolicy
        try collector.reset(0, using: &random)
        try begin(collector.batch.observations)
        var episode = Episode(episodeReturn: 0, length: 0, isUnstable: false), end: StepEnd
        repeat {
            masked?.actionMask = collector.batch.actionMasks
            try policy.act(collector.batch.observations, into: &action, mode: mode, using: &random)
            try collector.step(action, using: &random)
            end = collector.end()
            episode.episodeReturn += Double(collector.reward())
            episode.length += 1
            if end.isStable {
                policy.observe(reward: collector.reward(), done: end.isOver)
                try observe(collector.previousObservations, action, collector.batch)
            }
        } while !end.isOver && episode.length < limit
        episode.isUnstable = !end.isStable
        episode.measures = (collector.environment as? any MeasuredEnvironment)?.measures(ofEpisodeIn: 0) ?? []
        return episode
    }
}
