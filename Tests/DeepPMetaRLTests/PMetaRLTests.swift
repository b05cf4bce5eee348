import Agents
import Core
import DeepPMetaRL
import TestEnvironments
import Testing

func smallSettings() -> PMetaRLSettings {
    var settings = PMetaRLSettings()
    settings.actorHidden = [32]
    settings.criticHidden = [32]
    settings.encoderHidden = [16]
    settings.batchSize = 32
    settings.contextBatch = 20
    settings.initialSteps = 60
    settings.replayCapacity = 2000
    return settings
}

private func trainedAgent(_ settings: PMetaRLSettings, steps: Int, threads: Int = 1, seed: UInt64 = 1) throws -> PMetaRL {
    let problem = PointEnvironment.problem(steps: steps, threads: threads)
    let agent = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: seed))
    try agent.train(untilSteps: steps)
    return agent
}

/// The personalized policy of a training task.
func personalizedPolicy(_ agent: PMetaRL, task: Int) throws -> any Policy {
    let personal = try #require(agent.policies.first { $0.name == AgentPolicy.personalName })
    guard case .ready(let make) = personal.origin else { throw StateError.missing("a personalized policy") }
    return try #require(try make(task).first)
}

@Suite struct PMetaRLTests {
    @Test func personalizedPoliciesSolveConflictingTasks() throws {
        let agent = try trainedAgent(smallSettings(), steps: 3000)
        for (task, direction) in [1.0, -1.0].enumerated() {
            let policy = try personalizedPolicy(agent, task: task)
            let result = try PointEnvironment.play(policy, direction: direction)
            #expect(result > 14, "task \(task) returned \(result) of 18 possible")
        }
    }

    @Test func theMetaPolicyAdaptsToBothDirections() throws {
        let agent = try trainedAgent(smallSettings(), steps: 4000)
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 7)
            let adapted = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 2, using: &random)
            let result = try PointEnvironment.play(adapted.policy, direction: direction)
            #expect(result > 12, "direction \(direction) returned \(result) of 18 possible")
        }
    }

    @Test func plainSoftActorCriticPerTaskSolvesThemToo() throws {
        var settings = smallSettings()
        settings.sharing = false
        let agent = try trainedAgent(settings, steps: 3000)
        for (task, direction) in [1.0, -1.0].enumerated() {
            let policy = try personalizedPolicy(agent, task: task)
            #expect(try PointEnvironment.play(policy, direction: direction) > 14)
        }
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        let one = StateCoder.save(try trainedAgent(smallSettings(), steps: 600, threads: 1))
        let two = StateCoder.save(try trainedAgent(smallSettings(), steps: 600, threads: 2))
        let isSame = one == two  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try trainedAgent(smallSettings(), steps: 200, seed: 1))
        let two = StateCoder.save(try trainedAgent(smallSettings(), steps: 200, seed: 2))
        #expect(one["networks/meta.actor.network.layers.0.weight"] != two["networks/meta.actor.network.layers.0.weight"])
    }

    @Test(arguments: [1, 5, 7, 9]) func restoringInTheMiddleOfARoundGivesTheSameBits(slices: Int) throws {
        let problem = PointEnvironment.problem(steps: 700)
        var settings = smallSettings()
        settings.latentBudget = 3
        settings.contextEpisodes = 2
        let whole = try trainedAgent(settings, steps: 700)
        let first = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try first.train(pauses: slices)
        let second = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 99))
        try StateCoder.restore(StateCoder.save(first), second)
        try second.train(untilSteps: 700)
        let isSame = StateCoder.save(second) == StateCoder.save(whole)  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide() throws {
        #expect(try trainedAgent(smallSettings(), steps: 333).environmentSteps == 333)
    }

    @Test func adaptingChangesNothingInTheAgent() throws {
        let agent = try trainedAgent(smallSettings(), steps: 400)
        let before = StateCoder.save(agent)
        var random = RandomStream(seed: 5)
        let adaptation = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 2, using: &random)
        #expect(adaptation.episodeReturns.count == 2)
        #expect(adaptation.steps == 40)
        let isSame = StateCoder.save(agent) == before  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func policiesDoNotChangeWhenTrainingGoesOn() throws {
        let agent = try PMetaRL(
            problem: PointEnvironment.problem(steps: 600), settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 300)
        var random = RandomStream(seed: 5)
        let adapted = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 1, using: &random).policy
        let personal = try personalizedPolicy(agent, task: 0)
        func actions() -> [Float] {
            [adapted, personal].map { policy in
                var action: [Float] = [0]
                policy.act([0.3, 0.2], into: &action)
                return action[0]
            }
        }
        let before = actions()
        try agent.train(untilSteps: 600)
        #expect(actions() == before)
    }

    @Test func aFinishedAgentTrainsNoFurther() throws {
        let agent = try trainedAgent(smallSettings(), steps: 400)
        let before = StateCoder.save(agent)
        #expect(try agent.finish().metrics.isEmpty)
        let isSame = StateCoder.save(agent) == before  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        let agent = try trainedAgent(smallSettings(), steps: 200), state = StateCoder.save(agent)
        func expectRefused(_ key: String, _ change: (inout StateDictionary) -> Void) {
            var broken = state
            change(&broken)
            #expect(performing: { try StateCoder.restore(broken, agent) }, throws: { "\($0)".contains(key) })
        }
        expectRefused("task-0/latent") { $0.store([1, 2, 3] as [Float], at: "task-0/latent") }
        expectRefused("task-1/environmentSteps") { $0.store(101, at: "task-1/environmentSteps") }
        expectRefused("updatesInRound") { $0.store(50, at: "updatesInRound") }
        expectRefused("task-1/replay/next") { $0.store(7, at: "task-1/replay/next") }
        expectRefused("task-0/targets.first.layers.0.weight") { $0["task-0/targets.first.layers.0.weight"] = nil }
        try StateCoder.restore(state, agent)
    }

    @Test func theMetaNetworksAreTheMeanOfTheAuxiliaryOnesAfterARound() throws {
        let agent = try trainedAgent(smallSettings(), steps: 1000)
        let state = StateCoder.save(agent)
        let name = "actor.network.layers.0.weight"
        let meta = try state.floats("networks/meta.\(name)")
        let first = try state.floats("task-0/auxiliary.\(name)"), second = try state.floats("task-1/auxiliary.\(name)")
        for i in meta.indices { #expect(abs(meta[i] - (first[i] + second[i]) / 2) < 1e-6) }
        #expect(first != second)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        let problem = PointEnvironment.problem(steps: 1000, rewardFactor: .nan)
        let agent = try PMetaRL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        #expect(throws: TrainingError.self) { try agent.train(untilSteps: 1000) }
    }

    @Test func impossibleSettingsNameTheirKey() {
        var settings = smallSettings()
        settings.batchSize = 0
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("batchSize") })
        settings = smallSettings()
        settings.discount = 1.5
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("discount") })
        settings = smallSettings()
        settings.proximalWeight = 5000
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("proximalWeight") })
        settings = smallSettings()
        (settings.contextEpisodes, settings.personalizedEpisodes) = (Int.max, Int.max)
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("contextEpisodes") })
        settings = smallSettings()
        settings.latentBudget = -1
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("latentBudget") })
        settings = smallSettings()
        settings.latentSize = Int.max
        #expect(performing: { try settings.validate() }, throws: { "\($0)".contains("latentSize") })
    }

    @Test func aProblemWithoutTasksIsAnError() {
        var problem = PointEnvironment.problem(steps: 100)
        problem.trainTasks = []
        #expect(throws: SettingError.self) {
            try PMetaRL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        }
    }
}
