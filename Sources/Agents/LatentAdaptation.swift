import Core
import Environments
import Learning

/// PEARL's meta-test (Rakelly et al. 2019, Algorithm 2): z from the prior for the first episode, then from the posterior as
/// context accumulates; the adapted policy plays at the posterior's mean. Shared by all agents with a context encoder.
public struct LatentAdaptation {
    let actor: TanhGaussianActor
    let encoder: ContextEncoder
    /// Context tuples carry the next observation.
    let contextHasNext: Bool
    /// The reward that context tuples carry.
    let contextReward: ContextReward

    /// The policy that `run` returns uses `actor`: pass a frozen copy if the actor continues to learn.
    public init(actor: TanhGaussianActor, encoder: ContextEncoder, contextHasNext: Bool, contextReward: ContextReward = .given) {
        self.actor = actor
        self.encoder = encoder
        self.contextHasNext = contextHasNext
        self.contextReward = contextReward
    }

    /// Explores for `episodes` episodes with stochastic actions, as in training.
    public func run(in environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        let description = environment.description
        let layout = TransitionLayout(observation: description.observation.columns, action: description.action.columns)
        let context = ReplayBuffer(layout: layout, capacity: max(1, episodes) * description.episodeLimit)
        let policy = LatentPolicy(
            actor: actor, observationSize: layout.observation, latent: Array(repeating: 0, count: encoder.latentSize))
        var player = EpisodePlayer(environment)
        var played: [Episode] = []
        for _ in 0..<episodes {
            policy.condition(on: latent(from: context, noise: .normal([encoder.latentSize], using: &random)))
            played.append(try player.play(
                policy, mode: .stochastic, using: &random,
                observe: { observation, action, result in
                    context.append(
                        observation: observation, action: action, result: result, reward: contextReward(result.rewards[0]))
                }))
        }
        policy.condition(on: latent(from: context, noise: .zeros([encoder.latentSize])))
        return Adaptation(
            policy: policy, episodeReturns: played.map(\.episodeReturn), steps: played.reduce(0) { $0 + $1.length })
    }

    /// mean + std * noise of the posterior, or of the prior where there is no context yet.
    private func latent(from context: ReplayBuffer, noise: Tensor) -> [Float] {
        withoutGradients {
            guard context.count > 0 else { return noise.array }
            return encoder(context.wholeContext(withNext: contextHasNext)).sample(noise: noise).array
        }
    }
}
