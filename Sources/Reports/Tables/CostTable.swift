import Runs

extension Table {
    /// Time and steps of the runs of every group.
    static func cost(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "cost", title: "Time and steps of the runs",
            columns: [
                Column("family"), Column("agent"), Column("steps", numeric: true), Column("updates", numeric: true),
                Column("wall time a run", numeric: true, name: "wall seconds a run"), Column("steps/s", numeric: true),
                Column("updates/s", numeric: true), Column("seeds", numeric: true),
            ],
            notes: """
                Means over the finished seeds, or over all seeds if none is finished. Steps: environment steps of training, all tasks together. \
                Updates: gradient updates as each agent counts them; agents have networks and batches of different sizes. Wall time includes \
                evaluation and depends on the machine and on what else was running.
                """)
        for group in comparison.groups {
            let counted = group.counted, shown = counted.isEmpty ? group.runs : counted
            let timed = shown.filter { $0.wallSeconds > 0 }
            table.rows.append(group.cells + [
                .counts(shown.map(\.steps)), .counts(shown.map(\.updates)),
                .duration(Statistics.mean(timed.map(\.wallSeconds))), .number(Statistics.mean(shown.compactMap(\.stepsPerSecond))),
                .number(Statistics.mean(timed.map { Double($0.updates) / $0.wallSeconds })), seeds(group, counted.count),
            ])
        }
        return table
    }
}
