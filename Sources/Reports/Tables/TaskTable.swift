extension Table {
    /// The last evaluation of every group, policy and task.
    static func tasks(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "tasks", title: "Returns by task",
            columns: [
                Column("family"), Column("tasks"), Column("task"), Column("agent"), Column("policy"),
                Column("final return", numeric: true), Column("seeds", numeric: true),
            ],
            notes: "Mean ± standard deviation over the finished seeds at the last evaluation.")
        for scores in comparison.scores {
            for (task, returns) in zip(scores.tasks, scores.returns) {
                table.rows.append([
                    Cell(scores.family), Cell(scores.set.title), Cell(task), Cell(scores.group.label), Cell(scores.title),
                    .spread(returns), Cell("\(returns.count)", number: Number(Double(returns.count))),
                ])
            }
        }
        return table
    }
}
