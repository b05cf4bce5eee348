import Agents
import Learning

/// The position of a task in its alternation of context episodes (by the meta-policy, z from the prior, then from the posterior)
/// and personalized episodes.
struct PMetaCycle {
    /// Episodes since the last cycle began: below `contextEpisodes` it is a context episode.
    var episodeInCycle = 0
    /// The latent of the current or last episode; empty before the first.
    var latent: [Float] = []
    var episodeReturn: Float = 0
    var isUnderWay = false
}

extension PMetaTask {
    private var isContextEpisode: Bool { cycle.episodeInCycle < settings.contextEpisodes }

    /// `steps` environment steps, fewer if the budget ends.
    func collect(_ steps: Int, meta: PMetaNetworks) throws {
        for _ in 0..<max(0, min(steps, remainingSteps)) { try collectStep(meta: meta) }
    }

    /// One environment step of this task, beginning an episode where none is under way. Context episodes are played by
    /// `meta`, the others by the personalized policy.
    private func collectStep(meta: PMetaNetworks) throws {
        let networks = isContextEpisode ? meta : personalized
        if !cycle.isUnderWay { try beginEpisode(encoder: networks.encoder) }
        for i in 0..<observationSize { input[i] = collector.batch.observations[i] }
        for i in cycle.latent.indices { input[observationSize + i] = cycle.latent[i] }
        let mode = isContextEpisode ? settings.contextActing : .stochastic
        input.withUnsafeBufferPointer { networks.actor.act($0, into: &action, mode: mode, using: &actingRandom) }
        try collector.step(action, using: &resetRandom)
        environmentSteps += 1
        let end = collector.end()
        if end.isStable {
            replay.append(observation: collector.previousObservations, action: action, result: collector.batch)
            if isContextEpisode {
                context.append(observation: collector.previousObservations, action: action, result: collector.batch)
            }
        }
        cycle.episodeReturn += collector.reward()
        if end.isOver { endEpisode() }
    }

    private func beginEpisode(encoder: ContextEncoder) throws {
        try collector.reset(0, using: &resetRandom)
        cycle.isUnderWay = true
        cycle.episodeReturn = 0
        if let embedding {
            cycle.latent = embedding
        } else if context.count == 0 || (isContextEpisode && cycle.episodeInCycle < settings.priorContextEpisodes) {
            cycle.latent = (0..<settings.latentSize).map { _ in actingRandom.normal() }
        } else {
            cycle.latent = posteriorSample(of: encoder)
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
        metrics.add(isContextEpisode ? "contextReturn" : "personalizedReturn", cycle.episodeReturn)
        cycle.isUnderWay = false
        cycle.episodeInCycle += 1
        if cycle.episodeInCycle >= settings.contextEpisodes + settings.personalizedEpisodes {
            cycle.episodeInCycle = 0
        }
    }
}
