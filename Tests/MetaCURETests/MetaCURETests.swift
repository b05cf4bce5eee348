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

private func trainedAgent(_ settings: MetaCURESettings, steps: Int, seed: UInt64 = 1) throws -> MetaCURE {
    let agent = try MetaCURE(problem: PointEnvironment.problem(steps: steps), settings: settings, random: RandomStreams(seed: seed))
    try agent.finish()
    return agent
}

@Suite struct MetaCURETests {
    @Test func afterExploringItSolvesBothDirectionsAndBeforeItCannot() throws {
        let agent = try trainedAgent(smallSettings(), steps: 1800)
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
        let key = "networks/exploration.actor.network.layers.0.weight"
        #expect(one[key] != nil && one[key] != two[key])
    }

    /// Slices: the initial steps of each task, then in each iteration two tasks collected from and two slices of updates.
    @Test(arguments: [1, 3, 5]) func resumeGivesTheSameBits(slices: Int) throws {
        let whole = try trainedAgent(smallSettings(), steps: 300)
        let problem = PointEnvironment.problem(steps: 300)
        let first = try MetaCURE(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        #expect(try !first.train(pauses: slices).isAtRoundEnd)
        #expect(first.gradientUpdates == (slices == 5 ? 64 : 0))
        let second = try MetaCURE(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 99))
        try StateCoder.restore(StateCoder.save(first), second)
        try second.finish()
        let isSame = StateCoder.save(second) == StateCoder.save(whole)  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test(arguments: [233, 41, 61]) func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide(steps: Int) throws {
        let agent = try trainedAgent(smallSettings(), steps: steps)
        #expect(agent.environmentSteps == steps)
        let before = StateCoder.save(agent)
        #expect(try agent.finish().metrics.isEmpty)
        let isSame = StateCoder.save(agent) == before
        #expect(isSame)
    }

    /// Rows of a stored ring of the point: observation 2, action 1, reward 1, next observation 2, terminated 1.
    private func rows(_ agent: MetaCURE, _ key: String) throws -> [[Float]] {
        let values = try StateCoder.save(agent).floats(key)
        return stride(from: 0, to: values.count, by: 7).map { Array(values[$0..<$0 + 7]) }
    }

    @Test func theContextIsEveryFourthTransitionOfTheLatestExplorations() throws {
        var settings = smallSettings()
        settings.explorationsKept = 2
        let agent = try MetaCURE(problem: PointEnvironment.problem(steps: 2000), settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 4)
        for task in 0..<2 {
            let replay = try rows(agent, "task-\(task)/replay/rows"), context = try rows(agent, "task-\(task)/context/rows")
            #expect(replay.count == 60 + 40 + 20)
            // The first ten of the initial steps' fifteen, and the next exploration's ten.
            #expect(context == (Array(stride(from: 0, to: 40, by: 4)) + Array(stride(from: 60, to: 100, by: 4))).map { replay[$0] })
        }
        try agent.train(untilSteps: 360)
        for task in 0..<2 {
            let replay = try rows(agent, "task-\(task)/replay/rows"), context = try rows(agent, "task-\(task)/context/rows")
            #expect(context == (Array(stride(from: 120, to: 160, by: 4)) + Array(stride(from: 60, to: 100, by: 4))).map { replay[$0] })
        }
    }

    @Test func adaptingChangesNothingInTheAgentAndItsPolicyDoesNotChangeWhenTrainingGoesOn() throws {
        let agent = try MetaCURE(problem: PointEnvironment.problem(steps: 600), settings: smallSettings(), random: RandomStreams(seed: 1))
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

    @Test func anAgentThatMeetsOnlyUnstablePhysicsGoesOn() throws {
        let agent = try MetaCURE(
            problem: ScriptedEnvironment.problem([(1, .unstable)], steps: 300), settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.unstableEpisodes == 300 && agent.gradientUpdates == 0)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let agent = try trainedAgent(smallSettings(), steps: 200), state = StateCoder.save(agent)
        func expectRefused(_ key: String, _ change: (inout StateDictionary) -> Void) {
            var broken = state
            change(&broken)
            #expect(performing: { try StateCoder.restore(broken, agent) }, throws: { "\($0)".contains(key) })
        }
        expectRefused("schedule/collecting") { $0.store([0, 2], at: "schedule/collecting") }
        expectRefused("environmentSteps") { $0.store(1000, at: "task-1/environmentSteps") }
        expectRefused("predictor-1") { $0["networks/predictor-1.reward.layers.0.weight"] = nil }
        try StateCoder.restore(state, agent)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        let problem = PointEnvironment.problem(steps: 1000, rewardFactor: .nan)
        let agent = try MetaCURE(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        #expect(throws: TrainingError.self) { try agent.train(untilSteps: 1000) }
    }

    @Test func impossibleSettingsNameTheirKey() {
        func expectRefused(_ key: String, _ change: (inout MetaCURESettings) -> Void) {
            var settings = smallSettings()
            change(&settings)
            #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("'\(key)'") })
        }
        expectRefused("contextInterval") { $0.contextInterval = 0 }
        expectRefused("contextLength") { $0.contextLength = 11 }
        expectRefused("predictorHidden") { $0.predictorHidden = [0] }
        expectRefused("recurrentSize") { $0.recurrentSize = .max }
        expectRefused("intrinsicWeight") { $0.intrinsicWeight = -1 }
        expectRefused("discount") { $0.discount = 1 }
    }
}
