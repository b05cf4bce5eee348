import TabularPMetaRL

/// Tabular pMeta-RL's round.
extension LearningCases {
    /// Rounds of several tasks by the updates that `pmeta-q` trains with, transition by transition.
    static func tabularRound(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let start = try file.text("personalStart")
        try file.require(["meta", "keep"].contains(start), "'personalStart' is '\(start)', not meta or keep")
        let alpha = try file.number("alpha"), eta = try file.number("eta"), beta = try file.number("beta")
        let lambda = try file.number("proximalWeight"), discount = try file.number("discount"), bound = 1e100
        var meta = try table(file, "meta"), tasks: [TaskTables] = []
        let states = meta.values.count / meta.actions
        for (number, round) in try file.parts("rounds").enumerated() {
            let recorded = try round.parts("tasks")
            if number == 0 {
                tasks = try recorded.map { part in
                    let cells = try part.number("cells")
                    return TaskTables(hasState: (0..<states).map { Double($0) < cells }, actions: meta.actions, bound: bound)
                }
            }
            try round.require(recorded.count == tasks.count, "'rounds' differ in their number of tasks")
            for (index, part) in recorded.enumerated() {
                tasks[index].beginRound(from: meta, keepsPersonalized: start == "keep" && number > 0)
                for iteration in try part.lists("iterations") {
                    for transition in try transitions(iteration, states: states, actions: meta.actions) {
                        tasks[index].learn(transition, discount: discount, learningRate: alpha, proximalWeight: lambda)
                    }
                    tasks[index].moveAuxiliary(learningRate: eta, proximalWeight: lambda)
                }
                let place = "round \(number), task \(index)"
                compare("\(place): personalized", tasks[index].personalized, try table(part, "personalized"), &comparison)
                compare("\(place): auxiliary", tasks[index].auxiliary, try table(part, "auxiliary"), &comparison)
            }
            meta.aggregate(tasks.map { ($0.auxiliary, $0.hasState) }, rate: beta, bound: bound)
            compare("round \(number): meta", meta, try table(round, "meta"), &comparison)
        }
    }

    private static func table(_ part: LearningCaseFile, _ key: String) throws -> QTable {
        let rows = try part.matrix(key), actions = rows.first?.count ?? 0
        try part.require(actions > 0 && rows.allSatisfy { $0.count == actions }, "'\(key)' is not a table of states and actions")
        return QTable(rows.flatMap { $0 }, actions: actions)
    }

    /// Rows [s, a, r, s', ended].
    private static func transitions(_ rows: [[Double]], states: Int, actions: Int) throws -> [TabularTransition] {
        try rows.map { row in
            guard row.count == 5, let state = Int(exactly: row[0]), let action = Int(exactly: row[1]), let next = Int(exactly: row[3]),
                (0..<states).contains(state), (0..<states).contains(next), (0..<actions).contains(action)
            else { throw LearningCaseFile.Malformed(description: "has \(row) where a state, action, reward, next state and end are expected") }
            return TabularTransition(state: state, action: action, reward: row[2], next: next, isTerminal: row[4] != 0)
        }
    }

    /// The cells that are recorded: those of the task, which come first.
    private static func compare(_ name: String, _ found: QTable, _ expected: QTable, _ comparison: inout LearningComparison) {
        comparison.compare(name, Array(found.values.prefix(expected.values.count)), expected.values)
    }
}
