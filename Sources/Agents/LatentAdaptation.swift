import Core
import Environments
import Learning

/// The meta-test of PEARL's authors (Rakelly et al. 2019, Algorithm 2; `num_exp_traj_eval` in their code), shared by all agents with a
/// context encoder: some episodes with z from the prior, then z from the posterior of all that was played so far. The adapted policy
/// plays at the posterior's mean.
public struct LatentAdaptation {
    let policy: any LatentPolicy
    let encoder: ContextEncoder
    /// Context tuples carry the next observation.
    let contextHasNext: Bool
    /// Episodes with z from the prior before the first posterior.
    var priorEpisodes: Int
    let acting: ActingMode

    /// `run` conditions `policy` and returns it: pass one for each run, with a frozen copy of an actor that continues to learn.
    public init(
        policy: any LatentPolicy, encoder: ContextEncoder, contextHasNext: Bool, priorEpisodes: Int = 2, acting: ActingMode = .deterministic
    ) {
        self.policy = policy
        self.encoder = encoder
        self.contextHasNext = contextHasNext
        self.priorEpisodes = priorEpisodes
        self.acting = acting
    }

    /// Earlier runs adapted with one prior episode and stochastic actions.
    public static var settingChanges: [SettingChange] {
        [.added("priorEpisodes", value: "1"), .added("metaTestActing", value: "stochastic"), .added("contextLengths", value: "[]")]
    }

    /// The same with another number of prior episodes.
    public func beginning(withPriorEpisodes count: Int) -> LatentAdaptation {
        var result = self
        result.priorEpisodes = count
        return result
    }

    /// Plays `episodes` episodes: the first `priorEpisodes` each with its own z from the prior, later ones each with a z from the
    /// posterior of all before.
    public func run(in environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        let description = environment.description
        let context = ReplayBuffer(of: description, capacity: max(1, episodes) * description.episodeLimit)
        var player = EpisodePlayer(environment)
        var played: [Episode] = []
        for episode in 0..<episodes {
            let noise = Tensor.normal([encoder.latentSize], using: &random)
            policy.condition(on: episode < priorEpisodes ? noise.array : latent(from: context, noise: noise))
            played.append(try player.play(
                policy, mode: acting, using: &random,
                observe: { observation, action, result in
                    context.append(observation: observation, action: action, result: result)
                }))
        }
        let latent = encoder.latent(of: context, withNext: contextHasNext) ?? Array(repeating: 0, count: encoder.latentSize)
        policy.condition(on: latent)
        return Adaptation(policy: policy, episodes: played, latent: latent)
    }

    /// mean + std * noise of the posterior, or of the prior where there is no context yet.
    private func latent(from context: ReplayBuffer, noise: Tensor) -> [Float] {
        guard context.count > 0 else { return noise.array }
        return withoutGradients { encoder(context.wholeContext(withNext: contextHasNext)).sample(noise: noise).array }
    }
}

extension ContextEncoder {
    /// The mean of q(z | c), [latent], c being all of a buffer; nil where it is empty.
    public func latent(of context: ReplayBuffer, withNext: Bool) -> [Float]? {
        guard context.count > 0 else { return nil }
        return withoutGradients { self(context.wholeContext(withNext: withNext)).mean.array }
    }
}
