import Core

extension TheoryCheck {
    private static let contractionWeights = [1.0, 3, 10, 30, 100]
    private static let contractionPairs = 200

    /// Equation (18), the first step of Theorem 1's proof: the operator (lambda Q + T_i PP) / (1 + lambda) brings two tables nearer to each
    /// other. The largest difference of a cell falls to gamma / (1 + lambda) of what it was, or below.
    ///
    /// Measured on all tasks, with pairs of random tables, and with pairs that differ by the same number in every cell, where the bound is reached.
    public static func contraction(seed: UInt64) -> TheoryClaim {
        let tasks = TheoryTasks(), cells = TheoryTasks.states * TheoryTasks.actions
        var random = RandomStreams(seed: seed)["theory/contraction"]
        func table() -> [Double] { (0..<cells).map { _ in random.standardNormal() } }
        let pairs = (0..<contractionPairs).map { _ in (table(), table()) }
        let shifted = pairs.map { ($0.0, $0.0.map { $0 + 1 }) }
        func points(_ pairs: [([Double], [Double])]) -> [TheoryPoint] {
            contractionWeights.map { weight in
                TheoryPoint(x: 1 + weight, y: tasks.models.indices.reduce(0) { max($0, ratio(tasks, $1, weight: weight, pairs)) })
            }
        }
        let series = [
            TheorySeries("pairs of random tables", points(pairs), theorySlope: -1),
            TheorySeries("pairs that differ by a constant", points(shifted), theorySlope: -1),
        ]
        let largest = series.flatMap(\.points).reduce(0) { max($0, $1.y * $1.x / TheoryTasks.discount) }
        return TheoryClaim(
            theorem: "Equation (18)", title: "Contraction of the personalized operator",
            statement: """
                The operator whose fixed point is the personalized table brings any two tables nearer to each other: the largest difference of a \
                cell falls to gamma / (1 + lambda) of what it was, or below. Theorem 1's proof begins with it.
                """,
            xTitle: "1 + lambda", yTitle: "difference after, relative to before", series: series,
            bounds: [
                TheoryBound("largest difference after, as a share of gamma / (1 + lambda) of that before; lambda 1 to 100", value: largest, bound: 1),
            ],
            conditions: [
                TheoryCondition(condition: "gamma / (1 + lambda) < 1", measured: "gamma 0.9, lambda 1, 3, 10, 30 and 100", isMet: true),
                TheoryCondition(condition: "the meta table stays", measured: "a table of zeros, which cancels out", isMet: true),
            ])
    }

    /// The largest difference of a cell after the operator, relative to that before it, over all pairs.
    private static func ratio(_ tasks: TheoryTasks, _ task: Int, weight: Double, _ pairs: [([Double], [Double])]) -> Double {
        let meta = Array(repeating: 0.0, count: TheoryTasks.states * TheoryTasks.actions)
        return pairs.reduce(0) { largest, pair in
            let after = [pair.0, pair.1].map { tasks.personalizedStep(task, $0, meta: meta, weight: weight) }
            return max(largest, largestDifference(after[0], after[1]) / largestDifference(pair.0, pair.1))
        }
    }
}
