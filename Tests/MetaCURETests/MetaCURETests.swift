import Agents
import Core
import MetaCURE
import TestEnvironments
import Testing

func smallSettings() -> MetaCURESettings {
    var settings = MetaCURESettings()
    settings.hidden = [32]
    settings.encoderHidden = [16]
    settings.recurrentSize = 16
    settings.predictorHidden = [16]
    settings.learningRate = 3e-3
    settings.encoderLearningRate = 3e-3
    settings.batchSize = 32
    settings.contextInterval = 4
    settings.contextLength = 10
    settings.initialSteps = 60
    settings.replayCapacity = 5000
    settings.rewardScale = 1
    settings.entropyTuning = .automatic
    settings.entropyCoefficient = 0.2
    settings.collectionTasks = 2
    settings.explorationSteps = 40
    settings.exploitationSteps = 20
    settings.updatesPerIteration = 80
    settings.metaBatch = 2
    settings.latentWeight = 0.01
    return settings
}

@Suite struct MetaCURETests {
    @Test func afterExploringItSolvesBothDirectionsAndBeforeItCannot() throws {
        let agent = try MetaCURE.trained(smallSettings(), steps: 1800)
        let adapted = try agent.returnsAfterAdapting(episodes: 2), unadapted = try agent.returnsAfterAdapting(episodes: 0)
        #expect(adapted.allSatisfy { $0 > 12 }, "\(adapted) of 18 possible")
        #expect(unadapted.contains { $0 < 4 }, "\(unadapted)")
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try MetaCURE.trained(smallSettings(), steps: 160, seed: 1))
        let two = StateCoder.save(try MetaCURE.trained(smallSettings(), steps: 160, seed: 2))
        let key = "networks/exploration.actor.network.layers.0.weight"
        #expect(one[key] != nil && one[key] != two[key])
    }

    /// Slices: the initial steps of each task, then in each iteration two tasks collected from and two slices of updates.
    @Test(arguments: [1, 3, 5]) func resumeGivesTheSameBits(pauses: Int) throws {
        let stopped = try MetaCURE.expectSameBitsAfterResuming(smallSettings(), steps: 300, pauses: pauses).stopped
        #expect(stopped.gradientUpdates == (pauses == 5 ? 64 : 0))
    }

    @Test(arguments: [233, 41, 61]) func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide(steps: Int) throws {
        try MetaCURE.trained(smallSettings(), steps: steps).expectFinished(steps: steps)
    }

    @Test func theContextIsEveryFourthTransitionOfTheLatestExplorations() throws {
        var settings = smallSettings()
        settings.explorationsKept = 2
        let agent = try MetaCURE.onPoint(settings, steps: 2000)
        try agent.train(pauses: 4)
        for task in 0..<2 {
            let replay = try agent.transitions(at: "task-\(task)/replay/rows"), context = try agent.transitions(at: "task-\(task)/context/rows")
            #expect(replay.count == 60 + 40 + 20)
            // The first ten of the initial steps' fifteen, and the next exploration's ten.
            #expect(context == (Array(stride(from: 0, to: 40, by: 4)) + Array(stride(from: 60, to: 100, by: 4))).map { replay[$0] })
        }
        try agent.train(untilSteps: 360)
        for task in 0..<2 {
            let replay = try agent.transitions(at: "task-\(task)/replay/rows"), context = try agent.transitions(at: "task-\(task)/context/rows")
            #expect(context == (Array(stride(from: 120, to: 160, by: 4)) + Array(stride(from: 60, to: 100, by: 4))).map { replay[$0] })
        }
    }

    @Test func adaptingChangesNothingInTheAgentAndItsPolicyDoesNotChangeWhenTrainingGoesOn() throws {
        let agent = try MetaCURE.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        let adapted = try agent.expectAdaptingChangesNothing()
        try agent.expectTrainingDoesNotChange([adapted])
    }

    @Test func anAgentThatMeetsOnlyUnstablePhysicsGoesOn() throws {
        let agent = try MetaCURE(
            problem: ScriptedEnvironment.problem([(1, .unstable)], steps: 300), settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.unstableEpisodes == 300 && agent.gradientUpdates == 0)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try MetaCURE.trained(smallSettings(), steps: 200).expectRefused([
            ("schedule/collecting", { $0.store([0, 2], at: "schedule/collecting") }),
            ("environmentSteps", { $0.store(1000, at: "task-1/environmentSteps") }),
            ("predictor-1", { $0["networks/predictor-1.reward.layers.0.weight"] = nil }),
        ])
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try MetaCURE.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 1000)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([
            ("contextInterval", { $0.contextInterval = 0 }), ("contextLength", { $0.contextLength = 11 }),
            ("predictorHidden", { $0.predictorHidden = [0] }), ("recurrentSize", { $0.recurrentSize = .max }),
            ("intrinsicWeight", { $0.intrinsicWeight = -1 }), ("discount", { $0.discount = 1 }), ("hidden", { $0.hidden = [] }),
        ])
    }
}
