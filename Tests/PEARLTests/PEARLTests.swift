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

private func trainedAgent(_ settings: PEARLSettings, steps: Int, seed: UInt64 = 1) throws -> PEARL {
    let agent = try PEARL(problem: PointEnvironment.problem(steps: steps), settings: settings, random: RandomStreams(seed: seed))
    try agent.finish()
    return agent
}

@Suite struct PEARLTests {
    @Test func afterAdaptingItSolvesBothDirectionsAndBeforeItCannot() throws {
        let agent = try trainedAgent(smallSettings(), steps: 2000)
        var adapted: [Double] = [], unadapted: [Double] = []
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 7)
            let environment = PointEnvironment(direction: direction)
            adapted.append(try PointEnvironment.play(
                agent.adapt(to: environment, episodes: 2, using: &random).policy, direction: direction))
            unadapted.append(try PointEnvironment.play(
                agent.adapt(to: environment, episodes: 0, using: &random).policy, direction: direction))
        }
        #expect(adapted.min()! > 12, "\(adapted) of 18 possible")
        #expect(unadapted.min()! < 4, "\(unadapted)")
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try trainedAgent(smallSettings(), steps: 160, seed: 1))
        let two = StateCoder.save(try trainedAgent(smallSettings(), steps: 160, seed: 2))
        let key = "networks/learner.actor.network.layers.0.weight"
        #expect(one[key] != nil && one[key] != two[key])
    }

    /// Slices: the initial steps of each task, then in each iteration two tasks collected from and two slices of updates.
    @Test(arguments: [1, 3, 5]) func resumeGivesTheSameBits(slices: Int) throws {
        var settings = smallSettings()
        settings.updatesPerIteration = 150
        let whole = try trainedAgent(settings, steps: 220)
        let problem = PointEnvironment.problem(steps: 220)
        let first = try PEARL(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        #expect(try !first.train(pauses: slices).isAtRoundEnd)
        #expect(first.gradientUpdates == (slices == 5 ? 128 : 0))
        let second = try PEARL(problem: problem, settings: settings, random: RandomStreams(seed: 99))
        try StateCoder.restore(StateCoder.save(first), second)
        try second.finish()
        let isSame = StateCoder.save(second) == StateCoder.save(whole)  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test(arguments: [333, 41, 61]) func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide(steps: Int) throws {
        let agent = try trainedAgent(smallSettings(), steps: steps)
        #expect(agent.environmentSteps == steps)
        let before = StateCoder.save(agent)
        #expect(try agent.finish().metrics.isEmpty)
        let isSame = StateCoder.save(agent) == before
        #expect(isSame)
    }

    /// Rows of a stored ring of the point: observation 2, action 1, reward 1, next observation 2, terminated 1.
    private func rows(_ agent: PEARL, _ key: String) throws -> [[Float]] {
        let values = try StateCoder.save(agent).floats(key)
        return stride(from: 0, to: values.count, by: 7).map { Array(values[$0..<$0 + 7]) }
    }

    @Test func extraStepsAreInTheReplayOnlyAndContextIsOfTheLatestCollection() throws {
        var settings = smallSettings()
        settings.posteriorSteps = 10
        settings.extraSteps = 15
        let agent = try PEARL(problem: PointEnvironment.problem(steps: 2000), settings: settings, random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 120)
        try agent.train(pauses: 2)
        for task in 0..<2 {
            let replay = try rows(agent, "task-\(task)/replay/rows"), context = try rows(agent, "task-\(task)/context/rows")
            #expect(replay.count == 60 + 45)
            #expect(context == Array(replay[60..<90]))
            // Episodes of 20 prior steps, 10 posterior steps, 15 extra ones: the clock begins anew at each.
            #expect([60, 80, 90].allSatisfy { replay[$0][1] == 0 })
        }
    }

    @Test func aSparseContextShowsRewardsOnlyAboveTheThresholdAndTheReplayAll() throws {
        var settings = smallSettings()
        settings.sparseContext = true
        settings.sparseThreshold = 0.3
        settings.sparseOffset = 2
        let agent = try PEARL(problem: PointEnvironment.problem(steps: 2000), settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 1)
        let replay = try rows(agent, "task-0/replay/rows"), context = try rows(agent, "task-0/context/rows")
        #expect(context.map { $0[3] } == replay.map { $0[3] < 0.3 ? 0 : $0[3] + 2 })
        #expect(context.contains { $0[3] == 0 } && context.contains { $0[3] > 2 })
        #expect(replay.contains { $0[3] < 0 })
    }

    @Test func adaptingChangesNothingInTheAgentAndItsPolicyDoesNotChangeWhenTrainingGoesOn() throws {
        let agent = try PEARL(problem: PointEnvironment.problem(steps: 600), settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 300)
        let before = StateCoder.save(agent)
        var random = RandomStream(seed: 5)
        let adaptation = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 2, using: &random)
        #expect(adaptation.episodeReturns.count == 2 && adaptation.steps == 40)
        let isSame = StateCoder.save(agent) == before
        #expect(isSame)
        func action() -> Float {
            var action: [Float] = [0]
            adaptation.policy.act([0.3, 0.2], into: &action)
            return action[0]
        }
        let first = action()
        try agent.train(untilSteps: 600)
        #expect(action() == first)
    }

    @Test func unstableStepsAreLeftOutAndAnAgentThatMeetsOnlyThemGoesOn() throws {
        let problem = ScriptedEnvironment.problem([(3, .terminated), (2, .unstable), (4, .truncated)], steps: 120)
        let agent = try PEARL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 120)
        // 60 steps: six times the script of 9 steps, of which one is unstable, then 3, 2 and 1 steps.
        #expect(try rows(agent, "task-1/replay/rows").count == 6 * 8 + 3 + 1 + 1)
        #expect(agent.unstableEpisodes == 14)
        let unstable = try PEARL(
            problem: ScriptedEnvironment.problem([(1, .unstable)], steps: 300), settings: smallSettings(), random: RandomStreams(seed: 1))
        try unstable.finish()
        #expect(unstable.unstableEpisodes == 300 && unstable.gradientUpdates == 0)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let agent = try trainedAgent(smallSettings(), steps: 200), state = StateCoder.save(agent)
        func expectRefused(_ key: String, _ change: (inout StateDictionary) -> Void) {
            var broken = state
            change(&broken)
            #expect(performing: { try StateCoder.restore(broken, agent) }, throws: { "\($0)".contains(key) })
        }
        expectRefused("schedule/collecting") { $0.store([0, 2], at: "schedule/collecting") }
        expectRefused("schedule/updatesLeft") { $0.store(81, at: "schedule/updatesLeft") }
        expectRefused("environmentSteps") { $0.store(1000, at: "task-1/environmentSteps") }
        expectRefused("learner/targetValue") { $0["learner/targetValue.layers.0.weight"] = nil }
        try StateCoder.restore(state, agent)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        let problem = PointEnvironment.problem(steps: 1000, rewardFactor: .nan)
        let agent = try PEARL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        #expect(throws: TrainingError.self) { try agent.train(untilSteps: 1000) }
    }

    @Test func impossibleSettingsNameTheirKey() {
        func expectRefused(_ key: String, _ change: (inout PEARLSettings) -> Void) {
            var settings = smallSettings()
            change(&settings)
            #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("'\(key)'") })
        }
        expectRefused("batchSize") { $0.batchSize = 0 }
        expectRefused("hidden") { $0.hidden = [] }
        expectRefused("discount") { $0.discount = 1 }
        expectRefused("latentSize") { $0.latentSize = .max }
        expectRefused("extraSteps") { $0.extraSteps = -1 }
        expectRefused("latentWeight") { $0.latentWeight = .nan }
        expectRefused("targetRate") { $0.targetRate = 0 }
    }
}
