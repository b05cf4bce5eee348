import Agents
import Core
import Foundation
import PEARL
import TestEnvironments
import Testing

/// Which z each episode gets, read from the actions of networks that show it.
@Suite struct LatentTests {
    private var settings: PEARLSettings {
        var settings = smallSettings()
        settings.initialSteps = 60
        settings.priorSteps = 40
        settings.posteriorSteps = 40
        settings.extraSteps = 40
        settings.contextBatch = 20_000  // a sample of the context whose mean is that of the context
        return settings
    }

    /// An agent after so many pauses, and then with networks that show z.
    private func agent(_ settings: PEARLSettings, afterPauses pauses: Int, std: Float = 1e-3, noise: Float = 1e-6) throws -> PEARL {
        let trained = try PEARL.onPoint(settings, steps: 100_000)
        if pauses > 0 { try trained.train(pauses: pauses) }
        var state = StateCoder.save(trained)
        try RevealedLatent.write(
            into: &state, actor: "networks/learner.actor.network", encoder: "networks/encoder.network", latentSize: settings.latentSize,
            std: std, noise: noise)
        let agent = try PEARL.onPoint(settings, steps: 100_000)
        try StateCoder.restore(state, agent)
        return agent
    }

    private func mean(_ values: some Collection<Float>) -> Float { values.reduce(0, +) / Float(values.count) }
    private func deviation(_ values: [Float]) -> Float { mean(values.map { ($0 - mean(values)) * ($0 - mean(values)) }).squareRoot() }

    @Test func initialEpisodesGetTheirOwnZFromThePrior() throws {
        var settings = settings
        settings.initialSteps = 4000
        let agent = try agent(settings, afterPauses: 0)
        try agent.train(pauses: 1)
        let found = RevealedLatent.latents(try agent.transitions(at: "task-0/replay/rows")), latents = found.compactMap { $0 }
        #expect(found.count == 200 && latents.count == 200 && Set(latents).count == 200)
        #expect(abs(mean(latents)) < 0.25 && abs(deviation(latents) - 1) < 0.2, "\(mean(latents)) +- \(deviation(latents))")
    }

    /// Two episodes each: prior; posterior of this collection's context, which grows by them; extra ones, the first of them prior, whose transitions
    /// are not in the context.
    @Test func anIterationsEpisodesGetZFromThePriorThenFromThePosteriorOfThisCollectionsContext() throws {
        let agent = try agent(settings, afterPauses: 2)
        try agent.train(pauses: 2)
        var distances: [Float] = [0, 0, 0, 0]
        for task in 0..<2 {
            let rows = try agent.transitions(at: "task-\(task)/replay/rows").dropFirst(60)
            let z = try RevealedLatent.latents(Array(rows)).map { try #require($0) }
            #expect(z.count == 6)
            let actions = z.map(RevealedLatent.action)
            func posterior(_ episodes: Range<Int>) -> Float { 4 * mean(actions[episodes]) }
            for (episode, context) in [(2, 0..<2), (3, 0..<3), (5, 0..<4)] {
                #expect(abs(z[episode] - posterior(context)) < 0.12, "episode \(episode): z \(z[episode]) for \(posterior(context)), \(z)")
            }
            // Prior episodes don't know the context, and other contexts would be told apart, in one of the tasks at least.
            let apart = [z[0] - z[1], z[1] - posterior(0..<1), posterior(0..<2) - posterior(0..<3), z[4] - posterior(0..<4)]
            distances = zip(distances, apart).map { max($0, abs($1)) }
        }
        #expect(distances.allSatisfy { $0 > 0.2 }, "\(distances)")
    }

    /// The posterior's standard deviation for 100 tuples is a tenth of that for one.
    @Test func aPosteriorEpisodesZIsASampleOfThePosterior() throws {
        var settings = settings
        settings.contextBatch = 100
        settings.priorSteps = 20
        settings.posteriorSteps = 0
        settings.extraSteps = 4000
        settings.extraPriorEpisodes = 0
        let agent = try agent(settings, afterPauses: 2, std: 5)
        try agent.train(pauses: 2)
        let z = try RevealedLatent.latents(Array(try agent.transitions(at: "task-0/replay/rows").dropFirst(60))).map { try #require($0) }
        let own = Array(z.dropFirst()), center = 4 * RevealedLatent.action(z[0])
        #expect(own.count == 200)
        #expect(abs(mean(own) - center) < 0.15 && abs(deviation(own) - 0.5) < 0.1, "\(mean(own)) +- \(deviation(own)) around \(center)")
    }

    /// Meta-test: so many episodes with z from the prior, then from the posterior of all episodes so far; then the policy at the
    /// posterior's mean.
    @Test(arguments: [1, 2, 3, 5])
    func theMetaTestsEpisodesGetZFromThePriorThenFromThePosterior(priorEpisodes: Int) throws {
        var settings = settings
        settings.priorEpisodes = priorEpisodes
        let agent = try agent(settings, afterPauses: 2), environment = RecordingEnvironment()
        var random = RandomStream(seed: 4)
        let adaptation = try agent.adapt(to: environment, episodes: 4, using: &random)
        let z = try environment.actions.map { try #require(RevealedLatent.latent(ofEpisode: $0)) }, actions = z.map(RevealedLatent.action)
        #expect(z.count == 4 && environment.actions.allSatisfy { $0.count == 20 })
        for episode in 1..<4 {
            let isPosterior = abs(z[episode] - 4 * mean(actions[0..<episode])) < 0.02
            #expect(isPosterior == (episode >= priorEpisodes), "episode \(episode) of \(z)")
        }
        #expect(abs(z[1] - z[0]) > 0.1)
        var action: [Float] = [0]
        try adaptation.policy.act([0.3, 0.5], into: &action)
        #expect(abs(RevealedLatent.latent(action[0]) - 4 * mean(actions)) < 1e-3)
        #expect(try abs(#require(adaptation.latent)[0] - 4 * mean(actions)) < 1e-3)
    }

    /// The stored context of a training task: what the last collection left in it. The latents of all tasks are those that the policies of
    /// `meta-stored` play with.
    @Test func thePolicyAtStoredContextPlaysAtThePosteriorsMeanOfIt() throws {
        let agent = try agent(settings, afterPauses: 0)
        #expect(agent.storedLatents().allSatisfy { $0 == nil })
        try agent.train(pauses: 2)
        let policy = try #require(agent.policies.first { $0.name == "meta-stored" })
        guard case .ready(let make) = policy.origin else { throw StateError.missing("a policy that does not adapt") }
        for task in 0..<2 {
            let expected = 4 * mean(try agent.transitions(at: "task-\(task)/context/rows").map { $0[2] })
            var action: [Float] = [0]
            try make(task)[0].act([0.3, 0.5], into: &action)
            #expect(abs(RevealedLatent.latent(action[0]) - expected) < 1e-3)
            #expect(try abs(#require(agent.storedLatents()[task])[0] - expected) < 1e-3)
        }
        #expect(try make(nil).isEmpty, "an unseen task has no stored context")
    }

    /// With noisy actions an episode's actions differ if they are drawn and are the same in all steps if they are not.
    @Test func theMetaTestActsAsItsSettingSays() throws {
        for acting in [ActingMode.deterministic, .stochastic] {
            var settings = settings
            settings.metaTestActing = acting
            let agent = try agent(settings, afterPauses: 2, noise: 0.1), environment = RecordingEnvironment()
            var random = RandomStream(seed: 4)
            _ = try agent.adapt(to: environment, episodes: 1, using: &random)
            #expect(Set(environment.actions[0]).count == (acting == .deterministic ? 1 : 20))
        }
    }

    /// Its mean and not a sample of it, whose standard deviation would be 0.8.
    @Test func theAdaptedPolicyPlaysAtThePosteriorsMean() throws {
        let agent = try agent(settings, afterPauses: 2, std: 5), environment = RecordingEnvironment()
        var random = RandomStream(seed: 4), action: [Float] = [0]
        let adaptation = try agent.adapt(to: environment, episodes: 2, using: &random)
        try adaptation.policy.act([0.3, 0.5], into: &action)
        #expect(abs(RevealedLatent.latent(action[0]) - 4 * mean(environment.actions.flatMap { $0 })) < 1e-2)
    }
}
