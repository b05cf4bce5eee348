import Core
import Environments
import Foundation

/// A GFlowNet without a network: a number for each edge of a small graph, the logarithm of its flow. Its flow-matching loss and the loss's gradient
/// are exact sums in float64, which theorems can be checked with.
package struct FlowTable {
    /// A state that is not the start: what flows in, what flows out, how often it is entered.
    private struct Balance {
        var incoming: [Int]
        /// Empty where the state is terminal.
        var outgoing: [Int]
        var logReward: Double
    }

    /// Edges, the parameters.
    package let count: Int
    private let balances: [Balance]
    /// States of `balances`.
    private let entered: [Int]
    /// Expected entries of each state in a trajectory of the uniform policy: the paper's p_i(tau), which does not depend on the flows.
    package let visits: [Double]
    private let graph: EnumeratedGraph

    package init(_ graph: EnumeratedGraph) {
        var edges: [GraphEdge: Int] = [:]
        for state in graph.inner {
            for action in 0..<graph.graph.actionCount where graph.graph.hasAction(action, at: state) {
                edges[GraphEdge(state: state, action: action)] = edges.count
            }
        }
        count = edges.count
        self.graph = graph
        entered = graph.inner.dropFirst() + graph.terminals
        balances = entered.map { state in
            let isTerminal = graph.graph.isTerminal(state)
            let outgoing = isTerminal ? [] : (0..<graph.graph.actionCount).compactMap { edges[GraphEdge(state: state, action: $0)] }
            return Balance(
                incoming: graph.graph.parents(of: state).compactMap { edges[$0] }, outgoing: outgoing,
                logReward: isTerminal ? graph.graph.logReward(of: state) : 0)
        }
        var reached: [Int: Double] = [graph.graph.start: 1]
        for state in graph.inner {
            let actions = (0..<graph.graph.actionCount).filter { graph.graph.hasAction($0, at: state) }
            for action in actions {
                reached[graph.graph.child(of: state, by: action), default: 0] += (reached[state] ?? 0) / Double(actions.count)
            }
        }
        visits = entered.map { reached[$0] ?? 0 }
    }

    /// How often so many trajectories of the uniform policy entered each state, on average.
    package func sampledVisits(_ trajectories: Int, using random: inout RandomStream) throws -> [Double] {
        let drawn = try graph.graph.trajectories(trajectories, using: &random) { _, weights in for i in weights.indices { weights[i] = 1 } }
        var counts: [Int: Double] = [:]
        for trajectory in drawn { for state in trajectory.states.dropFirst() { counts[state, default: 0] += 1 / Double(trajectories) } }
        return entered.map { counts[$0] ?? 0 }
    }

    /// Adds the gradient of the loss, the sum over states of visits (log of the inflow - log of the outflow)^2, to `gradient`.
    package func addGradient(of logFlows: [Double], visits: [Double], to gradient: inout [Double]) {
        for (balance, weight) in zip(balances, visits) where weight > 0 {
            let logIn = logSumExp(balance.incoming.lazy.map { logFlows[$0] })
            let logOut = balance.outgoing.isEmpty ? balance.logReward : logSumExp(balance.outgoing.lazy.map { logFlows[$0] })
            let slope = 2 * weight * (logIn - logOut)
            for edge in balance.incoming { gradient[edge] += slope * exp(logFlows[edge] - logIn) }
            for edge in balance.outgoing { gradient[edge] -= slope * exp(logFlows[edge] - logOut) }
        }
    }

    /// The minimum over theta of loss + lambda / 2 |theta - w|^2, by gradient descent from `start` until the gradient's norm is at most `tolerance`.
    /// Returns theta and the gradient steps taken, at most 100,000.
    package func proximalPoint(
        of w: [Double], lambda: Double, curvature: Double, visits: [Double], from start: [Double], tolerance: Double
    ) -> (theta: [Double], steps: Int) {
        var theta = start
        let rate = 1 / (lambda + curvature)
        for step in 0..<100_000 {
            var gradient = theta.indices.map { lambda * (theta[$0] - w[$0]) }
            addGradient(of: theta, visits: visits, to: &gradient)
            if gradient.reduce(0, { $0 + $1 * $1 }) <= tolerance * tolerance { return (theta, step) }
            for i in theta.indices { theta[i] -= rate * gradient[i] }
        }
        return (theta, 100_000)
    }

    /// The largest eigenvalue of the loss's Hessian, in size, by power iteration on differences of gradients.
    package func curvature(at logFlows: [Double]) -> Double {
        func gradient(_ point: [Double]) -> [Double] {
            var gradient = Array(repeating: 0.0, count: count)
            addGradient(of: point, visits: visits, to: &gradient)
            return gradient
        }
        var direction = (0..<count).map { cos(Double(3 * $0 + 1)) }, size = 0.0
        let step = 1e-4
        for _ in 0..<100 {
            let norm = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
            direction = direction.map { $0 / norm }
            let above = gradient(zip(logFlows, direction).map { $0 + step * $1 }), below = gradient(zip(logFlows, direction).map { $0 - step * $1 })
            direction = zip(above, below).map { ($0 - $1) / (2 * step) }
            size = direction.reduce(0) { $0 + $1 * $1 }.squareRoot()
        }
        return size
    }
}

/// Sum of squares of the differences.
func squaredDistance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } }
