import Agents
import Core
import Environments
import Foundation
import Grids
import Runs
import TestEnvironments
import Testing

/// Weights of the actions along both axes and of stopping, at the start and elsewhere.
private final class Fixed: GraphPolicy {
    var actionMask: [Bool] = []
    private let atStart, elsewhere: [Double]

    init(atStart: [Double], elsewhere: [Double]) { (self.atStart, self.elsewhere) = (atStart, elsewhere) }

    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) { action[0] = 2 }

    func writeWeights(at states: ArraySlice<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) {
        for (row, state) in states.enumerated() {
            for action in 0..<3 { weights[3 * row + action] = (state == graph.start ? atStart : elsewhere)[action] }
        }
    }

    static var stopping: Fixed { Fixed(atStart: [0, 0, 1], elsewhere: [1, 1, 1]) }
    static var going: Fixed { Fixed(atStart: [1, 1, 0], elsewhere: [1, 1, 1]) }
}

private struct NoAgentSettings: AgentSettings {
    func validate() throws {}
}

/// Has drawn as many trajectories as it is told.
private final class Counting: Agent {
    static let name = "counting"
    static let summary = "Walks on."
    static var budgetUnit: BudgetUnit { .trajectories }
    var progress = AgentProgress()
    init(problem: Problem, settings: NoAgentSettings, random: RandomStreams) throws {}
    init() {}
    var policies: [AgentPolicy] { [.ready("meta", title: "walks on", on: .all) { _ in [Fixed.going] }] }
    func train(_ session: any TrainingSession) throws {}
    func codeState(_ coder: StateCoder) throws {}
}

@Suite struct GraphEvaluationTests {
    private let family: HyperGrid
    private let graph: EnumeratedGraph

    init() throws {
        family = try HyperGrid(settings: HyperGridSettings(), assets: FamilyAssets())
        let walk = try family.makeEnvironment(family.tasks(.train, seed: 1)[0], copies: 1) as? any GraphEnvironment
        graph = try EnumeratedGraph(try #require(walk).graph)
    }

    @Test func exactNumbersAreThoseOfOnePass() throws {
        var samples = GraphMemory.Samples(), random = RandomStream(seed: 1)
        let measures = try GraphEvaluation(graph.graph).measure(Fixed.going, draws: 0, into: &samples, using: &random)
        let distribution = try graph.terminalDistribution { Fixed.going.writeWeights(at: $0, of: graph.graph, into: &$1) }
        #expect(measures == ["sampledReward": graph.meanReward(distribution), "l1": graph.l1Error(distribution)])
        #expect(measures["l1"]! > 0.01)
    }

    /// What was found counts from the first trajectory on; the empirical error is over the last 2,000.
    @Test func samplesCountFromTheFirstAndErrorsOverTheWindow() throws {
        let evaluation = try GraphEvaluation(graph.graph)
        var samples = GraphMemory.Samples(), random = RandomStream(seed: 1)
        func measure(_ policy: Fixed, _ draws: Int) throws -> [String: Double] {
            try evaluation.measure(policy, draws: draws, into: &samples, using: &random)
        }
        let stop = graph.graph.child(of: graph.graph.start, by: 2), reward = exp(graph.graph.logReward(of: stop))
        let first = try measure(.stopping, 2000)
        #expect(first["modesFound"] == 1 && abs(first["empiricalReward"]! - reward) < 1e-9 && first["bestFound"] == 0)
        var point = graph.terminals.map { $0 == stop ? 1.0 : 0 }
        #expect(abs(first["empiricalL1"]! - graph.l1Error(point)) < 1e-12)
        let second = try measure(.going, 1500)
        #expect(samples.recent.count == 2000 && samples.recent.prefix(500).allSatisfy { $0 == stop } && !samples.recent.dropFirst(500).contains(stop))
        #expect(second["modesFound"] == Double(Set(samples.recent).count) && abs(second["empiricalReward"]! - reward) > 0.01)
        point = graph.terminals.map { end in Double(samples.recent.count { $0 == end }) / 2000 }
        #expect(abs(second["empiricalL1"]! - graph.l1Error(point)) < 1e-12)
        let third = try measure(.going, 2500)
        #expect(samples.recent.count == 2000 && !samples.recent.contains(stop))
        #expect(third["modesFound"] == Double(samples.found.count) && third["modesFound"]! >= second["modesFound"]! && samples.found.contains(stop))
        let best = graph.logRewards.max()!
        #expect(third["bestFound"] == Double(samples.found.count { abs(graph.graph.logReward(of: $0) - best) < 1e-9 }) && third["bestFound"]! > 0)
    }

    /// As many trajectories as a task was trained on since the evaluation before.
    @Test func aPolicyDrawsAsManyTrajectoriesAsTrainingHas() throws {
        let tasks = family.tasks(.train, seed: 1)
        let configuration = RunConfiguration(
            agent: Counting.name, family: family.name, preset: .quick, seed: 3, taskSeed: 1,
            budget: Budget(unit: .trajectories, amount: 1000, evaluateEvery: .every(100), checkpointEvery: 0, evaluationEpisodes: 1), threads: 1,
            settings: try ConfigurationValue(encoding: NoAgentSettings()), trainTasks: tasks, testTasks: family.tasks(.test, seed: 1),
            versions: testVersions, command: "")
        let evaluation = Evaluation(configuration: configuration, family: family), agent = Counting()
        var memory = GraphMemory(trajectories: 0)
        for (trajectories, drawn) in [(0, 0), (100, 20), (500, 100)] {
            agent.progress = AgentProgress(trajectories: trajectories)
            _ = try evaluation.run(agent, step: trajectories, memory: &memory, shouldStop: { false })
            #expect(memory.samples.values.allSatisfy { $0.recent.count == drawn } && (drawn == 0 || memory.samples.count == 10))
        }
    }

    @Test func whatIsLeftOutOnALargeGraphDependsOnItsSizeAlone() throws {
        var settings = HyperGridSettings()
        (settings.dimension, settings.size) = (6, 10)
        let large = try HyperGrid(settings: settings, assets: FamilyAssets())
        let walk = try #require(large.makeEnvironment(large.tasks(.train, seed: 1)[0], copies: 1) as? any GraphEnvironment)
        var samples = GraphMemory.Samples(), random = RandomStream(seed: 1)
        let wide = Wide(), measures = try GraphEvaluation(walk.graph).measure(wide, draws: 20, into: &samples, using: &random)
        #expect(Set(measures.keys) == ["empiricalReward", "modesFound"] && wide.asked < 20 * 60)
    }
}

/// Uniform on any graph; counts the states that it was asked for.
private final class Wide: GraphPolicy {
    var actionMask: [Bool] = []
    var asked = 0
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) { action[0] = 0 }
    func writeWeights(at states: ArraySlice<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) {
        asked += states.count
        for i in weights.indices { weights[i] = 1 }
    }
}
