import Core
import Foundation

/// A walk on a graph from its start to a terminal state.
public struct GraphTrajectory: Sendable, Equatable {
    /// [moves + 1]
    public private(set) var states: [Int]
    /// [moves]
    public private(set) var actions: [Int] = []

    public init(from start: Int) { states = [start] }

    /// The state that it has come to.
    public var end: Int { states[states.count - 1] }

    public mutating func append(_ action: Int, to state: Int) {
        actions.append(action)
        states.append(state)
    }
}

extension AcyclicGraph {
    /// So many trajectories of a policy, side by side: it is asked once for each length, for the states in which trajectories of this length
    /// are, which may be the same. It writes the weight of every action, [states, actions], of which it gets zeros; those of
    /// actions that do not exist are ignored. Throws `GraphError.policy` where the others can't be a distribution, and what `policy` throws.
    public func trajectories(
        _ count: Int, using random: inout RandomStream, policy: (_ states: [Int], _ weights: inout [Double]) throws -> Void
    ) throws -> [GraphTrajectory] {
        var trajectories = Array(repeating: GraphTrajectory(from: start), count: count)
        var active = Array(0..<count), weights: [Double] = []
        while !active.isEmpty {
            let states = active.map { trajectories[$0].end }
            weights = Array(repeating: 0, count: states.count * actionCount)
            try policy(states, &weights)
            for (row, index) in active.enumerated() {
                let action = try draw(weights[row * actionCount..<(row + 1) * actionCount], at: states[row], using: &random)
                trajectories[index].append(action, to: child(of: states[row], by: action))
            }
            active.removeAll { isTerminal(trajectories[$0].end) }
        }
        return trajectories
    }

    /// An action that exists in a state, with probability proportional to its weight.
    private func draw(_ weights: ArraySlice<Double>, at state: Int, using random: inout RandomStream) throws -> Int {
        var sum = 0.0, last: Int?
        for (action, weight) in weights.enumerated() where hasAction(action, at: state) {
            guard weight >= 0, weight.isFinite else { throw GraphError.policy(state: state, weight: weight) }
            sum += weight
            if weight > 0 { last = action }
        }
        guard let last, sum.isFinite else { throw GraphError.policy(state: state, weight: sum) }
        var rest = Double(random.next() >> 11) * 0x1p-53 * sum
        for (action, weight) in weights.enumerated() where action < last && hasAction(action, at: state) {
            rest -= weight
            if rest < 0 { return action }
        }
        return last
    }
}
