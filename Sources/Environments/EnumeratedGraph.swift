import Foundation

/// A graph with all its states enumerated, for exact distributions. For small graphs only.
///
///     let graph = try EnumeratedGraph(environment.graph)
///     let distribution = try graph.terminalDistribution { states, weights in ... }     // of a policy
///     graph.l1Error(distribution)
///
/// Making it visits every edge once and takes about 4 (actions + 6) bytes a state. A graph that is too large to be enumerated
/// can still be walked on and learned from; only what is in this file needs to enumerate it.
public struct EnumeratedGraph: Sendable {
    public let graph: any AcyclicGraph
    /// States that are not terminal, in topological order: a state's parents come before it, the start is the first.
    public let inner: [Int]
    /// Terminal states, by their numbers.
    public let terminals: [Int]
    /// [inner, actions]: where an action leads to: below `inner.count` an index of `inner`, from there on `inner.count` plus an index
    /// of `terminals`; -1 where the action does not exist.
    private let children: [Int32]
    /// log R of each terminal state.
    public let logRewards: [Double]

    /// Largest `stateBound` that is enumerated unless another limit is given.
    public static let standardLimit = 4_000_000

    /// Throws `GraphError.tooLarge` where the graph's numbers go beyond `limit`, before anything is allocated, and `GraphError.faulty`
    /// where the graph has a cycle or leads nowhere.
    public init(_ graph: any AcyclicGraph, limit: Int = standardLimit) throws {
        guard graph.stateBound <= limit else { throw GraphError.tooLarge(states: graph.stateBound, limit: limit) }
        let actions = graph.actionCount
        // Times that each state was entered by an edge; -1 where it was not met.
        var entries = [Int32](repeating: -1, count: graph.stateBound)
        var found = [graph.start], terminals: [Int] = [], next = 0
        entries[graph.start] = 0
        while next < found.count {
            let state = found[next]
            next += 1
            guard !graph.isTerminal(state) else { continue }
            var leadsOn = false
            for action in 0..<actions where graph.hasAction(action, at: state) {
                let child = graph.child(of: state, by: action)
                leadsOn = true
                if entries[child] < 0 {
                    entries[child] = 0
                    found.append(child)
                }
                entries[child] += 1
            }
            guard leadsOn else { throw GraphError.faulty("state \(state) is not terminal and has no action") }
        }
        // A state is put in order once all edges to it were followed.
        var inner: [Int] = [], ready = [graph.start]
        while let state = ready.popLast() {
            guard !graph.isTerminal(state) else {
                terminals.append(state)
                continue
            }
            inner.append(state)
            for action in 0..<actions where graph.hasAction(action, at: state) {
                let child = graph.child(of: state, by: action)
                entries[child] -= 1
                if entries[child] == 0 { ready.append(child) }
            }
        }
        guard inner.count + terminals.count == found.count else { throw GraphError.faulty("the graph has a cycle") }
        terminals.sort()
        // The same array now tells where each state is in the order.
        for (index, state) in inner.enumerated() { entries[state] = Int32(index) }
        for (index, state) in terminals.enumerated() { entries[state] = Int32(inner.count + index) }
        var children = [Int32](repeating: -1, count: inner.count * actions)
        for (index, state) in inner.enumerated() {
            for action in 0..<actions where graph.hasAction(action, at: state) {
                children[index * actions + action] = entries[graph.child(of: state, by: action)]
            }
        }
        self.graph = graph
        self.inner = inner
        self.terminals = terminals
        self.children = children
        logRewards = terminals.map(graph.logReward)
    }

    /// Throws `GraphError.faulty` where the graph's own functions contradict each other. O(edges * actions); for tests of a family.
    public func checkLaws() throws {
        for state in inner {
            for action in 0..<graph.actionCount where graph.hasAction(action, at: state) {
                let child = graph.child(of: state, by: action)
                guard graph.isState(state), graph.isState(child) else { throw GraphError.faulty("\(state) or \(child) is said to be no state") }
                guard graph.parents(of: child).contains(GraphEdge(state: state, action: action)) else {
                    throw GraphError.faulty("state \(child) lacks the parent \(state) by action \(action)")
                }
            }
        }
        let known = Set(inner)
        for state in inner + terminals {
            let parents = graph.parents(of: state)
            for edge in parents {
                guard known.contains(edge.state), graph.hasAction(edge.action, at: edge.state),
                    graph.child(of: edge.state, by: edge.action) == state
                else { throw GraphError.faulty("\(edge) is no parent of state \(state)") }
            }
            guard Set(parents.map(\.action)).count == parents.count else {
                throw GraphError.faulty("one action leads to state \(state) from two parents")
            }
        }
        if let index = logRewards.firstIndex(where: { !$0.isFinite }) {
            throw GraphError.faulty("the logarithm of the reward of state \(terminals[index]) is \(logRewards[index])")
        }
    }
}

// MARK: Distributions

extension EnumeratedGraph {
    /// States that a policy is asked for at a time.
    private static let chunk = 4096

    /// log of the sum of all rewards.
    public var logPartition: Double {
        let top = logRewards.max() ?? 0
        return top + log(logRewards.reduce(0) { $0 + exp($1 - top) })
    }

    /// R / sum of R for every terminal state, in the order of `terminals`: what a GFlowNet is to sample from.
    public var target: [Double] {
        let partition = logPartition
        return logRewards.map { exp($0 - partition) }
    }

    /// The probability of ending in each terminal state, in the order of `terminals`: exact, by one pass over the edges.
    ///
    /// `policy` is asked for thousands of states at a time. It gets their numbers and writes the weight of every action, [states, actions];
    /// weights need not sum to 1, and those of actions that do not exist are ignored. Throws `GraphError.policy` where the others are
    /// negative, not finite or all 0, and what `policy` throws.
    public func terminalDistribution(
        _ policy: (_ states: ArraySlice<Int>, _ weights: inout [Double]) throws -> Void
    ) throws -> [Double] {
        try pass(policy) { _, _, _, _ in }
    }

    /// The flow of probability through every edge and the probability of ending in each terminal state, by the same pass.
    public func flows(_ policy: (_ states: ArraySlice<Int>, _ weights: inout [Double]) throws -> Void) throws -> GraphFlows {
        var edges: [GraphFlows.Edge] = []
        let ends = try pass(policy) { index, action, child, probability in
            let state = child < inner.count ? inner[child] : terminals[child - inner.count]
            edges.append(GraphFlows.Edge(edge: GraphEdge(state: inner[index], action: action), child: state, probability: probability))
        }
        return GraphFlows(edges: edges, ends: ends)
    }

    /// Goes over all edges in order. `edge` gets the index of a state in `inner`, an action, where it leads to (as in `children`), and the
    /// probability that a trajectory takes it. Returns the probability of each terminal state.
    private func pass(
        _ policy: (_ states: ArraySlice<Int>, _ weights: inout [Double]) throws -> Void,
        _ edge: (_ index: Int, _ action: Int, _ child: Int, _ probability: Double) -> Void
    ) throws -> [Double] {
        let actions = graph.actionCount
        var reached = Array(repeating: 0.0, count: inner.count + terminals.count)
        reached[0] = 1
        var weights: [Double] = []
        for first in stride(from: 0, to: inner.count, by: Self.chunk) {
            let states = inner[first..<min(inner.count, first + Self.chunk)]
            if weights.count != states.count * actions { weights = Array(repeating: 0, count: states.count * actions) }
            try policy(states, &weights)
            precondition(weights.count == states.count * actions, "weights must be [states, actions]")
            for index in states.indices {
                let row = (index - first) * actions
                var sum = 0.0
                for action in 0..<actions where children[index * actions + action] >= 0 {
                    let weight = weights[row + action]
                    guard weight >= 0, weight.isFinite else { throw GraphError.policy(state: inner[index], weight: weight) }
                    sum += weight
                }
                guard sum > 0 else { throw GraphError.policy(state: inner[index], weight: sum) }
                let share = reached[index] / sum
                for action in 0..<actions {
                    let child = Int(children[index * actions + action])
                    guard child >= 0 else { continue }
                    let probability = share * weights[row + action]
                    reached[child] += probability
                    edge(index, action, child, probability)
                }
            }
        }
        return Array(reached[inner.count...])
    }

    /// The terminal state that is reached by taking the action of the largest weight everywhere, the lowest one among equals. `policy`
    /// is asked for one state at a time, those on the path only.
    public func greedyTerminal(_ policy: (_ states: ArraySlice<Int>, _ weights: inout [Double]) throws -> Void) throws -> Int {
        var state = graph.start
        while !graph.isTerminal(state) {
            var weights = Array(repeating: 0.0, count: graph.actionCount)
            try policy([state], &weights)
            let existing = weights.indices.filter { graph.hasAction($0, at: state) }
            if let wrong = existing.first(where: { weights[$0].isNaN }) { throw GraphError.policy(state: state, weight: weights[wrong]) }
            let best = existing.max { weights[$0] < weights[$1] || (weights[$0] == weights[$1] && $0 > $1) }
            state = graph.child(of: state, by: best ?? 0)
        }
        return state
    }

    /// Shares of sampled terminal states, in the order of `terminals`. Throws `GraphError.faulty` where one of them is not terminal.
    public func empiricalDistribution(of samples: [Int]) throws -> [Double] {
        let index = Dictionary(uniqueKeysWithValues: terminals.enumerated().map { ($1, $0) })
        var shares = Array(repeating: 0.0, count: terminals.count)
        for sample in samples {
            guard let place = index[sample] else { throw GraphError.faulty("state \(sample) is not terminal") }
            shares[place] += 1 / Double(samples.count)
        }
        return shares
    }

    /// Mean over terminal states of |distribution - target|.
    public func l1Error(_ distribution: [Double]) -> Double {
        zip(distribution, target).reduce(0) { $0 + abs($1.0 - $1.1) } / Double(terminals.count)
    }

    /// Mean reward under a distribution over `terminals`.
    public func meanReward(_ distribution: [Double]) -> Double {
        zip(distribution, logRewards).reduce(0) { $0 + $1.0 * exp($1.1) }
    }
}

/// What can't be done with a graph.
public enum GraphError: Error, CustomStringConvertible, Equatable {
    case tooLarge(states: Int, limit: Int)
    case tooLargeToDraw(columns: Int, rows: Int, limit: Int)
    case faulty(String)
    case policy(state: Int, weight: Double)

    public var description: String {
        switch self {
        case .tooLarge(let states, let limit):
            "the graph has up to \(states) states, too many for an exact distribution (at most \(limit)); use a smaller one, or metrics of samples"
        case .tooLargeToDraw(let columns, let rows, let limit):
            "a board of \(columns) x \(rows) cells is too large for a picture of flows: arrows can be told apart on at most \(limit) x \(limit)"
        case .faulty(let reason): "the graph has an error: \(reason)"
        case .policy(let state, let weight):
            "the policy's weights at state \(state) can't be a distribution: \(weight) where a finite number above 0 was expected"
        }
    }
}
