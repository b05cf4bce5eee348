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
}

/// Plays whole episodes in an environment of one copy: evaluation and meta-test.
public struct EpisodePlayer {
    public let environment: any Environment
    private var batch: StepBatch
    private var action: [Float]

    /// `environment` has one copy.
    public init(_ environment: any Environment) {
        self.environment = environment
        batch = StepBatch(copies: 1, observationColumns: environment.description.observation.columns)
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
        try environment.reset(0, into: &batch, using: &random)
        try begin(batch.observations)
        var episode = Episode(episodeReturn: 0, length: 0, isUnstable: false)
        repeat {
            let observation = batch.observations
            policy.act(observation, into: &action, mode: mode, using: &random)
            try environment.step(action, into: &batch)
            episode.episodeReturn += Double(batch.rewards[0])
            episode.length += 1
            episode.isUnstable = batch.unstable[0]
            if !episode.isUnstable {
                policy.observe(reward: batch.rewards[0], done: batch.terminated[0] || batch.truncated[0])
                try observe(observation, action, batch)
            }
        } while !batch.terminated[0] && !batch.truncated[0] && episode.length < limit
        return episode
    }
}
