import Environments
import Runs

extension Table {
    /// Agents and policies below each other, families beside each other.
    ///
    /// - Parameter set: `.test` takes only families whose test tasks are others than the training tasks.
    /// - Returns: a table without rows when there is no finished run of any family.
    static func comparison(_ comparison: Comparison, _ metric: Metric, _ set: TaskSet) -> Table {
        let scores = set == .train ? comparison.scores(metric).filter { $0.set == .train } : comparison.unseen(metric)
        let families = comparison.families.filter { family in scores.contains { $0.family == family } }
        let columns = families.map { family in FamilyColumn(family, metric, scores.filter { $0.family == family }) }
        let keys = rowKeys(scores), hasTerms = Set(keys.map(\.terms)).count > 1
        var table = Table(
            name: metric.fileName(set == .train ? "comparison" : "unseen-tasks"),
            title: metric.finalTitle.sentence + (set == .train ? " on the training tasks" : " on unseen tasks"),
            columns: [Column("agent"), Column("policy")] + (hasTerms ? [Column("adaptation episodes", numeric: true)] : [])
                + columns.map { $0.column(saysSeeds: Set(columns.map(\.seeds)).count > 1) },
            notes: notes(columns, metric, set, isOnLikeTerms: !hasTerms))
        for row in keys {
            let policy: [Cell] = hasTerms ? [Cell(row.terms.removed(from: row.title)), .whole(row.terms.episodes)] : [Cell(row.title)]
            table.rows.append([Cell(row.label)] + policy + columns.map { $0.cell(row) })
        }
        return table
    }

    private struct RowKey: Hashable {
        var label: String
        var policy: String
        var title: String
        var terms: AdaptationTerms

        init(_ scores: PolicyScores) {
            (label, policy, title, terms) = (scores.group.label, scores.policy, scores.title, AdaptationTerms(scores))
        }
    }

    /// Every agent and policy once: those on the same terms together, of these agents by name, of each its policies in their order.
    private static func rowKeys(_ scores: [PolicyScores]) -> [RowKey] {
        Set(scores.map(RowKey.init)).sorted {
            $0.terms != $1.terms ? $0.terms < $1.terms
                : $0.label != $1.label ? Comparison.precedes($0.label, $1.label) : PolicyName.isListedBefore($0.policy, $1.policy)
        }
    }

    /// One family's returns and what may be said of them.
    private struct FamilyColumn {
        let family: String
        let scores: [PolicyScores]
        /// The most of any cell; the head says how many where columns differ, and cells with fewer say so.
        let seeds: Int
        /// What keeps them from being compared.
        let differences: [String]
        let best: Set<Int>
        let tooFew: Set<Int>

        init(_ family: String, _ metric: Metric, _ scores: [PolicyScores]) {
            self.family = family
            self.scores = scores
            seeds = scores.map(\.seeds.count).max() ?? 0
            var best: Set<Int> = [], tooFew: Set<Int> = [], differences: [String] = []
            if metric.hasOrder {
                for (_, indices) in Dictionary(grouping: scores.indices, by: { AdaptationTerms(scores[$0]) }).sorted(by: { $0.key < $1.key }) {
                    guard indices.count > 1 else { continue }
                    let own = Comparison.differences(indices.map { scores[$0] })
                    differences += own
                    guard own.isEmpty else { continue }
                    let found = Order.best(indices.map { scores[$0] })
                    best.formUnion((found?.best ?? []).map { indices[$0] })
                    tooFew.formUnion(found?.tooFew.map { indices[$0] } ?? indices)
                }
            }
            (self.best, self.tooFew, self.differences) = (best, tooFew, differences.unique)
        }

        func column(saysSeeds: Bool) -> Column {
            let count = saysSeeds ? " (\(seeds) \(seeds == 1 ? "seed" : "seeds"))" : ""
            return Column(family + count + (differences.isEmpty ? "" : " †"), numeric: true, name: family)
        }

        func cell(_ row: RowKey) -> Cell {
            guard let index = scores.firstIndex(where: { RowKey($0) == row }) else { return .none }
            var cell = Cell.spread(scores[index].seedMeans, isBest: best.contains(index))
            if scores[index].seeds.count < seeds { cell.text += " (\(scores[index].seeds.count))" }
            return cell
        }
    }

    /// Which of the policies have adapted to their tasks.
    private static func adaptationNote(_ scores: [PolicyScores]) -> String {
        let isAdapted = Set(scores.map { AdaptationTerms($0).episodes > 0 })
        let hasPersonalized = scores.contains { $0.group.isPersonalized($0.policy) }
        return (isAdapted == [true] ? "Each policy has adapted to the task by episodes played for it."
            : isAdapted == [false] ? "No policy has played episodes to adapt to the task."
            : "Policies with 0 adaptation episodes know the task from training, or have no information about it.")
            + (hasPersonalized ? " Each task has its own personalized policy." : "")
    }

    private static func notes(_ columns: [FamilyColumn], _ metric: Metric, _ set: TaskSet, isOnLikeTerms: Bool) -> String {
        let scores = columns.flatMap(\.scores), seeds = Set(columns.map(\.seeds)).sorted()
        let hasFewer = columns.contains { column in column.scores.contains { $0.seeds.count < column.seeds } }
        let over = seeds.count > 1 ? "the seeds that its column's head counts" : seeds == [1] ? "1 seed" : "\(seeds.first ?? 0) seeds"
        var notes = [
            "Mean over tasks and evaluation episodes at the last evaluation, mean ± standard deviation over \(over)"
                + (hasFewer ? ", or as many as a number in brackets says." : "."),
            set == .train
                ? adaptationNote(scores)
                : "Only families whose test tasks differ from their training tasks. There are no personalized policies for unseen tasks.",
            !metric.hasOrder ? "No value of this metric is better than another; nothing is bold."
                : set == .train
                ? "Bold: the \(metric.best) mean of a column\(isOnLikeTerms ? "" : " among policies with as many adaptation episodes"), "
                    + "and each mean that does not differ significantly from it. " + Order.rule(Order.tests(scores))
                : "Bold as on the training tasks.",
        ]
        for column in columns where metric.isReturn {
            guard let best = column.scores.lazy.compactMap({ $0.group.bestReturn($0.policy, $0.set) }).first else { continue }
            notes.append("\(column.family): the best possible return is \(Format.number(best, decimals: 1)), by value iteration.")
        }
        for column in columns where !column.tooFew.isEmpty {
            notes.append(column.best.isEmpty
                ? "\(column.family): too few seeds for a test; nothing is bold there."
                : "\(column.family): too few seeds for a test, never bold: "
                    + "\(Format.list(column.tooFew.sorted().map { column.scores[$0].name })).")
        }
        for column in columns where !column.differences.isEmpty {
            notes.append("† \(column.family): rows with as many adaptation episodes differ in \(column.differences.joined(separator: ", ")), "
                + "so that nothing is bold among them.")
        }
        return notes.joined(separator: " ")
    }
}

extension Comparison {
    /// Final values on tasks that training never saw.
    func unseen(_ metric: Metric) -> [PolicyScores] {
        let scores = scores(metric)
        return scores.filter { test in
            test.set == .test && !scores.contains { $0.family == test.family && $0.set == .train && $0.tasks == test.tasks }
        }
    }
}
