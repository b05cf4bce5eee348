/// Values of actions by table, [states, actions], row-major; states as `Space.index(of:)` numbers them.
package struct QTable: Sendable, Equatable {
    package let actions: Int
    package var values: [Double]

    /// All zeros.
    package init(states: Int, actions: Int) { self.init(Array(repeating: 0, count: states * actions), actions: actions) }

    package init(_ values: [Double], actions: Int) {
        precondition(actions > 0 && values.count % actions == 0, "a table is [states, actions]")
        self.values = values
        self.actions = actions
    }

    /// The values of a state's actions.
    func row(_ state: Int) -> ArraySlice<Double> { values[state * actions..<(state + 1) * actions] }

    func largest(at state: Int) -> Double { row(state).reduce(-.infinity) { max($0, $1) } }

    /// The action of the largest value, the lowest of equal ones.
    func greedyAction(at state: Int) -> Int {
        var best = 0
        for action in 1..<max(1, actions) where values[state * actions + action] > values[state * actions + best] { best = action }
        return best
    }

    /// How far the farthest value is from 0.
    var largestMagnitude: Double { values.reduce(0) { max($0, abs($1)) } }
}

extension QTable {
    /// Equation (9): this, the meta table, moves by `rate` [beta] to the mean of the tasks' tables, in each state over the tasks that have it;
    /// states that no task has keep their values.
    package mutating func aggregate(_ tables: [(table: QTable, hasState: [Bool])], rate: Double, bound: Double) {
        for state in 0..<values.count / actions {
            let owners = tables.filter { $0.hasState[state] }
            guard !owners.isEmpty else { continue }
            for cell in state * actions..<(state + 1) * actions {
                let mean = owners.reduce(0) { $0 + $1.table.values[cell] } / Double(owners.count)
                values[cell] = clamped((1 - rate) * values[cell] + rate * mean, bound)
            }
        }
    }
}

/// The nearest number in -bound...bound; what is not a number becomes `bound`.
func clamped(_ value: Double, _ bound: Double) -> Double { value.isNaN ? bound : max(-bound, min(bound, value)) }
