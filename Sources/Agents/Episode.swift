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

    /// One episode from a reset to its end, or to its `limit`-th step where that comes first. `act` writes the action for an observation and
    /// may draw from the stream; `observe` sees every transition but an unstable one, whose next observation means nothing.
    public mutating func play(
        limit: Int = .max, using random: inout RandomStream,
        act: (_ observation: [Float], _ action: inout [Float], _ random: inout RandomStream) -> Void,
        observe: (_ observation: [Float], _ action: [Float], _ result: StepBatch) -> Void
    ) throws -> Episode {
        try environment.reset(0, into: &batch, using: &random)
        var episode = Episode(episodeReturn: 0, length: 0, isUnstable: false)
        repeat {
            let observation = batch.observations
            act(observation, &action, &random)
            try environment.step(action, into: &batch)
            episode.episodeReturn += Double(batch.rewards[0])
            episode.length += 1
            episode.isUnstable = batch.unstable[0]
            if !episode.isUnstable { observe(observation, action, batch) }
        } while !batch.terminated[0] && !batch.truncated[0] && episode.length < limit
        return episode
    }

    /// One episode of a policy's deterministic actions.
    public mutating func play(_ policy: any Policy, using random: inout RandomStream) throws -> Episode {
        policy.beginEpisode()
        return try play(
            using: &random, act: { observation, action, _ in policy.act(observation, into: &action) },
            observe: { _, _, result in
                policy.observe(reward: result.rewards[0], done: result.terminated[0] || result.truncated[0])
            })
    }
}
