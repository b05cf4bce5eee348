import Environments
import Foundation
import Testing

/// A graph by its table of edges: children[state][action], nil where the action does not exist; states without any are terminal, their
/// reward is their number.
private struct TableGraph: AcyclicGraph {
    var children: [[Int?]]
    /// Edges that `parents` hides.
    var hidden: [GraphEdge] = []
    var stateBound: Int { children.count }
    var actionCount: Int { children[0].count }
    var start: Int { 0 }
    var observation: Space { .discrete(count: stateBound) }
    func isState(_ number: Int) -> Bool { children.indices.contains(number) }
    func isTerminal(_ state: Int) -> Bool { state > 0 && children[state].allSatisfy { $0 == nil } }
    func hasAction(_ action: Int, at state: Int) -> Bool { children[state][action] != nil }
    func child(of state: Int, by action: Int) -> Int { children[state][action]! }
    func parents(of state: Int) -> [GraphEdge] {
        children.indices.flatMap { parent in
            children[parent].indices.filter { children[parent][$0] == state }.map { GraphEdge(state: parent, action: $0) }
        }.filter { !hidden.contains($0) }
    }
    func logReward(of terminal: Int) -> Double { log(Double(terminal)) }
    func observe(_ state: Int, into row: UnsafeMutableBufferPointer<Float>) { row[0] = Float(state) }

    /// 0 -> 1, 2; 1 -> 2, 3; 2 -> 4, 3: the long way round, so that breadth-first order is not topological.
    static let small = TableGraph(children: [[2, 1], [3, 2], [4, 3], [nil, nil], [nil, nil]])
}

@Suite struct EnumeratedGraphTests {
    @Test func theExactDistributionIsThatOfCountingByHand() throws {
        let graph = try EnumeratedGraph(TableGraph.small)
        try graph.checkLaws()
        #expect(graph.inner == [0, 1, 2] && graph.terminals == [3, 4])
        // 0: 1/4 to 2, 3/4 to 1. 1: 1/2 each. 2: 1/5 to 4, 4/5 to 3.
        let weights: [[Double]] = [[1, 3], [7, 7], [0.2, 0.8]]
        let distribution = try graph.terminalDistribution { states, rows in rows = states.flatMap { weights[$0] } }
        let atTwo = 0.25 + 0.75 / 2
        #expect(abs(distribution[0] - (0.375 + atTwo * 0.8)) < 1e-15 && abs(distribution[1] - atTwo * 0.2) < 1e-15)
        #expect(abs(graph.logPartition - log(7)) < 1e-15)
        #expect(zip(graph.target, [3.0 / 7, 4.0 / 7]).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(abs(graph.meanReward([0.5, 0.5]) - 3.5) < 1e-14)
        #expect(abs(graph.l1Error([1, 0]) - 4.0 / 7) < 1e-15)
        #expect(try graph.greedyTerminal { states, rows in rows = states.flatMap { weights[$0] } } == 3)
        #expect(try graph.empiricalDistribution(of: [3, 3, 4, 3]) == [0.75, 0.25])
    }

    /// What the exact distribution is summed from, edge by edge.
    @Test func flowsAreTheProbabilitiesOfTheEdges() throws {
        let graph = try EnumeratedGraph(TableGraph.small)
        let weights: [[Double]] = [[1, 3], [7, 7], [0.2, 0.8]]
        func flows(_ weights: [[Double]]) throws -> GraphFlows { try graph.flows { states, rows in rows = states.flatMap { weights[$0] } } }
        let own = try flows(weights)
        #expect(own.edges.map(\.edge.state) == [0, 0, 1, 1, 2, 2] && own.edges.map(\.child) == [2, 1, 3, 2, 4, 3])
        let expected = [0.25, 0.75, 0.375, 0.375, 0.125, 0.5]
        #expect(zip(own.edges, expected).allSatisfy { abs($0.probability - $1) < 1e-15 })
        #expect(own.ends == (try graph.terminalDistribution { states, rows in rows = states.flatMap { weights[$0] } }))
        let other = try flows([[1, 0], [1, 1], [0, 1]]), mixture = GraphFlows(mixing: [own, other])
        #expect(abs(mixture.edges[0].probability - 0.625) < 1e-15 && abs(mixture.edges[1].probability - 0.375) < 1e-15)
        #expect(abs(mixture.ends[0] - (own.ends[0] + other.ends[0]) / 2) < 1e-15)
    }

    @Test func weightsOfMissingActionsAreIgnoredAndWrongOnesRefused() throws {
        let graph = try EnumeratedGraph(TableGraph(children: [[1, nil], [nil, 2], [nil, nil]]))
        #expect(try graph.terminalDistribution { states, rows in rows = states.flatMap { $0 == 0 ? [0.1, .nan] : [-4, 9] } } == [1])
        for wrong: Double in [0, -1, .nan, .infinity] {
            #expect(throws: GraphError.self, "\(wrong)") {
                try graph.terminalDistribution { states, rows in rows = states.flatMap { _ in [wrong, 1] } }
            }
        }
    }

    @Test func masksTellActionsForwardsAndBackwards() {
        let graph = TableGraph(children: [[1, nil, 2], [nil, 2, nil], [nil, nil, nil]])
        #expect(graph.actionMask(at: 0) == [true, false, true] && graph.actionMask(at: 2) == [false, false, false])
        #expect(graph.backwardMask(at: 2) == [false, true, true] && graph.backwardMask(at: 0) == [false, false, false])
        #expect(graph.observations(of: [2, 0]) == [2, 0])
    }

    @Test func faultyGraphsAreFound() throws {
        #expect(throws: GraphError.faulty("the graph has a cycle")) {
            try EnumeratedGraph(TableGraph(children: [[1, nil], [2, 3], [1, nil], [nil, nil]]))
        }
        #expect(throws: GraphError.self) { try EnumeratedGraph(TableGraph(children: [[nil, nil]])) }
        var forgets = TableGraph.small
        forgets.hidden = [GraphEdge(state: 1, action: 1)]
        #expect(throws: GraphError.faulty("state 2 lacks the parent 1 by action 1")) { try EnumeratedGraph(forgets).checkLaws() }
        // State 3 can't be reached and says that it leads to 2; both actions of 0 and 1 that lead to 2 are the same.
        let unreachable = TableGraph(children: [[2, nil], [nil, nil], [nil, nil], [nil, 2]])
        #expect(throws: GraphError.self) { try EnumeratedGraph(unreachable).checkLaws() }
        let ambiguous = TableGraph(children: [[2, 1], [2, nil], [nil, nil]])
        #expect(throws: GraphError.faulty("one action leads to state 2 from two parents")) { try EnumeratedGraph(ambiguous).checkLaws() }
    }
}
