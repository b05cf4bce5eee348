import Agents
import Core
import Environments
import Foundation
import Grids
import Learning
import PGFlowMeta
import TestEnvironments
import Testing

/// Small grids that differ in their rewards.
private func problem(trajectories: Int, tasks: [Double] = [0.05, 1], threads: Int = 1) throws -> Problem {
    var settings = HyperGridSettings()
    settings.size = 5
    let family = try HyperGrid(settings: settings, assets: FamilyAssets())
    return Problem(
        environment: family.description,
        trainTasks: tasks.enumerated().map { TaskDescription(name: "grid-\($0)", parameters: ["R0": [$1]]) },
        budget: TrainingBudget(trajectories, .trajectories), threads: threads,
        makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
}

private func small(_ change: (inout PGFlowMetaSettings) -> Void = { _ in }) -> PGFlowMetaSettings {
    var settings = PGFlowMetaSettings()
    (settings.hidden, settings.updatesPerRound) = ([16], 4)
    change(&settings)
    return settings
}

private func agent(_ settings: PGFlowMetaSettings, trajectories: Int, tasks: [Double] = [0.05, 1], seed: UInt64 = 1) throws -> PGFlowMeta {
    try PGFlowMeta(problem: problem(trajectories: trajectories, tasks: tasks), settings: settings, random: RandomStreams(seed: seed))
}

/// All numbers of a network in a state, by the names of its parameters.
private func weights(_ state: StateDictionary, _ network: String) throws -> [Float] {
    let keys = state.entries.keys.filter { $0.hasPrefix("networks/\(network).flow.") }.sorted()
    #expect(!keys.isEmpty, "\(network)")
    return try keys.flatMap { try state.floats($0) }
}

private func l1(_ agent: any Agent, _ name: String, task: Int, _ problem: Problem) throws -> Double {
    let policy = try #require(agent.policies.first { $0.name == name })
    guard case .ready(let make) = policy.origin else { return .nan }
    let flow = try #require(try make(task).first as? FlowPolicy)
    let environment = try problem.makeEnvironment(problem.trainTasks[task], 1)
    let graph = try EnumeratedGraph(try #require(environment as? any GraphEnvironment).graph)
    return graph.l1Error(try graph.terminalDistribution { flow.writeWeights(at: $0, of: graph.graph, into: &$1) })
}

@Suite struct PGFlowMetaTests {
    /// Lines 8, 9 and 12 by hand, from the state before and after one update in which Adam's step has a known size.
    @Test func anUpdateIsTheStepThePullAndTheAuxiliaryMove() throws {
        // The first step of Adam is the learning rate times the gradient's sign, up to epsilon; without a pull it is the same step.
        let settings = small { ($0.updatesPerRound, $0.proximalWeight, $0.auxiliaryLearningRate, $0.metaRate) = (2, 20, 0.01, 0.5) }
        func states(_ settings: PGFlowMetaSettings) throws -> [StateDictionary] {
            let agent = try agent(settings, trajectories: 64)
            var states = [StateCoder.save(agent)]
            try agent.train(with: TestSession { _ in
                states.append(StateCoder.save(agent))
                return false
            })
            return states
        }
        let pulled = try states(settings), free = try states(small { ($0.updatesPerRound, $0.proximalWeight) = (1, 0) })
        let meta = try weights(pulled[0], "meta")
        #expect(try weights(pulled[0], "task-0.personalized") == meta && weights(pulled[0], "task-1.auxiliary") == meta)
        // In the first update the pull is 0: personalized and auxiliary networks are the same.
        let first = try weights(free[1], "task-0.personalized")
        let one = try states(small { ($0.updatesPerRound, $0.proximalWeight, $0.auxiliaryLearningRate) = (1, 20, 0.01) })
        #expect(try weights(one[1], "task-0.personalized") == first)
        // Equation 16 with eta lambda = 0.2, and line 12 with beta 1.
        let auxiliaries = try (0..<2).map { try weights(one[1], "task-\($0).auxiliary") }
        for i in meta.indices {
            #expect(abs(auxiliaries[0][i] - (meta[i] + 0.2 * (first[i] - meta[i]))) < 1e-6)
            #expect(abs(try weights(one[1], "meta")[i] - (auxiliaries[0][i] + auxiliaries[1][i]) / 2) < 1e-6)
            if i > 40 { break }
        }
        // Line 12 with beta 0.5, after two updates.
        let means = try (0..<2).map { try weights(pulled[1], "task-\($0).auxiliary") }, metaAfter = try weights(pulled[1], "meta")
        for i in 0..<40 { #expect(abs(metaAfter[i] - (0.5 * meta[i] + 0.25 * (means[0][i] + means[1][i]))) < 1e-6) }
    }

    /// A strong pull holds personalized networks together, none lets them go their own ways.
    @Test func thePullHoldsPersonalizedNetworksNearTheMetaNetwork() throws {
        func distance(_ weight: Float) throws -> Double {
            let agent = try agent(small { ($0.proximalWeight, $0.auxiliaryLearningRate) = (weight, 0.005) }, trajectories: 3200)
            let session = try agent.finish()
            return try #require(session.metrics.last?["metaDistance"])
        }
        let distances = try [1, 15, 150].map { try distance($0) }
        #expect(distances[0] > distances[1] && distances[1] > distances[2], "\(distances)")
    }

    @Test func personalizedNetworksStartWhereTheSettingSays() throws {
        func start(_ start: PGFlowMetaSettings.Start) throws -> (meta: [Float], personalized: [Float], kept: [Float]) {
            let agent = try agent(small { ($0.personalStart, $0.updatesPerRound, $0.learningRate) = (start, 1, 1e-30) }, trajectories: 96)
            try agent.train(pauses: 1)
            // As if the first round had moved the networks apart.
            var state = StateCoder.save(agent)
            let key = "networks/task-0.personalized.flow.layers.0.weight"
            let moved = try state.floats(key).map { $0 + 1 }
            state.store(moved, shape: try #require(state[key]).shape, at: key)
            try StateCoder.restore(state, agent)
            try agent.train(pauses: 1)
            let after = StateCoder.save(agent)
            return (try state.floats("networks/meta.flow.layers.0.weight"), try after.floats(key), moved)
        }
        let keep = try start(.keep), meta = try start(.meta)
        #expect(zip(keep.personalized, keep.kept).allSatisfy { abs($0 - $1) < 1e-3 })
        #expect(zip(meta.personalized, meta.meta).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    @Test func innerStepsStopAtTheTolerance() throws {
        func updates(steps: Int, tolerance: Float) throws -> Int {
            let agent = try agent(small { ($0.innerSteps, $0.gradientTolerance) = (steps, tolerance) }, trajectories: 128)
            try agent.finish()
            return agent.gradientUpdates
        }
        #expect(try updates(steps: 5, tolerance: 0) == 8 * 5)
        #expect(try updates(steps: 5, tolerance: 1e9) == 8)
        let between = try [0.5, 1, 2, 4, 8].map { try updates(steps: 100, tolerance: $0) }
        #expect(between == between.sorted(by: >) && between.contains { $0 > 8 && $0 < 8 * 100 }, "\(between)")
    }

    /// The tolerance is on the norm with the pull, and with that on log Z where it is learned: far from the auxiliary network steps go on,
    /// however small the loss's own gradient is.
    @Test(arguments: [
        (FlowLoss.flowMatching, Float(30), "flow.layers.0.weight", Float(0.02)), (.trajectoryBalance, 150, "logPartition", 1),
    ])
    func theToleranceCountsThePull(loss: FlowLoss, tolerance: Float, parameter: String, move: Float) throws {
        let agent = try agent(
            small { ($0.innerSteps, $0.gradientTolerance, $0.proximalWeight, $0.updatesPerRound) = (20, tolerance, 500, 1)
                ($0.loss, $0.auxiliaryLearningRate) = (loss, 1e-4)
            }, trajectories: 96)
        try agent.train(pauses: 1)
        let before = agent.gradientUpdates
        #expect(before == 2, "the gradient alone is below the tolerance")
        var state = StateCoder.save(agent)
        let key = "networks/task-0.personalized." + parameter
        state.store(try state.floats(key).map { $0 + move }, shape: try #require(state[key]).shape, at: key)
        try StateCoder.restore(state, agent)
        try agent.train(pauses: 1)
        #expect((3...20).contains(agent.gradientUpdates - before), "\(agent.gradientUpdates - before)")
    }

    /// On distinct tasks personalized networks fit their own task; no single network can.
    @Test func personalizedPoliciesFitDistinctTasksAndTheMetaPolicyDoesNot() throws {
        let problem = try problem(trajectories: 2 * 16 * 600, tasks: [0.01, 2])
        let settings = small { ($0.hidden, $0.learningRate, $0.updatesPerRound, $0.proximalWeight) = ([32, 32], 5e-3, 20, 3) }
        let personalized = try PGFlowMeta(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try personalized.finish()
        var average = GFlowMetaSettings()
        (average.hidden, average.learningRate) = ([32, 32], 5e-3)
        let averaged = try GFlowMeta(problem: problem, settings: average, random: RandomStreams(seed: 1))
        try averaged.finish()
        for task in 0..<2 {
            let own = try l1(personalized, "personal", task: task, problem), meta = try l1(averaged, "meta", task: task, problem)
            #expect(5 * own < meta, "\(own) and \(meta) on task \(task)")
        }
    }

    /// Algorithm 1: the mean of the tasks' networks, which start anew at it.
    @Test func gFlowMetaAveragesTheTasksNetworks() throws {
        var settings = GFlowMetaSettings()
        (settings.hidden, settings.updatesPerRound) = ([16], 3)
        let agent = try GFlowMeta(problem: problem(trajectories: 192), settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 1)
        let state = StateCoder.save(agent), meta = try weights(state, "meta")
        let own = try (0..<2).map { try weights(state, "task-\($0).network") }
        for i in meta.indices { #expect(abs(meta[i] - (own[0][i] + own[1][i]) / 2) < 1e-6) }
        #expect(own[0] != own[1])
        // Copies that were moved away come back at the next round's beginning.
        var still = settings
        (still.learningRate, still.updatesPerRound) = (1e-30, 1)
        let steady = try GFlowMeta(problem: problem(trajectories: 96), settings: still, random: RandomStreams(seed: 1))
        try steady.train(pauses: 1)
        var moved = StateCoder.save(steady)
        let key = "networks/task-0.network.flow.layers.0.weight", old = try weights(moved, "meta")
        moved.store(try moved.floats(key).map { $0 + 1 }, shape: try #require(moved[key]).shape, at: key)
        try StateCoder.restore(moved, steady)
        try steady.train(pauses: 1)
        #expect(zip(try weights(StateCoder.save(steady), "meta"), old).allSatisfy { abs($0 - $1) < 1e-5 })
        settings.optimizer = .gradientDescent
        let plain = try GFlowMeta(problem: problem(trajectories: 192), settings: settings, random: RandomStreams(seed: 1))
        try plain.train(pauses: 1)
        #expect(try weights(StateCoder.save(plain), "meta") != meta)
    }

    @Test func policiesAreNamedAndAdapt() throws {
        let agent = try agent(small { $0.adaptationUpdates = [2] }, trajectories: 64)
        try agent.finish()
        #expect(agent.policies.map(\.name) == ["personal", "meta", "meta-u2"])
        let environment = try problem(trajectories: 1).makeEnvironment(TaskDescription(name: "new", parameters: ["R0": [3]]), 1)
        let before = StateCoder.save(agent)
        var random = RandomStream(seed: 3)
        #expect(try agent.adapt(to: environment, as: "meta-u2", episodes: 1, using: &random).episodeReturns.count == 2)
        agent.expectState(before)
    }

    @Test func impossibleSettingsNameTheirKey() {
        small().expectRefused([
            ("innerSteps", { $0.innerSteps = 0 }), ("proximalWeight", { $0.proximalWeight = -1 }), ("metaRate", { $0.metaRate = 0 }),
            ("auxiliaryLearningRate", { $0.auxiliaryLearningRate = 0.1 }), ("gradientTolerance", { $0.gradientTolerance = -1 }),
            ("learningRate", { ($0.learningRate, $0.auxiliaryLearningRate, $0.proximalWeight) = (0.02, 1e-3, 100) }),
            ("updatesPerRound", { $0.updatesPerRound = 0 }), ("adaptationUpdates", { $0.adaptationUpdates = [0] }),
        ])
        var settings = GFlowMetaSettings()
        (settings.optimizer, settings.loss) = (.gradientDescent, .trajectoryBalance)
        settings.expectRefused([("optimizer", { _ in })])
        #expect(throws: UnsupportedSpace.self) {
            try PGFlowMeta(problem: PointEnvironment.problem(steps: 10), settings: small(), random: RandomStreams(seed: 1))
        }
    }
}
