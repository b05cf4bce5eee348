import Agents
import Core
import Environments
import SACPerTask
import TestEnvironments
import Testing

func smallSettings() -> SACPerTaskSettings {
    var settings = SACPerTaskSettings()
    settings.actorHidden = [32]
    settings.criticHidden = [32]
    settings.batchSize = 32
    settings.initialSteps = 60
    settings.replayCapacity = 2000
    return settings
}

/// The policy of a training task.
private func policy(_ agent: SACPerTask, task: Int) throws -> any Policy {
    let personal = try #require(agent.policies.first)
    guard case .ready(let make) = personal.origin else { throw StateError.missing("a policy of its own") }
    return try #require(try make(task).first)
}

@Suite struct SACPerTaskTests {
    @Test func conflictingTasksAreBothSolved() throws {
        let agent = try SACPerTask.trained(smallSettings(), steps: 3000)
        for (task, direction) in [1.0, -1.0].enumerated() {
            let result = try PointEnvironment.play(policy(agent, task: task), direction: direction)
            #expect(result > 14, "task \(task) returned \(result) of 18 possible")
        }
    }

    @Test func itYieldsAPolicyForTrainingTasksOnly() throws {
        let agent = try SACPerTask.trained(smallSettings(), steps: 200)
        #expect(agent.policies.map(\.name) == [AgentPolicy.personalName])
        #expect(agent.policies.allSatisfy { $0.tasks == .training })
    }

    /// Nothing is shared: beside another task, a task learns the same bits as alone.
    @Test func aTaskLearnsTheSameWithAndWithoutTheOther() throws {
        var problem = PointEnvironment.problem(steps: 300)
        problem.trainTasks.removeLast()
        let alone = try SACPerTask(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        try alone.finish()
        let beside = StateCoder.save(try SACPerTask.trained(smallSettings(), steps: 600)), own = StateCoder.save(alone)
        for key in own.entries.keys where key.contains("task-0") { #expect(own[key] == beside[key], "\(key)") }
        let untrained = StateCoder.save(try SACPerTask.onPoint(smallSettings(), steps: 600)), weight = ".actor.network.layers.0.weight"
        #expect(untrained["networks/task-0" + weight] != untrained["networks/task-1" + weight], "both tasks start with the same network")
    }

    @Test func targetCriticsFollowAndEveryNetworkLearns() throws {
        let agent = try SACPerTask.onPoint(smallSettings(), steps: 1000)
        try agent.train(untilSteps: 120)
        let before = StateCoder.save(agent)
        var settings = smallSettings()
        settings.updatesPerRound = 1
        let next = try SACPerTask.onPoint(settings, steps: 1000)
        try StateCoder.restore(before, next)
        try next.train(pauses: 1)
        #expect(next.gradientUpdates == 2)
        let after = StateCoder.save(next), layer = "first.layers.0.weight"
        let targets = try before.floats("task-1/targets.\(layer)"), critics = try after.floats("networks/task-1.critics.\(layer)")
        let moved = try after.floats("task-1/targets.\(layer)")
        for i in targets.indices { #expect(abs(moved[i] - (targets[i] + 0.005 * (critics[i] - targets[i]))) < 1e-6) }
        for key in ["actor.network.layers.0.weight", "critics.first.layers.0.weight", "critics.second.layers.1.bias"] {
            #expect(before["networks/task-1.\(key)"] != after["networks/task-1.\(key)"], "\(key)")
        }
        #expect(try before.floats("task-1/entropy/value") != after.floats("task-1/entropy/value"))
    }

    @Test func replayMarksTerminationOnlyAndLeavesUnstableStepsOut() throws {
        var settings = smallSettings()
        settings.initialSteps = 30
        let agent = try SACPerTask(
            problem: ScriptedEnvironment.problem([(3, .terminated), (2, .unstable), (4, .truncated)], steps: 1000), settings: settings,
            random: RandomStreams(seed: 1))
        try agent.train(pauses: 1)
        #expect(agent.environmentSteps == 60 && agent.unstableEpisodes == 6)
        // Three times the script, of whose 9 steps one is unstable, and three steps more.
        let stored = try agent.transitions(at: "task-1/replay/rows")
        #expect(stored.count == 3 * 8 + 3)
        #expect(stored.filter { $0[6] == 1 }.count == 4)
        #expect(stored.allSatisfy { $0[4] == $0[0] && $0[5] == $0[1] + 1 }, "a transition across a reset")
    }

    @Test func anAgentThatOnlyMeetsUnstablePhysicsGoesOn() throws {
        let agent = try SACPerTask(
            problem: ScriptedEnvironment.problem([(1, .unstable)], steps: 300), settings: smallSettings(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.unstableEpisodes == 300 && agent.gradientUpdates == 0)
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try SACPerTask.expectSameBitsWithTwoThreads(smallSettings(), steps: 600)
    }

    @Test(arguments: [1, 5, 7]) func restoringInTheMiddleOfARoundGivesTheSameBits(pauses: Int) throws {
        try SACPerTask.expectSameBitsAfterResuming(smallSettings(), steps: 700, pauses: pauses, withinRound: false)
    }

    @Test func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide() throws {
        try SACPerTask.trained(smallSettings(), steps: 333).expectFinished(steps: 333)
    }

    /// Every round has `updatesPerRound` updates of each task; the last one has what is left. The end of the initial steps comes before.
    @Test func roundsEndAfterTheirUpdates() throws {
        let agent = try SACPerTask.onPoint(smallSettings(), steps: 500)
        var updates: [Int] = []
        try agent.train(with: TestSession { session in
            if session.isAtRoundEnd { updates.append(agent.gradientUpdates) }
            return false
        })
        #expect(updates == [0, 100, 200, 300, 380] && agent.progress.rounds == 4)
    }

    @Test func aPolicyDoesNotChangeWhenTrainingGoesOn() throws {
        let agent = try SACPerTask.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        let kept = try policy(agent, task: 0)
        func action(_ policy: any Policy) throws -> Float {
            var action: [Float] = [0]
            try policy.act([0.3, 0.2], into: &action)
            return action[0]
        }
        let before = try action(kept)
        try agent.finish()
        #expect(try action(kept) == before)
        #expect(try action(policy(agent, task: 0)) != before)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try SACPerTask.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 1000)
        SACPerTask.expectNoTasksIsAnError(smallSettings())
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try SACPerTask.trained(smallSettings(), steps: 200).expectRefused([
            ("task-1/environmentSteps", { $0.store(102, at: "task-1/environmentSteps") }),
            ("updatesInRound", { $0.store(50, at: "updatesInRound") }),
            ("task-0/targets.first.layers.0.weight", { $0["task-0/targets.first.layers.0.weight"] = nil }),
        ])
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([
            ("batchSize", { $0.batchSize = 0 }), ("discount", { $0.discount = 1.5 }), ("actorHidden", { $0.actorHidden = [] }),
            ("actorLearningRate", { $0.actorLearningRate = 0 }), ("updatesPerRound", { $0.updatesPerRound = 0 }),
            ("stepsPerUpdate", { $0.stepsPerUpdate = 0 }), ("initialSteps", { $0.initialSteps = 0 }),
        ])
    }
}
