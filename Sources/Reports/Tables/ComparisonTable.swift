import Environments
import Runs

extension Table {
    /// Agents and policies below each other, families beside each other.
    ///
    /// - Parameter set: `.test` takes only families whose test tasks are others than the training tasks.
    /// - Returns: a table without rows when there is no finished run of any family.
    static func comparison(_ comparison: Comparison, _ set: TaskSet) -> Table {
        let scores = set == .train ? comparison.scores.filter { $0.set == .train } : comparison.unseen
        let families = comparison.families.filter { family in scores.contains { $0.family == family } }
        let columns = families.map { family in FamilyColumn(family, scores.filter { $0.family == family }) }
        var table = Table(
            name: set == .train ? "comparison" : "unseen-tasks",
            title: set == .train ? "Final return on the training tasks" : "Final return on unseen tasks",
            columns: [Column("agent"), Column("policy")] + columns.map(\.column), notes: notes(columns, set))
        for row in rowKeys(scores) {
            table.rows.append([Cell(row.label), Cell(PolicyName.title(row.policy))] + columns.map { $0.cell(row) })
        }
        return table
    }

    private struct RowKey: Hashable {
        var label: String
        var policy: String
    }

    /// Every agent and policy once, by name, the meta-policy first.
    private static func rowKeys(_ scores: [PolicyScores]) -> [RowKey] {
        let keys = Set(scores.map { RowKey(label: $0.group.label, policy: $0.policy) })
        return keys.sorted { ($0.label, $0.policy == PolicyName.meta ? 0 : 1) < ($1.label, $1.policy == PolicyName.meta ? 0 : 1) }
    }

    /// One family's returns and what may be said of them.
    private struct FamilyColumn {
        let family: String
        let scores: [PolicyScores]
        /// What keeps them from being compared.
        let differences: [String]
        let best: Set<Int>
        let tooFew: Set<Int>

        init(_ family: String, _ scores: [PolicyScores]) {
            self.family = family
            self.scores = scores
            differences = Comparison.differences(scores)
            (best, tooFew) = differences.isEmpty ? Order.best(scores.map(\.seedMeans)) : ([], [])
        }

        var column: Column { Column(differences.isEmpty ? family : family + " †", numeric: true, name: family) }

        func cell(_ row: RowKey) -> Cell {
            guard let index = scores.firstIndex(where: { $0.group.label == row.label && $0.policy == row.policy }) else { return .none }
            return .spread(scores[index].seedMeans, isBest: best.contains(index))
        }
    }

    /// How many episodes the agents adapted with, where these are not the same for all.
    private static func adaptation(_ scores: [PolicyScores]) -> [String] {
        let agents = Dictionary(grouping: scores.filter { $0.policy == PolicyName.meta }) { $0.lastAdaptation.map(\.episodes).max() ?? 0 }
        guard agents.count > 1 else { return [] }
        let parts = agents.sorted { $0.key < $1.key }.map { episodes, scores in
            "\(episodes) (\(scores.map(\.group.label).unique.joined(separator: ", ")))"
        }
        return ["Adaptation episodes before it: \(parts.joined(separator: ", "))."]
    }

    private static func notes(_ columns: [FamilyColumn], _ set: TaskSet) -> String {
        let scores = columns.flatMap(\.scores)
        let most = scores.map(\.seeds.count).max() ?? 0
        let fewer = scores.filter { $0.seeds.count < most }.map { "\($0.name) on \($0.family) (\($0.seeds.count))" }
        var notes = [
            "Mean over tasks and evaluation episodes at the last evaluation, mean ± standard deviation over \(most) "
                + (most == 1 ? "seed" : "seeds") + (fewer.isEmpty ? "." : ", except \(Format.list(fewer))."),
            set == .train
                ? "The meta-policy has adapted to the task; each task has its own personalized policy."
                : "Only families whose test tasks differ from their training tasks. There are no personalized policies for unseen tasks.",
            set == .train
                ? "Bold: the highest mean of a column, and each mean that does not differ significantly from it. " + Order.rule
                : "Bold as on the training tasks.",
        ] + adaptation(scores)
        for column in columns where !column.tooFew.isEmpty {
            notes.append(column.best.isEmpty
                ? "\(column.family): too few seeds for a test; nothing is bold there."
                : "\(column.family): too few seeds for a test, never bold: "
                    + "\(Format.list(column.tooFew.sorted().map { column.scores[$0].name })).")
        }
        for column in columns where !column.differences.isEmpty {
            notes.append("† \(column.family): its rows differ in \(column.differences.joined(separator: ", ")); nothing is bold there.")
        }
        return notes.joined(separator: " ")
    }
}

extension Comparison {
    /// Final returns on tasks that training never saw.
    var unseen: [PolicyScores] {
        scores.filter { test in
            test.set == .test && !scores.contains { $0.family == test.family && $0.set == .train && $0.tasks == test.tasks }
        }
    }
}
