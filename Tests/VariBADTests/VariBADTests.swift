import Agents
import Core
import Learning
import TestEnvironments
import Testing
import VariBAD

private func smallSettings() -> VariBADSettings {
    var settings = VariBADSettings()
    settings.hidden = [16]
    (settings.observationEmbedding, settings.beliefEmbedding) = (8, 8)
    (settings.recurrentSize, settings.latentSize) = (8, 2)
    (settings.observationFeatures, settings.actionFeatures, settings.rewardFeatures) = (4, 4, 4)
    settings.rewardDecoderHidden = [8]
    settings.metaBatch = 4
    settings.initialSteps = 0
    settings.epochs = 3
    settings.minibatches = 2
    (settings.beliefBatch, settings.elboTerms, settings.decodedSteps) = (4, 3, 5)
    settings.bufferTrials = 7
    return settings
}

@Suite struct VariBADTests {
    /// Right pays 1 a step on one task and costs 1 on the other, and nothing else tells them apart: whoever has no belief gets 0 of 18 in the
    /// mean, and whoever forgets it at an episode's start must find out again. With half as many steps two of four seeds do not learn it.
    @Test func itLearnsToInferWhichOfTwoConflictingTasksItIsOn() throws {
        var settings = smallSettings()
        settings.hidden = [32]
        settings.recurrentSize = 16
        settings.metaBatch = 16
        settings.taskDraw = .balanced
        settings.epochs = 8
        settings.minibatches = 4
        settings.learningRate = 3e-3
        settings.entropyWeight = 0
        settings.beliefLearningRate = 3e-3
        settings.beliefUpdates = 10
        settings.bufferTrials = 200
        let agent = try VariBAD.trained(settings, steps: 64_000)
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 7)
            let adapted = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 1, using: &random)
            let result = try PointEnvironment.play(adapted.policy, direction: direction)
            #expect(result > 14, "direction \(direction) returned \(result) of 18 possible")
            var action: [Float] = [0]
            adapted.policy.beginEpisode()
            try adapted.policy.act([0, 0], into: &action)
            #expect(Double(action[0]) * direction > 0.5, "the first action of an episode must know the task")
        }
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try VariBAD.expectSameBitsWithTwoThreads(smallSettings(), steps: 600)
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try VariBAD.trained(smallSettings(), steps: 200, seed: 1))
        let two = StateCoder.save(try VariBAD.trained(smallSettings(), steps: 200, seed: 2))
        #expect(one["networks/encoder.gru.weight_ih"] != two["networks/encoder.gru.weight_ih"])
    }

    /// The memory of seven trials is full after two iterations of four.
    @Test(arguments: [1, 2, 3, 5]) func restoringAtAPauseGivesTheSameBits(pauses: Int) throws {
        try VariBAD.expectSameBitsAfterResuming(smallSettings(), steps: 1013, pauses: pauses, withinRound: false)
    }

    @Test(arguments: [1, 13, 39, 40, 41, 333, 1000]) func theStepBudgetIsMetExactly(steps: Int) throws {
        let agent = try VariBAD.trained(smallSettings(), steps: steps)
        try agent.expectFinished(steps: steps)
        #expect(agent.gradientUpdates > 0)
    }

    @Test func gradientUpdatesAreAdamSteps() throws {
        var settings = smallSettings()
        settings.beliefUpdates = 5
        // Six iterations of four trials of 40 steps: three passes of two minibatches and five updates of the belief each.
        #expect(try VariBAD.trained(settings, steps: 960).gradientUpdates == 6 * (3 * 2 + 5))
        settings.initialSteps = 400
        #expect(try VariBAD.trained(settings, steps: 960).gradientUpdates == 4 * (3 * 2 + 5))
    }

    @Test func unstableEpisodesAreCountedAndLearnedFrom() throws {
        let problem = ScriptedEnvironment.problem([(5, .unstable)], steps: 400)
        let agent = try VariBAD(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        func weights(_ network: String) -> [String: StateDictionary.Entry] {
            StateCoder.save(agent).entries.filter { $0.key.hasPrefix("networks/\(network).") }
        }
        let policy = weights("policy"), encoder = weights("encoder")
        try agent.finish()
        #expect(agent.unstableEpisodes == 80)
        #expect(agent.environmentSteps == 400)
        #expect(weights("policy") != policy && weights("encoder") != encoder)
    }

    /// Four trials an iteration on two tasks: drawn evenly, each task has half of them.
    @Test(arguments: [(TaskSampling.balanced, Set([2])), (.replacement, Set([1, 2, 3, 4]))])
    func theTasksOfAnIterationAreDrawnAsTheSettingSays(draw: TaskSampling, copies: Set<Int>) throws {
        var settings = smallSettings()
        (settings.epochs, settings.beliefUpdates, settings.taskDraw) = (1, 1, draw)
        #expect(try VariBAD.copiesAskedFor(settings, steps: 30 * 4 * 40) == copies)
    }

    @Test(arguments: VariBADSettings.Decoding.allCases) func whatIsDecodedIsWhatIsSaved(decodes: VariBADSettings.Decoding) throws {
        var settings = smallSettings()
        settings.decodes = decodes
        let state = StateCoder.save(try VariBAD.trained(settings, steps: 200))
        let (rewards, transitions) = (decodes != .transitions, decodes == .transitions || decodes == .both)
        #expect((state["networks/rewardDecoder.layers.0.weight"] != nil) == rewards)
        #expect((state["networks/transitionDecoder.layers.0.weight"] != nil) == transitions)
    }

    @Test(arguments: VariBADSettings.Squash.allCases) func everyWayToActLearnsAndActsWithinBounds(squash: VariBADSettings.Squash) throws {
        var settings = smallSettings()
        settings.squash = squash
        (settings.observationEmbedding, settings.beliefEmbedding) = (0, 0)
        (settings.normalizesObservations, settings.normalizesBelief, settings.normalizesRewards) = (false, false, false)
        settings.annealsLearningRate = true
        let agent = try VariBAD.trained(settings, steps: 400)
        var random = RandomStream(seed: 2), action: [Float] = [0]
        let policy = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 1, using: &random).policy
        policy.beginEpisode()
        let actions = try (0..<200).map { _ in
            try policy.act([0.1, 0.1], into: &action, mode: .stochastic, using: &random)
            return action[0]
        }
        #expect(actions.allSatisfy { abs($0) <= 1 } && Set(actions).count > 20)
        // tanh never quite reaches 1, clipping does.
        #expect(actions.contains { abs($0) == 1 } == (squash != .sample))
    }

    @Test func adaptingPlaysItsEpisodesAndChangesNothingInTheAgent() throws {
        let agent = try VariBAD.trained(smallSettings(), steps: 400)
        try agent.expectAdaptingChangesNothing()
        var random = RandomStream(seed: 5)
        let unstable = try agent.adapt(to: ScriptedEnvironment([(3, .unstable)]), episodes: 2, using: &random)
        #expect(unstable.steps == 6)
    }

    @Test func policiesDoNotChangeWhenTrainingGoesOn() throws {
        let agent = try VariBAD.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        try agent.expectTrainingDoesNotChange([agent.expectAdaptingChangesNothing()])
    }

    @Test func episodesOfAnAdaptedPolicyDoNotDependOnEachOtherAndBeginWithItsBelief() throws {
        let agent = try VariBAD.trained(smallSettings(), steps: 400)
        var random = RandomStream(seed: 5)
        let adapted = try #require(try agent.adapt(to: PointEnvironment(direction: 1), episodes: 1, using: &random).policy as? BeliefActor)
        let none = try #require(try agent.adapt(to: PointEnvironment(direction: 1), episodes: 0, using: &random).policy as? BeliefActor)
        adapted.beginEpisode()
        let belief = adapted.belief
        #expect(belief != none.belief)
        var action: [Float] = [0]
        for _ in 0..<3 {
            try adapted.act([0.1, 0.2], into: &action)
            adapted.observe(reward: 1, done: false)
        }
        #expect(adapted.belief != belief)
        adapted.beginEpisode()
        #expect(adapted.belief == belief)
    }

    /// The belief after an episode is that of all its steps, the last one with what it ended in.
    @Test func adaptingSeesWholeEpisodes() throws {
        let agent = try VariBAD.trained(smallSettings(), steps: 400)
        var (one, two) = (RandomStream(seed: 5), RandomStream(seed: 5))
        let adapted = try #require(try agent.adapt(to: PointEnvironment(direction: 1), episodes: 1, using: &one).policy as? BeliefActor)
        let actor = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 0, using: &two).policy
        var player = EpisodePlayer(PointEnvironment(direction: 1))
        var actions: [Float] = [], outcomes: [Float] = [], rewards: [Float] = []
        _ = try player.play(actor, using: &two, observe: { _, action, result in
            actions += action
            outcomes += result.observations + [result.truncated[0] ? 1 : 0]
            rewards += result.rewards
        })
        #expect(rewards.count == 20 && outcomes[59] == 1)
        let beliefs = agent.beliefModel.encoder.beliefs(
            actions: Tensor(actions, shape: [20, 1]), outcomes: Tensor(outcomes, shape: [20, 3]), rewards: Tensor(rewards, shape: [20, 1]),
            steps: 20, truncation: 0)
        adapted.beginEpisode()
        #expect(zip(adapted.belief, beliefs.array.suffix(4)).allSatisfy { abs($0 - $1) < 1e-5 })
        #expect(zip(adapted.belief, beliefs.array.dropLast(4).suffix(4)).contains { abs($0 - $1) > 1e-5 })
    }

    /// A point's second observation is the share of its episode that is over: 0 to 0.95 when actions answer to it.
    @Test func inputsAreNormalizedByWhatWasSeen() throws {
        let state = StateCoder.save(try VariBAD.trained(smallSettings(), steps: 960))
        let (mean, variance) = try (state.doubles("normalization/observation/mean"), state.doubles("normalization/observation/variance"))
        #expect(abs(mean[1] - 0.475) < 1e-3 && abs(variance[1] - (1 - 1 / 400) / 12) < 1e-3)
        #expect(try state.doubles("normalization/belief/mean").allSatisfy { $0 != 0 })
        #expect(try state.doubles("returns/variance")[0] != 1)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let agent = try VariBAD.onPoint(smallSettings(), steps: 640)
        try agent.train(pauses: 1)
        try agent.expectRefused([
            ("environmentSteps", { $0.store(161, at: "environmentSteps") }),
            ("iteration", { $0.store(5, at: "iteration") }),
            ("memory/lengths", { $0.store([40, 41, 40, 40], at: "memory/lengths") }),
            ("memory/lengths", { $0.store(Array(repeating: 1, count: 8), at: "memory/lengths") }),
            ("memory/next", { $0.store(2, at: "memory/next") }),
            ("memory/records", { $0.store([1 as Float], at: "memory/records") }),
            ("normalization/observation/mean", { $0.store([1.0], at: "normalization/observation/mean") }),
            ("returns/variance", { $0.store([-1.0], at: "returns/variance") }),
            ("networks/encoder.mean.bias", { $0.store([1 as Float], at: "networks/encoder.mean.bias") }),
        ])
    }

    @Test func nonFiniteRewardsAreErrors() throws { try VariBAD.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 400) }
    @Test func noTasksIsAnError() { VariBAD.expectNoTasksIsAnError(smallSettings()) }

    @Test func settingsThatCantBeRightAreErrorsOfTheirKey() {
        VariBADSettings().expectRefused([
            ("hidden", { $0.hidden = [0] }), ("rewardDecoderHidden", { $0.rewardDecoderHidden = [-1] }),
            ("episodesPerTrial", { $0.episodesPerTrial = 0 }), ("metaBatch", { $0.metaBatch = 0 }), ("epochs", { $0.epochs = 0 }),
            ("initialSteps", { $0.initialSteps = -1 }), ("learningRate", { $0.learningRate = 0 }), ("clip", { $0.clip = 1 }),
            ("discount", { $0.discount = 1 }), ("gaeLambda", { $0.gaeLambda = 1.1 }), ("latentSize", { $0.latentSize = 0 }),
            ("truncation", { $0.truncation = -1 }), ("bufferTrials", { $0.bufferTrials = 0 }), ("elboTerms", { $0.elboTerms = 0 }),
            ("divergenceWeight", { $0.divergenceWeight = -1 }), ("beliefLearningRate", { $0.beliefLearningRate = .nan }),
            ("beliefEmbedding", { $0.beliefEmbedding = -1 }), ("beliefMaxGradientNorm", { $0.beliefMaxGradientNorm = 0 }),
        ])
    }
}
