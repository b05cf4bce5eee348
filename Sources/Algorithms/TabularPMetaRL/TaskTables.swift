/// One step in an environment, states by their numbers.
package struct TabularTransition: Sendable {
    package var state, action: Int
    package var reward: Double
    package var next: Int
    /// `next` ends the episode and has no value. A state in which an episode was cut off has one.
    package var isTerminal: Bool

    package init(state: Int, action: Int, reward: Double, next: Int, isTerminal: Bool) {
        self.state = state
        self.action = action
        self.reward = reward
        self.next = next
        self.isTerminal = isTerminal
    }
}

/// The two tables of a task, and the updates that they learn by: equations (5)-(8) of pMeta-RL (arXiv 2209.10072). Model averaging and
/// learning alone use the same ones without the proximal term.
///
/// Values stay within ±`bound`: where learning rates make them grow without end, `hasDiverged` says so, and everything else goes on.
package struct TaskTables: Sendable {
    /// The personalized table [Q_i with the policy pi_i].
    package var personalized: QTable
    /// The auxiliary table, which carries what the task has learned to the meta table [Q_i with the policy pi].
    package var auxiliary: QTable
    /// [states]: which the task has. Only these are part of its tables.
    package let hasState: [Bool]
    let bound: Double
    /// A value reached the bound.
    package internal(set) var hasDiverged = false

    /// Both tables are 0.
    package init(hasState: [Bool], actions: Int, bound: Double) {
        self.hasState = hasState
        self.bound = bound
        personalized = QTable(states: hasState.count, actions: actions)
        auxiliary = personalized
    }

    /// A round's start: the auxiliary table starts at the meta table, and the personalized one, too, or it stays as it is.
    package mutating func beginRound(from meta: QTable, keepsPersonalized: Bool) {
        auxiliary = meta
        if !keepsPersonalized { personalized = meta }
    }

    /// Equations (5)-(7), with the signs of the paper's proofs: a Q-learning step, and beside it a step towards the auxiliary table. Both are
    /// taken from the value before.
    ///
    /// - Parameters: learning rate [alpha], weight of the proximal term [lambda].
    package mutating func learn(_ transition: TabularTransition, discount: Double, learningRate: Double, proximalWeight: Double) {
        let cell = transition.state * personalized.actions + transition.action
        let future = transition.isTerminal ? 0 : personalized.largest(at: transition.next)
        let value = personalized.values[cell]
        let error = transition.reward + discount * future - value
        personalized.values[cell] = bounded(
            value + learningRate * error - learningRate * proximalWeight * (value - auxiliary.values[cell]))
    }

    /// Equation (8) from the auxiliary table's own place, as in the proof of Lemma 2: it moves by eta * lambda towards the personalized
    /// table, in every state of the task.
    package mutating func moveAuxiliary(learningRate: Double, proximalWeight: Double) {
        let actions = auxiliary.actions
        for state in hasState.indices where hasState[state] {
            for cell in state * actions..<(state + 1) * actions {
                let value = auxiliary.values[cell]
                auxiliary.values[cell] = bounded(value - learningRate * proximalWeight * (value - personalized.values[cell]))
            }
        }
    }

    private mutating func bounded(_ value: Double) -> Double {
        if abs(value) < bound { return value }
        hasDiverged = true
        return clamped(value, bound)
    }
}
