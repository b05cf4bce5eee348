import Environments

/// The five tasks on which the theorems are checked: 6 x 6 cells in all of which every action can be taken, landmarks that end nothing, rewards
/// of minus the distance to the landmark over 12, and a slip of 0.1. Tables are exact, in float64: [36 states, 4 actions].
struct TheoryTasks: Sendable {
    static let size = 6
    static let landmarks = [(0, 5), (5, 0), (5, 5), (2, 3), (0, 0)]
    static let slip = 0.1
    static let discount = 0.9
    static let rewardScale = 12.0
    static let states = size * size
    static let actions = 4

    /// One for each landmark.
    let models: [TransitionModel]

    /// - Parameter diversity: s, by which rewards differ from the tasks' mean: r_i = mean of r_j + s * (r_i - mean of r_j). 1 leaves them as
    ///   they are, 0 makes all tasks alike.
    init(diversity: Double = 1) {
        let rewards = Self.landmarks.map { landmark in
            (0..<Self.states).map { state in
                -Double(abs(state / Self.size - landmark.0) + abs(state % Self.size - landmark.1)) / Self.rewardScale
            }
        }
        let means = (0..<Self.states).map { state in rewards.reduce(0) { $0 + $1[state] } / Double(rewards.count) }
        models = rewards.map { own in
            TransitionModel(stateCount: Self.states, actionCount: Self.actions, states: Array(0..<Self.states), starts: []) { state, action in
                (0..<Self.actions).map { move in
                    let next = Self.state(after: move, from: state)
                    return .init(
                        probability: (move == action ? 1 - Self.slip : 0) + Self.slip / Double(Self.actions), next: next,
                        reward: means[next] + diversity * (own[next] - means[next]), isTerminal: false)
                }
            }
        }
    }

    /// Down, up, right, left; a move off the grid stays.
    private static func state(after move: Int, from state: Int) -> Int {
        let (x, y) = (state / size, state % size), (dx, dy) = [(0, 1), (0, -1), (1, 0), (-1, 0)][move]
        let (nextX, nextY) = (x + dx, y + dy)
        return (0..<size).contains(nextX) && (0..<size).contains(nextY) ? nextX * size + nextY : state
    }

    /// T_i: the Bellman optimality operator of a task.
    func backup(_ task: Int, _ table: [Double]) -> [Double] { models[task].backup(table, discount: Self.discount) }

    /// The exact personalized table of a task for a meta table Q: the fixed point of (lambda * Q + T_i PP) / (1 + lambda), which minimises (3).
    ///
    /// - Parameter start: where the iteration starts; Q by default. The result does not depend on it beyond 1e-14.
    func personalized(_ task: Int, meta: [Double], weight: Double, from start: [Double]? = nil) -> [Double] {
        let contraction = Self.discount / (1 + weight)
        return fixedPoint(from: start ?? meta, contraction: contraction, tolerance: 1e-14) {
            personalizedStep(task, $0, meta: meta, weight: weight)
        }
    }

    /// (lambda * Q + T_i PP) / (1 + lambda), the operator of the paper's (17): one iteration towards the personalized table.
    func personalizedStep(_ task: Int, _ table: [Double], meta: [Double], weight: Double) -> [Double] {
        zip(meta, backup(task, table)).map { (weight * $0 + $1) / (1 + weight) }
    }

    /// The fixed point of the mean of all tasks' operators.
    func commonTable() -> [Double] {
        fixedPoint(from: Array(repeating: 0, count: Self.states * Self.actions), contraction: Self.discount, tolerance: 1e-12) { table in
            mean(models.indices.map { backup($0, table) })
        }
    }
}

/// Applies `step` until its fixed point is within `tolerance` in every cell, given how much a step brings two tables nearer to each other.
func fixedPoint(from start: [Double], contraction: Double, tolerance: Double, step: ([Double]) -> [Double]) -> [Double] {
    var table = start
    while true {
        let next = step(table), change = largestDifference(next, table)
        table = next
        if change * contraction <= tolerance * (1 - contraction) { return table }
    }
}

func largestDifference(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) } }

/// Cell by cell.
func mean(_ tables: [[Double]]) -> [Double] {
    var sum = Array(repeating: 0.0, count: tables.first?.count ?? 0)
    for table in tables {
        for index in sum.indices { sum[index] += table[index] }
    }
    return sum.map { $0 / Double(tables.count) }
}
