import Core

/// How an agent with discrete actions explores.
public enum ActionExploration: String, Codable, CaseIterable, Sendable {
    /// Every step is random with probability epsilon.
    case plain
    /// A random action is held for a random time (epsilon-z-greedy, Dabney et al. 2021).
    case held
}

/// The epsilon-greedy choice of actions in several environment copies.
///
/// With `held` exploration, a step that is not within a held action begins one with probability epsilon / mean: a uniform action, which is
/// kept for a geometric number of steps with that mean, and not beyond the episode. Fewer steps are random than with plain exploration, since
/// none begins one within a held action: epsilon / (1 + epsilon - epsilon / mean) of them.
package struct EpsilonGreedy: Sendable {
    private let actions: Int
    private let exploration: ActionExploration
    /// Mean steps for which an action is held.
    private let meanHold: Float
    /// [copies]: the action that is held; -1 where none is.
    private var held: [Int]
    private var random: RandomStream

    package init(copies: Int, actions: Int, exploration: ActionExploration, meanHold: Float, random: RandomStream) {
        self.actions = actions
        self.exploration = exploration
        self.meanHold = meanHold
        self.random = random
        held = Array(repeating: -1, count: copies)
    }

    /// The action of a copy, given its values ([actions], the first of equal ones is the best).
    package mutating func choose(_ copy: Int, values: UnsafePointer<Float>, epsilon: Float) -> Int {
        switch exploration {
        case .plain:
            if random.uniform() < epsilon { return random.index(below: actions) }
        case .held:
            if held[copy] < 0, random.uniform() < epsilon / meanHold { held[copy] = random.index(below: actions) }
            if held[copy] >= 0 {
                let action = held[copy]
                if random.uniform() < 1 / meanHold { held[copy] = -1 }
                return action
            }
        }
        return greedyAction(values, actions)
    }

    /// A uniform action, as in the first steps.
    package mutating func chooseRandomly() -> Int { random.index(below: actions) }

    /// An episode of a copy is over: nothing is held any more.
    package mutating func endEpisode(_ copy: Int) { held[copy] = -1 }
}

/// The number of the largest of `count` values, the first of equal ones.
@inline(__always)
func greedyAction(_ values: UnsafePointer<Float>, _ count: Int) -> Int {
    var best = 0
    for action in 1..<max(1, count) where values[action] > values[best] { best = action }
    return best
}

extension EpsilonGreedy: Stateful {
    package mutating func codeState(_ coder: StateCoder) throws {
        try coder.integers("held", &held, count: held.count, in: -1...actions - 1)
        try coder.stream("random", &random)
    }
}
