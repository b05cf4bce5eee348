import Agents
import Core
import Environments
import Foundation
import GFlowNet
import Grids
import Learning
import TestEnvironments
import Testing

/// Two small grids whose rewards differ.
func gridProblem(
    trajectories: Int, tasks: [Double] = [0.05, 1], threads: Int = 1, size: Int = 5, change: (inout HyperGridSettings) -> Void = { _ in }
) throws -> Problem {
    var settings = HyperGridSettings()
    settings.size = size
    change(&settings)
    let family = try HyperGrid(settings: settings, assets: FamilyAssets())
    return Problem(
        environment: family.description,
        trainTasks: tasks.enumerated().map { TaskDescription(name: "grid-\($0)", parameters: ["R0": [$1]]) },
        budget: TrainingBudget(trajectories, .trajectories), threads: threads,
        makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
}

/// Policies of a name for a training task, or for none.
func policies(_ agent: any Agent, _ name: String, task: Int?) throws -> [FlowPolicy] {
    let policy = try #require(agent.policies.first { $0.name == name })
    guard case .ready(let make) = policy.origin else { throw StateError.missing("a policy that is ready") }
    return try make(task).map { try #require($0 as? FlowPolicy) }
}

/// The exact L1 error of a policy on a training task.
func l1(_ policy: FlowPolicy, on task: Int, of problem: Problem) throws -> Double {
    let environment = try problem.makeEnvironment(problem.trainTasks[task], 1)
    let graph = try EnumeratedGraph(try #require(environment as? any GraphEnvironment).graph)
    return graph.l1Error(try graph.terminalDistribution { policy.writeWeights(at: $0, of: graph.graph, into: &$1) })
}

private func small(_ loss: FlowLoss = .flowMatching) -> GFlowNetPerTaskSettings {
    var settings = GFlowNetPerTaskSettings()
    (settings.hidden, settings.loss, settings.learningRate) = ([32, 32], loss, 5e-3)
    return settings
}

@Suite struct GFlowNetTests {
    /// Every loss has the same solution, which samples in proportion to the reward.
    @Test(arguments: FlowLoss.allCases) func everyLossLearnsToSampleTheReward(loss: FlowLoss) throws {
        let problem = try gridProblem(trajectories: 2 * 16 * 400)
        let agent = try GFlowNetPerTask(problem: problem, settings: small(loss), random: RandomStreams(seed: 1))
        let before = try l1(policies(agent, "personal", task: 0)[0], on: 0, of: problem)
        try agent.finish()
        for task in 0..<2 {
            let after = try l1(policies(agent, "personal", task: task)[0], on: task, of: problem)
            #expect(after < (loss == .plainFlowMatching ? 0.9 : 0.1) * before, "\(after) of \(before) on task \(task)")
        }
    }

    /// Samples have the distribution that one pass over the graph finds, within their error: the sum of the squared differences in units of the
    /// expected ones is about the number of terminal states.
    @Test func samplesHaveTheExactDistribution() throws {
        let graph = try EnumeratedGraph(hyperGrid()), network = flowNetwork(graph.graph, hidden: [64, 64]), count = 1_000_000
        let policy = FlowPolicy(network, observation: graph.graph.observation, objective: FlowObjective(.flowMatching))
        let exact = try graph.terminalDistribution { policy.writeWeights(at: $0, of: graph.graph, into: &$1) }
        var random = RandomStream(seed: 9), ends: [Int] = []
        let flows = FlowGraph(graph.graph)
        for _ in 0..<20 { ends += try flows.sample(count / 20, from: network, using: &random).trajectories.map(\.end) }
        let found = try graph.empiricalDistribution(of: ends)
        let chiSquare = zip(found, exact).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) / $1.1 * Double(count) }
        let freedom = Double(exact.count - 1)
        #expect(abs(chiSquare - freedom) < 4 * (2 * freedom).squareRoot(), "\(chiSquare)")
        let expectedL1 = exact.reduce(0) { $0 + (2 * $1 * (1 - $1) / .pi / Double(count)).squareRoot() } / Double(exact.count)
        let l1 = zip(found, exact).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(exact.count)
        #expect(l1 < 1.5 * expectedL1)
    }

    @Test func policiesAcrossTasksAreThoseOfTheTrainingTasks() throws {
        let problem = try gridProblem(trajectories: 96, tasks: [0.05, 0.5, 1])
        let agent = try GFlowNetPerTask(problem: problem, settings: small(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.policies.map(\.name) == ["personal", "cross", "cross-others"])
        let own = try (0..<3).map { try l1(policies(agent, "personal", task: $0)[0], on: 2, of: problem) }
        #expect(try policies(agent, "cross", task: 2).map { try l1($0, on: 2, of: problem) } == own)
        #expect(try policies(agent, "cross-others", task: 2).map { try l1($0, on: 2, of: problem) } == Array(own.dropLast()))
        #expect(try policies(agent, "cross", task: nil).count == 3 && policies(agent, "personal", task: nil).isEmpty)
        #expect(Set(own).count == 3, "tasks start with networks of their own")
    }

    /// Nothing is shared: beside another task, a task learns the same bits as alone.
    @Test func aTaskLearnsTheSameWithAndWithoutTheOther() throws {
        let alone = try GFlowNetPerTask(
            problem: gridProblem(trajectories: 320, tasks: [0.05]), settings: small(), random: RandomStreams(seed: 1))
        let beside = try GFlowNetPerTask(problem: gridProblem(trajectories: 640), settings: small(), random: RandomStreams(seed: 1))
        try alone.finish()
        try beside.finish()
        let own = StateCoder.save(alone), other = StateCoder.save(beside)
        for key in own.entries.keys where key.contains("task-0") { #expect(own[key] == other[key], "\(key)") }
    }

    /// One network on two tasks ends between them.
    @Test func oneNetworkLearnsTheMeanOfTheTasks() throws {
        let problem = try gridProblem(trajectories: 2 * 16 * 300)
        var settings = GFlowNetSettings()
        (settings.hidden, settings.learningRate) = ([32, 32], 5e-3)
        let agent = try GFlowNet(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.finish()
        let star = try GFlowNetPerTask(problem: problem, settings: small(), random: RandomStreams(seed: 1))
        try star.finish()
        for task in 0..<2 {
            let one = try l1(policies(agent, "meta", task: nil)[0], on: task, of: problem)
            let own = try l1(policies(star, "personal", task: task)[0], on: task, of: problem)
            let others = try l1(policies(star, "cross-others", task: task)[0], on: task, of: problem)
            #expect(own < one && one < others, "\(own) < \(one) < \(others) on task \(task)")
        }
    }

    @Test func adaptingMakesUpdatesOnTheTaskAndChangesNothing() throws {
        let problem = try gridProblem(trajectories: 640, tasks: [0.05])
        var settings = GFlowNetSettings()
        (settings.hidden, settings.adaptationUpdates, settings.learningRate) = ([32], [1, 100], 1e-2)
        let agent = try GFlowNet(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.policies.map(\.name) == ["meta", "meta-u1", "meta-u100"])
        let other = try gridProblem(trajectories: 640, tasks: [2]), environment = try other.makeEnvironment(other.trainTasks[0], 1)
        let before = StateCoder.save(agent)
        let errors = try ["meta", "meta-u1", "meta-u100"].map { name in
            var random = RandomStream(seed: 4)
            let adaptation = try agent.adapt(to: environment, as: name, episodes: 2, using: &random)
            #expect(adaptation.episodeReturns.count == (Int(name.split(separator: "u").last ?? "") ?? 0))
            #expect((adaptation.steps == 0) == (name == "meta"))
            return try l1(try #require(adaptation.policy as? FlowPolicy), on: 0, of: other)
        }
        agent.expectState(before)
        #expect(errors[2] < errors[1] && errors[1] != errors[0], "\(errors)")
    }

    /// Six dimensions of ten cells: a million cells, of which only those that are met are computed.
    @Test func aGridOfAMillionCellsIsLearnedOn() throws {
        let problem = try gridProblem(trajectories: 64, tasks: [0.05], size: 10) { ($0.dimension, $0.ends) = (6, .full) }
        let agent = try GFlowNetPerTask(problem: problem, settings: small(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.gradientUpdates == 4 && agent.progress.trajectories == 64)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        var settings = small()
        settings.learningRate = 1e30
        let agent = try GFlowNetPerTask(problem: gridProblem(trajectories: 640), settings: settings, random: RandomStreams(seed: 1))
        #expect(throws: TrainingError.self) { try agent.finish() }
    }

    @Test func roundsEndAfterTheirUpdatesAndTheBudgetIsMetExactly() throws {
        var settings = small()
        settings.updatesPerRound = 3
        let agent = try GFlowNetPerTask(problem: gridProblem(trajectories: 203), settings: settings, random: RandomStreams(seed: 1))
        let session = try agent.finish()
        #expect(agent.progress.trajectories == 203 && agent.progress.rounds == 3 && session.rounds == 3)
        #expect(agent.gradientUpdates == 14)  // 101 and 102 trajectories in batches of 16
    }

    @Test func impossibleSettingsNameTheirKey() {
        small().expectRefused([
            ("hidden", { $0.hidden = [] }), ("learningRate", { $0.learningRate = 0 }), ("batchTrajectories", { $0.batchTrajectories = 0 }),
            ("partitionLearningRate", { $0.partitionLearningRate = -1 }), ("subTrajectoryDecay", { $0.subTrajectoryDecay = 1.5 }),
            ("updatesPerRound", { $0.updatesPerRound = 0 }),
        ])
        GFlowNetSettings().expectRefused([("adaptationUpdates", { $0.adaptationUpdates = [5, 5] })])
    }
}
