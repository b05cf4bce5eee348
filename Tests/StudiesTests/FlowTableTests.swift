import Core
import Environments
import Foundation
import Grids
import Reports
import Runs
import Studies
import Testing

private func smallGrid() throws -> EnumeratedGraph {
    var settings = HyperGridSettings()
    settings.size = 4
    let family = try HyperGrid(settings: settings, assets: FamilyAssets())
    let task = TaskDescription(name: "grid", parameters: ["R0": [0.05]])
    return try EnumeratedGraph(try #require(family.makeEnvironment(task, copies: 1) as? any GraphEnvironment).graph)
}

/// The loss that the table's gradient is of, written down from its definition. Edges are in the order of states and actions.
private func loss(_ graph: EnumeratedGraph, _ logFlows: [Double], _ visits: [Double]) -> Double {
    var edges: [GraphEdge: Double] = [:], next = 0
    for state in graph.inner {
        for action in 0..<graph.graph.actionCount where graph.graph.hasAction(action, at: state) {
            edges[GraphEdge(state: state, action: action)] = exp(logFlows[next])
            next += 1
        }
    }
    return zip(graph.inner.dropFirst() + graph.terminals, visits).reduce(0) { sum, entered in
        let (state, weight) = entered
        let incoming = edges.filter { graph.graph.child(of: $0.key.state, by: $0.key.action) == state }.values.reduce(0, +)
        let outgoing = graph.graph.isTerminal(state)
            ? exp(graph.graph.logReward(of: state)) : edges.filter { $0.key.state == state }.values.reduce(0, +)
        return sum + weight * pow(log(incoming) - log(outgoing), 2)
    }
}

@Suite struct FlowTableTests {
    @Test func theGradientIsThatOfTheLoss() throws {
        let graph = try smallGrid(), table = FlowTable(graph)
        let point = (0..<table.count).map { 0.3 * sin(Double(5 * $0 + 1)) }
        var gradient = Array(repeating: 0.0, count: table.count)
        table.addGradient(of: point, visits: table.visits, to: &gradient)
        for index in point.indices {
            var above = point, below = point
            above[index] += 1e-5
            below[index] -= 1e-5
            let slope = (loss(graph, above, table.visits) - loss(graph, below, table.visits)) / 2e-5
            #expect(abs(slope - gradient[index]) < 1e-6, "edge \(index)")
        }
    }

    /// Of the uniform policy: every trajectory ends once, and samples come near to the exact numbers.
    @Test func visitsAreExpectedEntries() throws {
        let graph = try smallGrid(), table = FlowTable(graph)
        let exact = try graph.terminalDistribution { _, weights in for i in weights.indices { weights[i] = 1 } }
        #expect(zip(table.visits.suffix(graph.terminals.count), exact).allSatisfy { abs($0 - $1) < 1e-12 })
        var random = RandomStream(seed: 2)
        let sampled = try table.sampledVisits(20_000, using: &random)
        #expect(zip(sampled, table.visits).allSatisfy { abs($0 - $1) < 5 * ($1 / 20_000).squareRoot() })
    }

    /// Where the pull and the gradient cancel; a looser tolerance takes fewer steps and comes less near.
    @Test func theProximalPointIsWhereTheGradientVanishes() throws {
        let table = FlowTable(try smallGrid()), w = Array(repeating: 0.0, count: table.count), curvature = table.curvature(at: w)
        func solve(_ tolerance: Double) -> (theta: [Double], steps: Int) {
            table.proximalPoint(of: w, lambda: 2 * curvature, curvature: curvature, visits: table.visits, from: w, tolerance: tolerance)
        }
        func norm(_ theta: [Double]) -> Double {
            var gradient = theta.indices.map { 2 * curvature * (theta[$0] - w[$0]) }
            table.addGradient(of: theta, visits: table.visits, to: &gradient)
            return gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        let near = solve(1e-8), far = solve(0.5)
        #expect(norm(near.theta) <= 1e-8 && norm(far.theta) <= 0.5 && norm(far.theta) > 1e-4 && near.theta != w)
        #expect(far.steps > 0 && near.steps > far.steps)
    }

    /// The rates of both theorems, as the report has them.
    @Test func theTheoremsHold() throws {
        let registry = Registry(agents: [], families: [FamilyEntry(HyperGrid.self)])
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: "")
        let context = RunContext(
            registry: registry, versions: versions, command: "", interruption: Interruption(), observe: { _ in })
        let study = try #require(Studies.all.named("flow-theorems"))
        let result = try study.result(StudyContext(preset: .quick, runContext: context, runs: [:], threads: 1))
        #expect(result.claims.count == 6)
        for claim in result.claims { #expect(claim.agreement == "agrees", "\(claim.source), \(claim.claim): \(claim.ours)") }
    }

    @Test func aStudyWithoutItsRunsSaysWhichItNeeds() throws {
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: "")
        let context = RunContext(
            registry: Registry(agents: [], families: []), versions: versions, command: "", interruption: Interruption(), observe: { _ in })
        for (name, need) in [
            ("flow-pictures", "flow-table3"), ("flow-similarity", "flow-table4"), ("point-robot", "pmeta-rl and pearl have no finished runs"),
            ("mountain-car-maps", "pmeta-dqn and dqn-per-task have no finished runs"),
        ] {
            let study = try #require(Studies.all.named(name))
            #expect(performing: {
                _ = try study.result(StudyContext(preset: .quick, runContext: context, runs: [:], threads: 1))
            }, throws: { $0 is StudyUnavailable && "\($0)".contains(need) ? true : { print($0); return false }($0) })
        }
    }

    @Test func aSlopeIsSteeperWhetherItRisesOrFalls() {
        let slopes = [(-2.1, -2.0), (-2.5, -2.0), (-1.5, -2.0), (2.5, 2.0), (1.5, 2.0), (-0.5, 2.0)]
        #expect(slopes.map { Theorems.verdict($0.0, theory: $0.1) } == ["agrees", "steeper", "flatter", "steeper", "flatter", "does not agree"])
    }

    @Test func aStudyStopsWhenItIsAskedTo() throws {
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: ""), interruption = Interruption()
        let context = RunContext(
            registry: Registry(agents: [], families: [FamilyEntry(HyperGrid.self)]), versions: versions, command: "", interruption: interruption,
            observe: { _ in })
        interruption.request(2)
        let study = try #require(Studies.all.named("flow-theorems"))
        #expect(throws: StudyInterrupted.self) {
            try study.result(StudyContext(preset: .paper, runContext: context, runs: [:], threads: 1))
        }
    }
}
