/// The exact dynamics of a task with few states: where every action leads from every state, with which probability and reward. What value
/// iteration needs; agents that learn do not look at it.
///
/// States and actions are numbered as `Space.index(of:)` numbers them, so that tables of agents and of this model have the same cells,
/// [states, actions], row-major.
public struct TransitionModel: Sendable {
    /// One thing that an action can lead to.
    public struct Outcome: Sendable, Equatable {
        public var probability: Double
        /// The next state.
        public var next: Int
        public var reward: Double
        /// The next state ends the episode and has no value.
        public var isTerminal: Bool

        public init(probability: Double, next: Int, reward: Double, isTerminal: Bool) {
            self.probability = probability
            self.next = next
            self.reward = reward
            self.isTerminal = isTerminal
        }
    }

    /// A first state of an episode.
    public struct Start: Sendable, Equatable {
        public var state: Int
        public var probability: Double
        public init(state: Int, probability: Double) {
            self.state = state
            self.probability = probability
        }
    }

    /// Values of the observation space; states are numbers below this.
    public let stateCount: Int
    public let actionCount: Int
    /// Numbers of the states that the task has, in ascending order: all of them, or fewer where a family's tasks differ in size.
    public let states: [Int]
    public let starts: [Start]
    /// Outcomes of all pairs, those of a pair together.
    private let outcomes: [Outcome]
    /// [states * actions + 1]: where a pair's outcomes begin.
    private let first: [Int]

    /// - Parameter outcomes: those of a pair of a state and an action, whose probabilities add up to 1; asked once for each.
    public init(
        stateCount: Int, actionCount: Int, states: [Int], starts: [Start], outcomes: (_ state: Int, _ action: Int) -> [Outcome]
    ) {
        self.stateCount = stateCount
        self.actionCount = actionCount
        self.states = states.sorted()
        self.starts = starts
        var isState = Array(repeating: false, count: stateCount)
        for state in states { isState[state] = true }
        var all: [Outcome] = [], first = [0]
        for state in 0..<stateCount {
            for action in 0..<actionCount {
                if isState[state] { all += outcomes(state, action) }
                first.append(all.count)
            }
        }
        self.outcomes = all
        self.first = first
    }

    /// What an action can lead to from one of `states`.
    public func outcomes(of state: Int, by action: Int) -> ArraySlice<Outcome> {
        let pair = state * actionCount + action
        return outcomes[first[pair]..<first[pair + 1]]
    }

    /// [states] of the space: whether the task has them.
    public var hasState: [Bool] {
        var has = Array(repeating: false, count: stateCount)
        for state in states { has[state] = true }
        return has
    }
}

// MARK: Value iteration

extension TransitionModel {
    /// The Bellman optimality operator: the expectation of r + discount * max over a' of Q(s', a'), without the second part where s' is
    /// terminal, for every state and action; 0 for states that the task does not have. Both tables are [states, actions]. O(outcomes).
    public func backup(_ table: [Double], discount: Double) -> [Double] {
        precondition(table.count == stateCount * actionCount, "the table must be [states, actions]")
        var values = Array(repeating: 0.0, count: stateCount)
        for state in states {
            var best = -Double.infinity
            for action in 0..<actionCount { best = max(best, table[state * actionCount + action]) }
            values[state] = best
        }
        var result = Array(repeating: 0.0, count: table.count)
        for state in states {
            for pair in state * actionCount..<(state + 1) * actionCount {
                var sum = 0.0
                for outcome in outcomes[first[pair]..<first[pair + 1]] {
                    sum += outcome.probability * (outcome.reward + (outcome.isTerminal ? 0 : discount * values[outcome.next]))
                }
                result[pair] = sum
            }
        }
        return result
    }

    /// The optimal table, [states, actions]: the operator's fixed point, to `tolerance` in every cell. `discount` must be below 1.
    public func optimalTable(discount: Double, tolerance: Double = 1e-12) -> [Double] {
        precondition((0..<1).contains(discount), "value iteration needs a discount below 1")
        var table = Array(repeating: 0.0, count: stateCount * actionCount)
        while true {
            let next = backup(table, discount: discount)
            let change = zip(next, table).reduce(0) { max($0, abs($1.0 - $1.1)) }
            table = next
            // What is left to the fixed point is at most discount / (1 - discount) of the last change.
            if change * discount <= tolerance * (1 - discount) { return table }
        }
    }

    /// The largest expected return, undiscounted, that any policy has in an episode of at most `limit` steps: what evaluations measure
    /// agents against. O(limit * outcomes).
    public func bestReturn(limit: Int) -> Double {
        var table = Array(repeating: 0.0, count: stateCount * actionCount)
        for _ in 0..<limit { table = backup(table, discount: 1) }
        return starts.reduce(0) { sum, start in
            sum + start.probability * (table[start.state * actionCount..<(start.state + 1) * actionCount].max() ?? 0)
        }
    }
}

// MARK: Environments

/// An environment with discrete observations and actions whose dynamics are known exactly. Evaluations record the best return that its task
/// allows; agents that keep tables ask it only which states the task has.
public protocol ModelledEnvironment: Environment {
    var model: TransitionModel { get }
}

/// A simulated task whose dynamics are known exactly; its `SimulatedEnvironment` is then a `ModelledEnvironment`.
public protocol ModelledTask: SimulatedTask {
    var model: TransitionModel { get }
}

extension SimulatedEnvironment: ModelledEnvironment where Task: ModelledTask {
    public var model: TransitionModel { task.model }
}
