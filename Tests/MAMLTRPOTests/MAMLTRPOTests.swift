import Agents
import Core
import MAMLTRPO
import TestEnvironments
import Testing

private func smallSettings() -> MAMLTRPOSettings {
    var settings = MAMLTRPOSettings()
    settings.hidden = [16]
    settings.actionScale = 1
    settings.initialLogStd = -0.5
    settings.metaBatch = 2
    settings.taskSampling = .balanced
    settings.trajectories = 10
    settings.innerStepSize = 0.05
    settings.maxKL = 0.05
    settings.adaptationTrajectories = 10
    return settings
}

private func trainedAgent(_ settings: MAMLTRPOSettings, steps: Int, threads: Int = 1, seed: UInt64 = 1) throws -> MAMLTRPO {
    let problem = PointEnvironment.problem(steps: steps, threads: threads)
    let agent = try MAMLTRPO(problem: problem, settings: settings, random: RandomStreams(seed: seed))
    try agent.train(untilSteps: steps)
    return agent
}

/// Sums over both directions: mean return of the episodes before any adaptation, and return of the adapted mean; and the smaller of
/// the latter.
private func adapt(_ agent: MAMLTRPO) throws -> (before: Double, after: Double, worse: Double) {
    var before = 0.0, after: [Double] = []
    for direction in [1.0, -1.0] {
        var random = RandomStream(seed: 7)
        let adaptation = try agent.adapt(to: PointEnvironment(direction: direction), episodes: 2, using: &random)
        before += adaptation.episodeReturns.prefix(10).reduce(0, +) / 10
        after.append(try PointEnvironment.play(adaptation.policy, direction: direction))
    }
    return (before, after[0] + after[1], min(after[0], after[1]))
}

@Suite struct MAMLTRPOTests {
    /// Without adapting no policy is good at both; without meta-training a gradient step is too small to matter.
    @Test(arguments: [1, 2]) func smallGradientStepsSolveConflictingTasksAfterMetaTraining(innerSteps: Int) throws {
        var settings = smallSettings()
        settings.innerSteps = innerSteps
        let untrained = try adapt(trainedAgent(settings, steps: 10))
        let trained = try adapt(trainedAgent(settings, steps: 20_000 * (innerSteps + 1)))
        #expect(untrained.worse < 4 && trained.worse > 6, "\(untrained) -> \(trained)")
        #expect(trained.before < 3)
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        let one = StateCoder.save(try trainedAgent(smallSettings(), steps: 4000, threads: 1))
        let two = StateCoder.save(try trainedAgent(smallSettings(), steps: 4000, threads: 2))
        let isSame = one == two  // not inside #expect, which would print both states
        #expect(isSame)
    }

    /// A slice collects on 16 tasks at the most, so that an iteration of 20 has slices in its middle.
    @Test(arguments: [1, 2, 3, 5]) func restoringInTheMiddleOfAnIterationGivesTheSameBits(slices: Int) throws {
        var settings = smallSettings()
        settings.trajectories = 2
        settings.metaBatch = 20
        let problem = PointEnvironment.problem(steps: 3200)
        let whole = try trainedAgent(settings, steps: 3200)
        let first = try MAMLTRPO(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        #expect(try !first.train(pauses: slices).isAtRoundEnd)
        let second = try MAMLTRPO(problem: problem, settings: settings, random: RandomStreams(seed: 99))
        try StateCoder.restore(StateCoder.save(first), second)
        try second.train(untilSteps: 3200)
        let isSame = StateCoder.save(second) == StateCoder.save(whole)  // not inside #expect, which would print both states
        #expect(isSame)
        #expect(whole.gradientUpdates == 2)
    }

    @Test(arguments: [1, 3, 79, 333, 2005]) func theStepBudgetIsMetExactly(steps: Int) throws {
        let agent = try trainedAgent(smallSettings(), steps: steps)
        #expect(agent.environmentSteps == steps)
        let before = StateCoder.save(agent)
        #expect(try agent.finish().metrics.isEmpty)
        let isSame = StateCoder.save(agent) == before  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func adaptingChangesNothingInTheAgentAndTakesItsOwnEpisodes() throws {
        let agent = try trainedAgent(smallSettings(), steps: 800)
        let before = StateCoder.save(agent)
        var random = RandomStream(seed: 5)
        let adaptation = try agent.adapt(to: PointEnvironment(direction: 1), episodes: 2, using: &random)
        #expect(adaptation.episodeReturns.count == 10)
        #expect(adaptation.steps == 200)
        let isSame = StateCoder.save(agent) == before  // not inside #expect, which would print both states
        #expect(isSame)
    }

    @Test func unstableEpisodesAreCountedAndTrainedThrough() throws {
        let problem = ScriptedEnvironment.problem([(2, .unstable), (1, .terminated), (10, .truncated)], steps: 900)
        let agent = try MAMLTRPO(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.train(untilSteps: 900)
        #expect(agent.unstableEpisodes > 50)
        var random = RandomStream(seed: 5)
        let adaptation = try agent.adapt(to: ScriptedEnvironment([(1, .unstable), (3, .terminated)]), episodes: 2, using: &random)
        #expect(adaptation.steps == 20 && adaptation.episodeReturns.count == 10)
    }

    @Test func balancedDrawsMeetEveryTaskEquallyOftenAndOthersDoNot() throws {
        var settings = smallSettings()
        settings.trajectories = 1
        settings.metaBatch = 20
        func drawn(_ sampling: TaskSampling) throws -> Set<Int> {
            settings.taskSampling = sampling
            let agent = try MAMLTRPO(
                problem: PointEnvironment.problem(steps: 8000), settings: settings, random: RandomStreams(seed: 1))
            var counts: Set<Int> = []
            while agent.environmentSteps < 8000 {
                try agent.train(pauses: 1)
                let tasks = try StateCoder.save(agent).integers("rollouts/tasks")
                if !tasks.isEmpty { counts.insert(tasks.filter { $0 == 0 }.count) }
            }
            return counts
        }
        #expect(try drawn(.balanced) == [10])
        #expect(try drawn(.replacement).count > 2)
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        var settings = smallSettings()
        settings.trajectories = 1
        settings.metaBatch = 20
        let problem = PointEnvironment.problem(steps: 80_000)
        let agent = try MAMLTRPO(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 1)
        let state = StateCoder.save(agent)
        func expectRefused(_ key: String, _ change: (inout StateDictionary) -> Void) {
            var broken = state
            change(&broken)
            #expect(performing: { try StateCoder.restore(broken, agent) }, throws: { "\($0)".contains(key) })
        }
        expectRefused("rollouts/next") { $0.store(5000, at: "rollouts/next") }
        expectRefused("rollouts/tasks") { $0.store(Array(repeating: 2, count: 20), at: "rollouts/tasks") }
        expectRefused("rollouts/stage-0/slot-16") { $0.store(17, at: "rollouts/next") }
        expectRefused("rollouts/stage-0/slot-0/actions") { $0.store([1, 2] as [Float], at: "rollouts/stage-0/slot-0/actions") }
        expectRefused("networks/policy.logStd") { $0["networks/policy.logStd"] = nil }
        expectRefused("gradientUpdates") { $0.store(-1, at: "gradientUpdates") }
        try StateCoder.restore(state, agent)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        let problem = PointEnvironment.problem(steps: 2000, rewardFactor: .nan)
        let agent = try MAMLTRPO(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        #expect(throws: TrainingError.self) { try agent.train(untilSteps: 2000) }
    }

    @Test(arguments: [
        ("metaBatch", { $0.metaBatch = 0 }), ("hidden", { $0.hidden = [] }), ("innerSteps", { $0.innerSteps = -1 }),
        ("innerStepSize", { $0.innerStepSize = .nan }), ("discount", { $0.discount = 1.5 }), ("maxKL", { $0.maxKL = 0 }),
        ("backtrackRatio", { $0.backtrackRatio = 1 }), ("trajectories", { $0.trajectories = Int.max }),
        ("adaptationTrajectories", { $0.adaptationTrajectories = 0 }), ("initialLogStd", { $0.initialLogStd = .infinity }),
    ] as [(String, @Sendable (inout MAMLTRPOSettings) -> Void)])
    func impossibleSettingsNameTheirKey(key: String, change: @Sendable (inout MAMLTRPOSettings) -> Void) {
        var settings = smallSettings()
        change(&settings)
        #expect(performing: { try settings.validate() }, throws: { ($0 as? SettingError)?.key == key })
    }

    @Test func aProblemWithoutTasksIsAnError() {
        var problem = PointEnvironment.problem(steps: 100)
        problem.trainTasks = []
        #expect(throws: SettingError.self) {
            try MAMLTRPO(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        }
    }
}
