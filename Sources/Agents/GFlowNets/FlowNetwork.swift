import Core
import Environments
import Foundation
import Learning

/// The network of a GFlowNet: the logarithm of the flow through every edge that leaves a state (Bengio et al. 2021), and the logarithm of the
/// partition function for trajectory balance (Malkin et al. 2022). The policy takes an action with probability proportional to its flow.
public struct FlowNetwork: Module {
    /// One-hot observations [states, inputs] -> log flows [states, actions]; those of actions that do not exist mean nothing.
    public var network: MLP
    /// [1]: log Z, which only trajectory balance learns.
    public var logPartition: Tensor

    public init(inputs: Int, hidden: [Int], actions: Int, precision: Precision = .float32, using stream: inout RandomStream) {
        network = MLP(
            inputs: inputs, hidden: hidden, outputs: actions, activation: .leakyReLU, precision: precision, using: &stream)
        logPartition = Tensor.zeros([1]).trainableCopy()
    }

    public init(network: MLP, logPartition: Float) {
        self.network = network
        self.logPartition = Tensor([logPartition], shape: [1]).trainableCopy()
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        network.forEachParameter(prefix: "flow", body)
        body("logPartition", &logPartition)
    }
}

/// The graph of one task as a network sees it.
public struct FlowGraph: Sendable {
    public let graph: any AcyclicGraph
    /// Of a small graph, the one-hot observations of all states that are not terminal, [states, inputs]: one product for all of them costs less than
    /// one for every move.
    private let whole: (input: Tensor, rows: StateRows)?

    /// Most states of a graph that are computed together, whether they are met or not.
    private static let smallGraph = 512

    public init(_ graph: any AcyclicGraph) {
        self.graph = graph
        if graph.stateBound <= 8 * Self.smallGraph, let states = try? EnumeratedGraph(graph).inner, states.count <= Self.smallGraph {
            whole = (input(of: states, graph), StateRows(states, bound: graph.stateBound))
        } else {
            whole = nil
        }
    }

    /// A network's log flows at all states of a small graph; nil for a large one.
    func wholeFlows(of network: FlowNetwork) -> StateFlows? {
        whole.map { StateFlows(network.network($0.input), rows: $0.rows) }
    }

    /// A network's log flows at some states.
    public func flows(of network: FlowNetwork, at states: [Int]) -> StateFlows { StateFlows(of: network, at: states, graph) }

    /// The same at all states whose flows the losses of these trajectories need: those that they met, and the parents of these.
    public func flows(of network: FlowNetwork, for trajectories: [GraphTrajectory]) -> StateFlows {
        if let flows = wholeFlows(of: network) { return flows }
        var states: [Int] = [], known: Set<Int> = []
        func add(_ state: Int) { if known.insert(state).inserted { states.append(state) } }
        for trajectory in trajectories {
            for state in trajectory.states {
                if !graph.isTerminal(state) { add(state) }
                for edge in graph.parents(of: state) { add(edge.state) }
            }
        }
        return flows(of: network, at: states)
    }

    /// So many trajectories of a network's policy, and the flows at their states where they were computed for it with history. Throws
    /// `GraphError.policy` where flows are not finite.
    public func sample(
        _ count: Int, from network: FlowNetwork, using random: inout RandomStream
    ) throws -> (trajectories: [GraphTrajectory], flows: StateFlows?) {
        let flows = wholeFlows(of: network)
        let trajectories = try graph.trajectories(count, using: &random) { states, weights in
            let known = flows ?? withoutGradients { self.flows(of: network, at: states) }
            known.writeWeights(at: states, of: graph, into: &weights)
        }
        return (trajectories, flows)
    }
}

/// One-hot observations of states, [states, inputs].
private func input(of states: [Int], _ graph: any AcyclicGraph) -> Tensor {
    let encoder = SpaceEncoder(graph.observation)
    return Tensor(encoder.encoded(graph.observations(of: states)), shape: [states.count, encoder.columns])
}

/// Which row of a matrix each state has.
struct StateRows: Sendable {
    /// By state; -1 for states without a row. Empty where the graph has too many states for it.
    private var table: [Int32] = []
    private var dictionary: [Int: Int] = [:]

    private static let largestTable = 1 << 13

    /// A state that comes more than once has its last row.
    init(_ states: [Int], bound: Int) {
        if bound <= Self.largestTable {
            table = Array(repeating: -1, count: bound)
            for (row, state) in states.enumerated() { table[state] = Int32(row) }
        } else {
            for (row, state) in states.enumerated() { dictionary[state] = row }
        }
    }

    /// The state must have one.
    subscript(state: Int) -> Int {
        if !table.isEmpty, table[state] >= 0 { return Int(table[state]) }
        guard let row = dictionary[state] else { preconditionFailure("flows at state \(state) were not computed") }
        return row
    }
}

/// A network's log flows at some states of a graph.
public struct StateFlows {
    /// [states, actions]
    public let tensor: Tensor
    let rows: StateRows
    /// The same numbers, row-major.
    let values: [Float]
    let actions: Int

    /// Of given numbers, [states, actions].
    package init(_ tensor: Tensor, at states: [Int], of graph: any AcyclicGraph) {
        self.init(tensor, rows: StateRows(states, bound: graph.stateBound))
    }

    init(_ tensor: Tensor, rows: StateRows) {
        self.tensor = tensor
        self.rows = rows
        values = tensor.array
        actions = tensor.columns
    }

    /// Of a network at some states.
    init(of network: FlowNetwork, at states: [Int], _ graph: any AcyclicGraph) {
        self.init(network.network(input(of: states, graph)), rows: StateRows(states, bound: graph.stateBound))
    }

    /// Index of the first action's log flow at a state.
    func offset(of state: Int) -> Int { rows[state] * actions }

    /// log of the sum of the flows of the actions that exist in a state.
    func logFlow(through state: Int, of graph: any AcyclicGraph) -> Double {
        let start = offset(of: state)
        return logSumExp((0..<actions).lazy.filter { graph.hasAction($0, at: state) }.map { Double(values[start + $0]) })
    }

    /// Writes weights proportional to the flows, [states, actions], where actions exist.
    public func writeWeights(at states: some Collection<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) {
        for (index, state) in states.enumerated() {
            let start = offset(of: state), existing = (0..<actions).filter { graph.hasAction($0, at: state) }
            let top = existing.reduce(-Float.infinity) { max($0, values[start + $1]) }
            for action in existing { weights[index * actions + action] = exp(Double(values[start + action] - top)) }
        }
    }
}
