import Core
import Environments
import Foundation

/// What a GFlowNet minimizes.
public enum FlowLoss: String, Codable, Sendable, CaseIterable {
    /// Mean over the states that trajectories enter of (log of what flows in - log of what flows out)^2 (Bengio et al. 2021, equation 12).
    case flowMatching
    /// The same without logarithms (Bengio et al. 2021, equation 11; equation 3 of pGFlowMeta).
    case plainFlowMatching
    /// Mean over trajectories of (log Z + log of the probability of going forward - log R - log of that of coming back)^2, going back to each
    /// parent with the same probability (Malkin et al. 2022, equation 14).
    case trajectoryBalance
    /// The same of all parts of trajectories, weighted by a power of their lengths (Madan et al. 2022, equation 8). The flow through a state is
    /// the sum over its actions.
    case subTrajectoryBalance
}

/// A loss with its constants.
public struct FlowObjective: Sendable {
    public var loss: FlowLoss
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    public var subTrajectoryDecay: Double

    public init(_ loss: FlowLoss, subTrajectoryDecay: Double = 0.9) {
        self.loss = loss
        self.subTrajectoryDecay = subTrajectoryDecay
    }

    /// A loss and its derivatives.
    public struct Value {
        public var loss: Double
        /// In the flows' elements, [states, actions].
        public var flowGradient: [Float]
        public var logPartitionGradient: Float = 0
    }

    /// The loss of trajectories. `flows` must have their states, and the parents of these for the losses that match flows.
    public func value(
        _ trajectories: [GraphTrajectory], on graph: any AcyclicGraph, flows: StateFlows, logPartition: Float
    ) -> Value {
        var terms = FlowTerms(graph: graph, flows: flows)
        switch loss {
        case .flowMatching: terms.matchFlows(trajectories, inLogarithms: true)
        case .plainFlowMatching: terms.matchFlows(trajectories, inLogarithms: false)
        case .trajectoryBalance: for trajectory in trajectories { terms.balance(trajectory, Double(logPartition), of: trajectories.count) }
        case .subTrajectoryBalance:
            for trajectory in trajectories { terms.balanceParts(trajectory, decay: subTrajectoryDecay, of: trajectories.count) }
        }
        return Value(loss: terms.loss, flowGradient: terms.gradient, logPartitionGradient: Float(terms.logPartitionGradient))
    }
}

/// Sums of a loss's terms and of their derivatives.
private struct FlowTerms {
    let graph: any AcyclicGraph
    let flows: StateFlows
    var loss = 0.0
    var gradient: [Float]
    var logPartitionGradient = 0.0

    init(graph: any AcyclicGraph, flows: StateFlows) {
        self.graph = graph
        self.flows = flows
        gradient = Array(repeating: 0, count: flows.values.count)
    }

    // MARK: Matching flows

    /// Every state that trajectories enter, the terminal ones included; a state that is entered several times counts as often.
    mutating func matchFlows(_ trajectories: [GraphTrajectory], inLogarithms: Bool) {
        var visits: [Int: Int] = [:], entered: [Int] = [], moves = 0
        for trajectory in trajectories {
            for state in trajectory.states.dropFirst() {
                if visits[state] == nil { entered.append(state) }
                visits[state, default: 0] += 1
                moves += 1
            }
        }
        for state in entered {
            let incoming = graph.parents(of: state).map { flows.offset(of: $0.state) + $0.action }
            let isTerminal = graph.isTerminal(state), start = isTerminal ? 0 : flows.offset(of: state)
            let outgoing = isTerminal ? [] : (0..<flows.actions).filter { graph.hasAction($0, at: state) }.map { start + $0 }
            let logIn = logSum(incoming), logOut = isTerminal ? graph.logReward(of: state) : logSum(outgoing)
            let weight = Double(visits[state] ?? 0) / Double(moves)
            let difference = inLogarithms ? logIn - logOut : exp(logIn) - exp(logOut)
            loss += weight * difference * difference
            let slope = 2 * weight * difference
            // The derivative of a sum's logarithm is each term's share of it, of the sum itself the term.
            for index in incoming { gradient[index] += Float(slope * exp(Double(flows.values[index]) - (inLogarithms ? logIn : 0))) }
            for index in outgoing { gradient[index] -= Float(slope * exp(Double(flows.values[index]) - (inLogarithms ? logOut : 0))) }
        }
    }

    private func logSum(_ indices: [Int]) -> Double { logSumExp(indices.lazy.map { Double(flows.values[$0]) }) }

    // MARK: Balance

    mutating func balance(_ trajectory: GraphTrajectory, _ logPartition: Double, of count: Int) {
        let (_, logRatios) = along(trajectory)
        let difference = logPartition + logRatios.reduce(0, +) - graph.logReward(of: trajectory.end)
        loss += difference * difference / Double(count)
        let slope = 2 * difference / Double(count)
        logPartitionGradient += slope
        for (state, action) in zip(trajectory.states, trajectory.actions) { addLogProbability(slope, state, action) }
    }

    mutating func balanceParts(_ trajectory: GraphTrajectory, decay: Double, of count: Int) {
        let (logFlows, logRatios) = along(trajectory), moves = trajectory.actions.count
        // A part from i to j misses balance by heights[i] - heights[j].
        var heights = logFlows, sum = 0.0
        for t in 0...moves {
            heights[t] -= sum
            if t < moves { sum += logRatios[t] }
        }
        var weights = Array(repeating: 1.0, count: moves + 1), total = 0.0
        for length in 1...moves {
            weights[length] = weights[length - 1] * decay
            total += weights[length] * Double(moves + 1 - length)
        }
        var slopes = Array(repeating: 0.0, count: moves + 1)
        for i in 0..<moves {
            for j in i + 1...moves {
                let difference = heights[i] - heights[j], weight = weights[j - i] / total / Double(count)
                loss += weight * difference * difference
                slopes[i] += 2 * weight * difference
                slopes[j] -= 2 * weight * difference
            }
        }
        var later = slopes[moves]
        for t in (0..<moves).reversed() {
            addLogFlow(slopes[t], trajectory.states[t])
            addLogProbability(-later, trajectory.states[t], trajectory.actions[t])
            later += slopes[t]
        }
    }

    /// log F of each state, the end's being its log R, and for each move log of its probability forward over that backward.
    private func along(_ trajectory: GraphTrajectory) -> (logFlows: [Double], logRatios: [Double]) {
        let logFlows = trajectory.states.dropLast().map { flows.logFlow(through: $0, of: graph) } + [graph.logReward(of: trajectory.end)]
        let logRatios = trajectory.actions.enumerated().map { t, action in
            let logForward = Double(flows.values[flows.offset(of: trajectory.states[t]) + action]) - logFlows[t]
            return logForward + log(Double(graph.parents(of: trajectory.states[t + 1]).count))
        }
        return (logFlows, logRatios)
    }

    /// Adds `slope` times the derivative of the log of the flow through a state.
    private mutating func addLogFlow(_ slope: Double, _ state: Int) {
        let start = flows.offset(of: state), logFlow = flows.logFlow(through: state, of: graph)
        for action in 0..<flows.actions where graph.hasAction(action, at: state) {
            gradient[start + action] += Float(slope * exp(Double(flows.values[start + action]) - logFlow))
        }
    }

    /// Adds `slope` times the derivative of the log of an action's probability.
    private mutating func addLogProbability(_ slope: Double, _ state: Int, _ action: Int) {
        gradient[flows.offset(of: state) + action] += Float(slope)
        addLogFlow(-slope, state)
    }
}
