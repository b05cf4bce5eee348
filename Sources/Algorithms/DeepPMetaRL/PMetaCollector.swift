import Agents
import Learning

/// The position of a task in its alternation of context episodes (by the meta-policy, z from the prior, then from the posterior)
/// and personalized episodes.
struct PMetaCollector {
    /// Episodes since the last cycle began: below `contextEpisodes` it is a context episode.
    var episodeInCycle = 0
    /// The latent of the current or last episode; empty before the first, and where tasks don't share.
    var latent: [Float] = []
    var episodeReturn: Float = 0
    var isUnderWay = false
}

extension PMetaTask {
    private var isContextEpisode: Bool { settings.sharing && collector.episodeInCycle < settings.contextEpisodes }

    /// `steps` environment steps, fewer if the budget ends.
    func collect(_ steps: Int, meta: PMetaNetworks) throws {
        for _ in 0..<max(0, min(steps, remainingSteps)) { try collectStep(meta: meta) }
    }

    /// One environment step of this task, beginning an episode where none is under way. Context episodes are played by
    /// `meta`, the others by the personalized policy.
    private func collectStep(meta: PMetaNetworks) throws {
        let networks = isContextEpisode ? meta : personalized
        if !collector.isUnderWay { try beginEpisode(encoder: networks.encoder) }
        let actor = networks.actor
        var action = [Float](repeating: 0, count: actionSize)
        let observation = batch.observations
        let input = observation + collector.latent
        input.withUnsafeBufferPointer { actor.act($0, into: &action, mode: .stochastic, using: &actingRandom) }
        try environment.step(action, into: &batch)
        environmentSteps += 1
        if !batch.unstable[0] {
            replay.append(observation: observation, action: action, result: batch)
            if isContextEpisode { context.append(observation: observation, action: action, result: batch) }
        }
        collector.episodeReturn += batch.rewards[0]
        if batch.terminated[0] || batch.truncated[0] { endEpisode() }
    }

    private func beginEpisode(encoder: ContextEncoder) throws {
        try environment.reset(0, into: &batch, using: &resetRandom)
        collector.isUnderWay = true
        collector.episodeReturn = 0
        guard settings.sharing else { return }
        if collector.episodeInCycle == 0 || context.count == 0 {
            collector.latent = (0..<settings.latentSize).map { _ in actingRandom.normal() }
        } else {
            collector.latent = posteriorSample(of: encoder)
        }
    }

    /// z ~ q(z | c), c being a sample of the recent context.
    private func posteriorSample(of encoder: ContextEncoder) -> [Float] {
        withoutGradients {
            let tuples = context.sampleContext(settings.contextBatch, withNext: contextHasNext, using: &actingRandom)
            return encoder(tuples).sample(noise: .normal([settings.latentSize], using: &actingRandom)).array
        }
    }

    private func endEpisode() {
        metrics.add(isContextEpisode ? "contextReturn" : "personalizedReturn", collector.episodeReturn)
        collector.isUnderWay = false
        collector.episodeInCycle += 1
        if collector.episodeInCycle >= settings.contextEpisodes + settings.personalizedEpisodes {
            collector.episodeInCycle = 0
        }
    }
}
