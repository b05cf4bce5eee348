import Core
import Foundation

/// What leads to a state: a state before it, and the action taken there.
public struct GraphEdge: Sendable, Equatable, Hashable {
    public var state: Int
    public var action: Int
    public init(state: Int, action: Int) {
        self.state = state
        self.action = action
    }
}

/// A directed acyclic graph on which something is built step by step: states, actions that lead from one to the next, and terminal states
/// with a reward. GFlowNets (Bengio et al. 2021) learn on such graphs; every move is deterministic.
///
/// States are numbers in 0..<`stateBound`, not all of which need to be states. Laws, which `EnumeratedGraph` checks in a test:
/// - Every path from `start` ends at a terminal state: there is no cycle, and a state that is not terminal has an action.
/// - `parents(of: child)` holds the edge (state, action) exactly if `state` can be reached from `start`, has `action`, and that action leads
///   to `child`. A state that can't be reached is no parent: its flow would never be trained.
/// - An action leads to a state from one parent at most, so a mask over actions determines a state's parents.
///
/// All functions are O(actions), whatever the size of the graph.
public protocol AcyclicGraph: Sendable {
    /// States are numbers below this. At most 2^53, so that they fit a float64.
    var stateBound: Int { get }
    /// Actions are numbers below this.
    var actionCount: Int { get }
    /// Not terminal, without parents.
    var start: Int { get }
    /// What `observe` writes.
    var observation: Space { get }

    /// Whether a number is a state that can be reached from `start`; false for negative numbers and those beyond the bound.
    func isState(_ number: Int) -> Bool
    func isTerminal(_ state: Int) -> Bool
    /// Whether an action exists in a state; false for every action of a terminal state.
    func hasAction(_ action: Int, at state: Int) -> Bool
    /// Where an action that exists leads to.
    func child(of state: Int, by action: Int) -> Int
    /// Every edge that leads to a state.
    func parents(of state: Int) -> [GraphEdge]
    /// Logarithm of the reward of a terminal state: finite, so that the reward is above 0.
    func logReward(of terminal: Int) -> Double
    /// Writes a state's observation into `row`, [observation columns].
    func observe(_ state: Int, into row: UnsafeMutableBufferPointer<Float>)
}

extension AcyclicGraph {
    /// [actions]: which actions exist in a state (the forward mask).
    public func actionMask(at state: Int) -> [Bool] { (0..<actionCount).map { hasAction($0, at: state) } }

    /// [actions]: by which actions a state can be entered (the backward mask).
    public func backwardMask(at state: Int) -> [Bool] {
        var mask = Array(repeating: false, count: actionCount)
        for edge in parents(of: state) { mask[edge.action] = true }
        return mask
    }

    /// Observations of states, [states, observation columns], row-major.
    public func observations(of states: [Int]) -> [Float] {
        let columns = observation.columns
        var rows = Array(repeating: Float(0), count: states.count * columns)
        rows.withUnsafeMutableBufferPointer { rows in
            for (index, state) in states.enumerated() {
                observe(state, into: .init(rebasing: rows[index * columns..<(index + 1) * columns]))
            }
        }
        return rows
    }
}

/// An environment that walks on an acyclic graph; entering a terminal state pays its reward, every other step 0. What is observed of a
/// terminal state is `graph.observe` of it.
public protocol GraphEnvironment: Environment {
    var graph: any AcyclicGraph { get }
    /// The state of one copy after its last step or reset.
    func graphState(_ copy: Int) -> Int
}

/// A state of a graph by its number.
public struct GraphState: SimulatedState {
    public var index: Int
    public init(index: Int) { self.index = index }

    public static var numberCount: Int { 1 }
    public var numbers: [Double] { [Double(index)] }
    public init?(numbers: [Double]) {
        guard numbers.count == 1, let index = Int(exactly: numbers[0]) else { return nil }
        self.index = index
    }
    public var isFinite: Bool { true }
}

/// A graph as the task of a `SimulatedEnvironment`, which is then a `GraphEnvironment`.
public struct GraphWalk<Graph: AcyclicGraph>: GraphTask {
    public let graph: Graph
    public init(_ graph: Graph) { self.graph = graph }
}

/// A simulated task that is a walk on a graph.
public protocol GraphTask: SimulatedTask where State == GraphState {
    associatedtype Graph: AcyclicGraph
    var graph: Graph { get }
}

extension GraphTask {
    public func begin(using random: inout RandomStream) -> GraphState { GraphState(index: graph.start) }

    public func advance(
        _ state: inout GraphState, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
    ) -> (reward: Double, isTerminal: Bool) {
        state.index = graph.child(of: state.index, by: Int(action[0]))
        return graph.isTerminal(state.index) ? (exp(graph.logReward(of: state.index)), true) : (0, false)
    }

    public func observe(_ state: GraphState, into row: UnsafeMutableBufferPointer<Float>) { graph.observe(state.index, into: row) }

    public func hasAction(_ action: Int, in state: GraphState) -> Bool { graph.hasAction(action, at: state.index) }

    public func isState(_ state: GraphState) -> Bool { graph.isState(state.index) }
}

extension SimulatedEnvironment: GraphEnvironment where Task: GraphTask {
    public var graph: any AcyclicGraph { task.graph }
    public func graphState(_ copy: Int) -> Int { state(copy).index }
}
