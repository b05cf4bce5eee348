import Agents
import Core
import DeepPMetaRL
import Foundation
import TestEnvironments
import Testing

/// Which z each episode gets, read from the actions of networks that show it.
@Suite struct PMetaLatentTests {
    private var settings: PMetaRLSettings {
        var settings = smallSettings()
        settings.initialSteps = 4000
        settings.contextBatch = 20_000  // a sample of the context whose mean is that of the context
        settings.contextEpisodes = 2
        settings.personalizedEpisodes = 2
        return settings
    }

    /// An agent before its first step, with networks that show z. The meta encoder's means have the actions' sign, those of the
    /// personalized encoders the other one.
    private func agent() throws -> PMetaRL {
        let agent = try PMetaRL.onPoint(settings, steps: 20_000)
        var state = StateCoder.save(agent)
        for (name, slope) in [("meta", Float(4)), ("personalized-0", -4), ("personalized-1", -4)] {
            try RevealedLatent.write(
                into: &state, actor: "networks/\(name).actor.network", encoder: "networks/\(name).encoder.network",
                latentSize: settings.latentSize, slope: slope)
        }
        try StateCoder.restore(state, agent)
        return agent
    }

    private func mean(_ values: some Collection<Float>) -> Float { values.reduce(0, +) / Float(values.count) }

    /// In each cycle a context episode with z from the prior, another one with z from the meta encoder's posterior of all context so far, and
    /// two episodes with z from the personalized encoder's posterior, which are not in the context.
    @Test func episodesGetZFromThePriorOrFromTheirOwnNetworksPosterior() throws {
        let agent = try agent()
        try agent.train(pauses: 1)
        for task in 0..<2 {
            let replay = try agent.transitions(at: "task-\(task)/replay/rows"), context = try agent.transitions(at: "task-\(task)/context/rows")
            let z = try RevealedLatent.latents(replay).map { try #require($0) }
            #expect(z.count == 25 && replay.count == 500)
            var known: [Float] = [], priors: [Float] = []
            for (episode, latent) in z.enumerated() {
                switch episode % 4 {
                case 0: priors.append(latent)
                case 1: #expect(abs(latent - 4 * mean(known)) < 0.15, "context episode \(episode): \(latent), \(known)")
                default: #expect(abs(latent + 4 * mean(known)) < 0.15, "personalized episode \(episode): \(latent), \(known)")
                }
                if episode % 4 < 2 { known.append(RevealedLatent.action(latent)) }
            }
            #expect(Set(priors).count == 7 && abs(mean(priors)) < 1.2 && priors.contains { $0 < 0 } && priors.contains { $0 > 0 })
            #expect(context == replay.enumerated().filter { $0.offset / 20 % 4 < 2 }.map(\.element))
        }
    }

    /// Meta-test: z from the prior, then from the meta encoder's posterior of all episodes so far; then the meta actor at the posterior's mean.
    @Test func theMetaTestIsOfTheMetaNetworks() throws {
        let agent = try agent(), environment = RecordingEnvironment()
        var random = RandomStream(seed: 4)
        let adaptation = try agent.adapt(to: environment, episodes: 3, using: &random)
        let z = try environment.actions.map { try #require(RevealedLatent.latent(ofEpisode: $0)) }, actions = z.map(RevealedLatent.action)
        #expect(z.count == 3)
        for episode in 1..<3 { #expect(abs(z[episode] - 4 * mean(actions[0..<episode])) < 0.02, "\(z)") }
        var action: [Float] = [0]
        adaptation.policy.act([0.3, 0.5], into: &action)
        #expect(abs(RevealedLatent.latent(action[0]) - 4 * mean(actions)) < 1e-3)
    }

    /// A personalized policy plays at the mean of its own encoder's posterior of the task's whole context.
    @Test func aPersonalizedPolicyPlaysAtThePosteriorsMean() throws {
        let agent = try agent()
        try agent.train(pauses: 1)
        for task in 0..<2 {
            let context = try agent.transitions(at: "task-\(task)/context/rows"), policy = try personalizedPolicy(agent, task: task)
            var action: [Float] = [0]
            policy.act([0.3, 0.5], into: &action)
            #expect(abs(RevealedLatent.latent(action[0]) + 4 * mean(context.map { $0[2] })) < 1e-3)
        }
    }
}
