import Agents
import Core
import DQN
import Environments
import TestEnvironments
import Testing

private func smallSettings() -> DQNSettings {
    var settings = DQNSettings()
    settings.hidden = [32]
    settings.batchSize = 32
    settings.iterationsPerRound = 100
    settings.targetInterval = 20
    settings.copies = 4
    settings.initialSteps = 30
    settings.replayCapacity = 5000
    return settings
}

private func trained<A: Agent>(_ type: A.Type, _ settings: DQNSettings = smallSettings(), rounds: Int, threads: Int = 1) throws -> A
where A.Settings == DQNSettings {
    let agent = try A(problem: ChoiceEnvironment.problem(rounds: rounds, threads: threads), settings: settings, random: RandomStreams(seed: 1))
    try agent.finish()
    return agent
}

/// Mean returns of the policies that an agent has for a task, on that task.
private func returns(_ agent: any Agent, _ name: String, task: Int) throws -> [Double] {
    let policy = try #require(agent.policies.first { $0.name == name })
    guard case .ready(let make) = policy.origin else { throw StateError.missing("a policy of its own") }
    return try make(task).map { try ChoiceEnvironment.play($0, task: task) }
}

/// On two tasks that contradict each other: the best return is 10 in each, the other task's best policy has -10.
@Suite struct DQNTests {
    @Test func perTaskSolvesBothAndItsPoliciesFailOnTheOther() throws {
        let agent = try trained(DQNPerTask.self, rounds: 3)
        for task in 0..<2 {
            #expect(try returns(agent, "personal", task: task) == [10])
            #expect(try returns(agent, "cross", task: task).sorted() == [-10, 10])
            #expect(try returns(agent, "cross-others", task: task) == [-10])
        }
        #expect(agent.policies.map(\.name) == ["personal", "cross", "cross-others"])
        #expect(agent.progress.environmentSteps == 2 * (32 + 3 * 100 * 4) && agent.gradientUpdates == 2 * 300)
    }

    /// Nothing is shared: beside another task, a task learns the same bits as alone.
    @Test func aTaskLearnsTheSameWithAndWithoutTheOther() throws {
        var problem = ChoiceEnvironment.problem(rounds: 2)
        problem.trainTasks.removeLast()
        let alone = try DQNPerTask(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
        try alone.finish()
        let beside = StateCoder.save(try trained(DQNPerTask.self, rounds: 2)), own = StateCoder.save(alone)
        for key in own.entries.keys where key.contains("task-0") { #expect(own[key] == beside[key], "\(key)") }
    }

    @Test func threadsChangeNoBit() throws {
        for (one, two) in [
            (StateCoder.save(try trained(DQNPerTask.self, rounds: 1)), StateCoder.save(try trained(DQNPerTask.self, rounds: 1, threads: 2))),
            (StateCoder.save(try trained(DQNAveraging.self, rounds: 2)), StateCoder.save(try trained(DQNAveraging.self, rounds: 2, threads: 2))),
        ] { #expect(one == two) }
    }

    @Test func averagingTakesTheMeanOfAllTasksAndBeginsRoundsFromIt() throws {
        let agent = try trained(DQNAveraging.self, rounds: 1), state = StateCoder.save(agent), layer = "layers.1.weight"
        let own = try (0..<2).map { try state.floats("networks/task-\($0).learner.network.\(layer)") }
        let average = try state.floats("networks/averaged.\(layer)")
        for i in average.indices { #expect(abs(average[i] - (own[0][i] + own[1][i]) / 2) < 1e-6) }
        #expect(own[0] != own[1])
        #expect(try (0..<2).map { try returns(agent, "local", task: $0) } == [[10], [10]])
        var next = smallSettings()
        next.iterationsPerRound = 100
        next.learningRate = 1e-20
        let resumed = try DQNAveraging(problem: ChoiceEnvironment.problem(rounds: 2), settings: next, random: RandomStreams(seed: 1))
        try StateCoder.restore(state, resumed)
        try resumed.finish()
        let after = StateCoder.save(resumed)
        for task in 0..<2 { #expect(try after.floats("networks/task-\(task).learner.network.\(layer)") == average) }
    }

    /// One network can't solve both: whatever it does, the returns of the two tasks add up to 0.
    @Test func oneNetworkLearnsFromAllTasks() throws {
        let agent = try trained(DQN.self, rounds: 1)
        #expect(try returns(agent, "joint", task: 0)[0] + returns(agent, "joint", task: 1)[0] == 0)
        #expect(agent.gradientUpdates == 200 && agent.progress.environmentSteps == 2 * (32 + 100 * 4))
        let rows = try StateCoder.save(agent).floats("learner/replay/rows")
        #expect(rows.count == (2 * 2 + 3) * (agent.progress.environmentSteps - 2 * 4 * 2), "all but those of unfinished windows")
    }

    @Test func spacesThatDoNotFitAreRefusedByName() {
        var problem = ChoiceEnvironment.problem(rounds: 1)
        problem.environment.masksActions = true
        #expect(performing: { try DQN(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1)) }, throws: {
            $0 is UnsupportedSpace && "\($0)".contains("dqn needs actions that exist in every state")
        })
        problem.environment.action = .box(size: 1, low: -1, high: 1)
        #expect(throws: UnsupportedSpace.self) { try DQNPerTask(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1)) }
        #expect(throws: UnsupportedSpace.self) { try DQNAveraging(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1)) }
    }

    @Test func policiesTellTheValuesOfTheirActions() throws {
        let agent = try trained(DQNPerTask.self, rounds: 3)
        guard case .ready(let make) = agent.policies[0].origin else { throw StateError.missing("a policy of its own") }
        for task in 0..<2 {
            let policy = try #require(try make(task).first as? any ActionValuePolicy)
            let values = policy.values([1, 0])
            #expect(values.count == 2 && (values[1] > values[0]) == (task == 0))
        }
    }

    @Test func wrongSettingsNameTheirKey() {
        func key(_ change: (inout DQNSettings) -> Void) -> String? {
            var settings = smallSettings()
            change(&settings)
            do { try settings.validate() } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { _ in } == nil)
        #expect(key { $0.returnSteps = 0 } == "returnSteps")
        #expect(key { $0.epsilonEnd = 1.5 } == "epsilonEnd")
        #expect(key { $0.priorityExponent = -0.1 } == "priorityExponent")
        #expect(key { $0.meanHold = 0.5 } == "meanHold")
        #expect(key { $0.targetInterval = 0 } == "targetInterval")
        #expect(key { $0.replayCapacity = 0 } == "replayCapacity")
    }
}
