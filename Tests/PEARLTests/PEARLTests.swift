import Agents
import Core
import PEARL
import TestEnvironments
import Testing

func smallSettings() -> PEARLSettings {
    var settings = PEARLSettings()
    settings.hidden = [32]
    settings.encoderHidden = [16]
    settings.learningRate = 3e-3
    settings.encoderLearningRate = 3e-3
    settings.batchSize = 32
    settings.contextBatch = 20
    settings.initialSteps = 60
    settings.replayCapacity = 5000
    settings.rewardScale = 1
    settings.entropyTuning = .automatic
    settings.entropyCoefficient = 0.2
    settings.latentWeight = 0.002
    settings.collectionTasks = 2
    settings.priorSteps = 20
    settings.posteriorSteps = 0
    settings.extraSteps = 20
    settings.updatesPerIteration = 80
    settings.metaBatch = 2
    return settings
}

@Suite struct PEARLTests {
    @Test func afterAdaptingItSolvesBothDirectionsAndBeforeItCannot() throws {
        let agent = try PEARL.trained(smallSettings(), steps: 2000)
        let adapted = try agent.returnsAfterAdapting(episodes: 2), unadapted = try agent.returnsAfterAdapting(episodes: 0)
        #expect(adapted.allSatisfy { $0 > 12 }, "\(adapted) of 18 possible")
        #expect(unadapted.contains { $0 < 4 }, "\(unadapted)")
    }

    /// `meta-k3`: the first episode with z from the prior, whatever `priorEpisodes` and the evaluation say.
    @Test func aContextLengthIsAPolicyOfItsOwn() throws {
        var settings = smallSettings()
        settings.contextLengths = [3, 1]
        let agent = try PEARL.trained(settings, steps: 300)
        #expect(agent.policies.map(\.name) == ["meta", "meta-stored", "meta-k3", "meta-k1"])
        #expect(agent.policies[2].title == "meta-policy, after 3 adaptation episodes")
        func latent(_ policy: String, episodes: Int, agent: PEARL) throws -> [Float] {
            var random = RandomStream(seed: 5)
            let adaptation = try agent.adapt(to: PointEnvironment(direction: 1), as: policy, episodes: episodes, using: &random)
            #expect(adaptation.episodeReturns.count == (policy == "meta-k3" ? 3 : episodes))
            return try #require(adaptation.latent)
        }
        settings.priorEpisodes = 1
        let other = try PEARL.onPoint(settings, steps: 300)
        try StateCoder.restore(StateCoder.save(agent), other)
        #expect(try latent("meta-k3", episodes: 2, agent: agent) == latent("meta", episodes: 3, agent: other))
        #expect(try latent("meta-k3", episodes: 2, agent: agent) != latent("meta", episodes: 3, agent: agent))
        settings.contextLengths = [3, 3]
        #expect(throws: SettingError.self) { try settings.validate() }
    }

    @Test func valuesOfActionsAreThoseOfTheCritics() throws {
        let agent = try PEARL.trained(smallSettings(), steps: 2000)
        let actions: [Float] = [-1, 0, 1]
        let right = try agent.actionValues(observation: [0, 0], actions: actions, policy: "meta-stored", trainingTask: 0)
        let left = try agent.actionValues(observation: [0, 0], actions: actions, policy: "meta-stored", trainingTask: 1)
        #expect(right[2] > right[0] && left[0] > left[2], "\(right) \(left)")
        let prior = try agent.actionValues(observation: [0, 0], actions: actions, policy: "meta", trainingTask: 0)
        #expect(try prior == agent.actionValues(observation: [0, 0], actions: actions, policy: "meta", trainingTask: 1) && prior != right)
        #expect(throws: GaitError.self) { try ActionValueGrid(of: agent, observation: [0, 0], policy: "meta", trainingTask: 0, actionColumns: 1) }
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try PEARL.trained(smallSettings(), steps: 160, seed: 1))
        let two = StateCoder.save(try PEARL.trained(smallSettings(), steps: 160, seed: 2))
        let key = "networks/learner.actor.network.layers.0.weight"
        #expect(one[key] != nil && one[key] != two[key])
    }

    /// Slices: the initial steps of each task, then in each iteration two tasks collected from and two slices of updates.
    @Test(arguments: [1, 3, 5]) func resumeGivesTheSameBits(pauses: Int) throws {
        var settings = smallSettings()
        settings.updatesPerIteration = 150
        let stopped = try PEARL.expectSameBitsAfterResuming(settings, steps: 220, pauses: pauses).stopped
        #expect(stopped.gradientUpdates == (pauses == 5 ? 128 : 0))
    }

    @Test(arguments: [333, 41, 61]) func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide(steps: Int) throws {
        try PEARL.trained(smallSettings(), steps: steps).expectFinished(steps: steps)
    }

    @Test func extraStepsAreInTheReplayOnlyAndContextIsOfTheLatestCollection() throws {
        var settings = smallSettings()
        settings.posteriorSteps = 10
        settings.extraSteps = 15
        let agent = try PEARL.onPoint(settings, steps: 2000)
        try agent.train(untilSteps: 120)
        try agent.train(pauses: 2)
        for task in 0..<2 {
            let replay = try agent.transitions(at: "task-\(task)/replay/rows"), context = try agent.transitions(at: "task-\(task)/context/rows")
            #expect(replay.count == 60 + 45)
            #expect(context == Array(replay[60..<90]))
            // Episodes of 20 prior steps, 10 posterior steps, 15 extra ones: the clock begins anew at each.
            #expect([60, 80, 90].allSatisfy { replay[$0][1] == 0 })
        }
    }

    @Test func adaptingChangesNothingInTheAgentAndItsPolicyDoesNotChangeWhenTrainingGoesOn() throws {
        let agent = try PEARL.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        let adapted = try agent.expectAdaptingChangesNothing()
        try agent.expectTrainingDoesNotChange([adapted])
    }

    @Test func unstableStepsAreLeftOutAndAnAgentThatMeetsOnlyThemGoesOn() throws {
        let problem = ScriptedEnvironment.problem([(3, .terminated), (2, .unstable), (4, .truncated)], steps: 120)
        let agent = try PEARL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 120)
        // 60 steps: six times the script of 9 steps, of which one is unstable, then 3, 2 and 1 steps.
        #expect(try agent.transitions(at: "task-1/replay/rows").count == 6 * 8 + 3 + 1 + 1)
        #expect(agent.unstableEpisodes == 14)
        let unstable = try PEARL(
            problem: ScriptedEnvironment.problem([(1, .unstable)], steps: 300), settings: smallSettings(), random: RandomStreams(seed: 1))
        try unstable.finish()
        #expect(unstable.unstableEpisodes == 300 && unstable.gradientUpdates == 0)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try PEARL.trained(smallSettings(), steps: 200).expectRefused([
            ("schedule/collecting", { $0.store([0, 2], at: "schedule/collecting") }),
            ("schedule/updatesLeft", { $0.store(81, at: "schedule/updatesLeft") }),
            ("environmentSteps", { $0.store(1000, at: "task-1/environmentSteps") }),
            ("learner/targetValue", { $0["learner/targetValue.layers.0.weight"] = nil }),
        ])
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try PEARL.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 1000)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([
            ("batchSize", { $0.batchSize = 0 }), ("hidden", { $0.hidden = [] }), ("discount", { $0.discount = 1 }),
            ("latentSize", { $0.latentSize = .max }), ("extraSteps", { $0.extraSteps = -1 }),
            ("latentWeight", { $0.latentWeight = .nan }), ("targetRate", { $0.targetRate = 0 }),
            ("collectionTasks", { $0.collectionTasks = 0 }), ("entropyCoefficient", { $0.entropyCoefficient = -1 }),
            ("contextLengths", { $0.contextLengths = [5, 0] }),
        ])
    }
}
