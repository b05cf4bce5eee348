import Agents
import Core
import Foundation
import Learning
import MetaCURE
import TestEnvironments
import Testing

/// Which belief or z each step is played with, read from the actions of networks that show it: both actors play tanh(z0 / 2), where the exploration
/// policy's z0 is the belief's first mean.
@Suite struct MetaCURELatentTests {
    private static let latentSize = 5, std: Float = 0.5

    /// An agent after so many pauses, and then with actors that show z and a head whose means vary more, around 1, with this deviation.
    private func agent(_ settings: MetaCURESettings, afterPauses pauses: Int, noise: Float = 1e-6) throws -> MetaCURE {
        let trained = try MetaCURE.onPoint(settings, steps: 100_000)
        if pauses > 0 { try trained.train(pauses: pauses) }
        var state = StateCoder.save(trained)
        for part in ["exploration", "exploitation"] {
            try RevealedLatent.write(
                into: &state, actor: "networks/\(part).actor.network", latentSize: Self.latentSize, noise: noise)
        }
        let weight = "networks/encoder.head.layers.1.weight", raw = Float(log(expm1(Double(Self.std * Self.std))))
        let wider = try state.floats(weight).enumerated().map { $0.offset % (2 * Self.latentSize) < Self.latentSize ? 8 * $0.element : 0 }
        state.store(wider, shape: state[weight]?.shape, at: weight)
        let bias = [Float(1), raw].flatMap { [Float](repeating: $0, count: Self.latentSize) }
        state.store(bias, at: "networks/encoder.head.layers.1.bias")
        let agent = try MetaCURE.onPoint(settings, steps: 100_000)
        try StateCoder.restore(state, agent)
        return agent
    }

    /// The belief's first mean after these transitions have entered the context: that of the prior before any.
    private func belief(_ agent: MetaCURE, after rows: some Sequence<[Float]>) throws -> Float {
        let state = StateCoder.save(agent), head = try state.network("networks/encoder.head"), unit = "networks/encoder.unit"
        let gru = GRU(
            inputWeight: try state.tensor("\(unit).weight_ih"), stateWeight: try state.tensor("\(unit).weight_hh"),
            inputBias: try state.tensor("\(unit).bias_ih"), stateBias: try state.tensor("\(unit).bias_hh"))
        var hidden = gru.initialState(batch: 1), mean: Float = 0
        for row in rows {
            hidden = gru.step(Tensor(Array(row[..<4]), shape: [1, 4]), state: hidden)
            mean = head(hidden).array[0]
        }
        return mean
    }

    private func replay(_ agent: MetaCURE, _ task: Int) throws -> [[Float]] { try agent.transitions(at: "task-\(task)/replay/rows") }

    private func expectNear(_ found: Float, _ expected: Float, within distance: Float = 1e-3, _ what: String) {
        #expect(abs(found - expected) < distance, "\(what): \(found), where \(expected) is expected")
    }

    /// The first step by the prior; the first transition and every fourth one after it change the belief, across episodes.
    @Test func theExplorationPolicyKnowsTheBeliefOfEveryStep() throws {
        let agent = try agent(smallSettings(), afterPauses: 0)
        try agent.train(pauses: 1)
        let rows = try replay(agent, 0), entered = stride(from: 0, to: 60, by: 4).map { rows[$0] }
        #expect(rows.count == 60)
        let means = try (0...15).map { try belief(agent, after: entered[..<$0]) }
        for t in 0..<60 { expectNear(RevealedLatent.latent(rows[t][2]), means[(t + 3) / 4], "step \(t)") }
        #expect(zip(means, means.dropFirst()).filter { abs($0 - $1) > 0.01 }.count > 10, "\(means)")
    }

    /// After an exploration, as many steps as the settings say with z from the prior in each episode, then with z from the belief.
    @Test func exploitationEpisodesGetTheirOwnZFromThePriorThenFromTheBelief() throws {
        var settings = smallSettings()
        (settings.collectionTasks, settings.priorSteps, settings.exploitationSteps) = (1, 1600, 2400)
        let agent = try agent(settings, afterPauses: 2)
        try agent.train(pauses: 1)
        let rows = try #require(try (0..<2).map { try replay(agent, $0) }.first { $0.count > 60 })
        #expect(rows.count == 60 + 40 + 1600 + 2400)
        let z = try RevealedLatent.latents(Array(rows[100...])).map { try #require($0) }
        let center = try belief(agent, after: stride(from: 60, to: 100, by: 4).map { rows[$0] })
        for (part, mean, std) in [(z[..<80], Float(0), Float(1)), (z[80...], center, Self.std)] {
            let found = part.reduce(0, +) / Float(part.count)
            let deviation = (part.reduce(0) { $0 + ($1 - found) * ($1 - found) } / Float(part.count)).squareRoot()
            expectNear(found, mean, within: 0.25 * std, "mean")
            expectNear(deviation, std, within: 0.25 * std, "standard deviation")
        }
        #expect(center > 0.4)
    }

    /// Meta-test: only the first of 20 steps enters the context, so that each episode's later steps are played at a belief that the first one made;
    /// with noisy actions an episode's actions differ if they are drawn.
    @Test(arguments: [ActingMode.deterministic, .stochastic])
    func theMetaTestExploresWithTheBeliefAndActsAsItsSettingSays(acting: ActingMode) throws {
        var settings = smallSettings()
        (settings.contextInterval, settings.contextLength, settings.metaTestActing) = (20, 2, acting)
        let agent = try agent(settings, afterPauses: 2, noise: acting == .deterministic ? 1e-6 : 0.1), environment = RecordingEnvironment()
        var random = RandomStream(seed: 4), action: [Float] = [0]
        let adaptation = try agent.adapt(to: environment, episodes: 2, using: &random)
        let latent = try #require(adaptation.latent)[0]
        try adaptation.policy.act([0.3, 0.5], into: &action)
        expectNear(RevealedLatent.latent(action[0]), latent, "the adapted policy")
        guard acting == .deterministic else {
            #expect(environment.actions.allSatisfy { Set($0).count == 20 })
            return
        }
        let first = environment.actions[0], second = environment.actions[1]
        expectNear(RevealedLatent.latent(first[0]), 0, "by the prior")
        for t in 2..<20 { #expect(first[t] == first[1] && second[t] == second[1], "step \(t)") }
        expectNear(RevealedLatent.latent(second[0]), RevealedLatent.latent(first[1]), "across episodes")
        expectNear(RevealedLatent.latent(second[1]), latent, "the last belief")
        #expect(abs(first[1] - first[0]) > 0.05 && abs(second[1] - second[0]) > 0.005, "\(first) \(second)")
    }

    /// Of two stored explorations the second one.
    @Test func thePolicyAtStoredContextPlaysAtTheLatestExplorationsBelief() throws {
        var settings = smallSettings()
        settings.explorationsKept = 3
        let agent = try agent(settings, afterPauses: 4)
        let policy = try #require(agent.policies.first { $0.name == "meta-stored" })
        guard case .ready(let make) = policy.origin else { throw StateError.missing("a policy that does not adapt") }
        for task in 0..<2 {
            let context = try agent.transitions(at: "task-\(task)/context/rows")
            #expect(context.count == 20)
            let earlier = try belief(agent, after: context[..<10]), latest = try belief(agent, after: context[10...])
            var action: [Float] = [0]
            try make(task)[0].act([0.3, 0.5], into: &action)
            expectNear(RevealedLatent.latent(action[0]), latest, "its action")
            expectNear(try #require(agent.storedLatents()[task])[0], latest, "its latent")
            #expect(abs(latest - earlier) > 0.01, "\(latest) \(earlier)")
        }
    }
}
