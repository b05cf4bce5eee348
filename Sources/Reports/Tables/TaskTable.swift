import Runs

extension Table {
    static let tasksName = "tasks"

    /// The last evaluation of every group, policy and task.
    static func tasks(_ comparison: Comparison, _ metric: Metric) -> Table {
        var table = Table(
            name: metric.fileName(tasksName), title: metric.isReturn ? "Returns by task" : metric.titled("By task"),
            columns: [
                Column("family"), Column("tasks"), Column("task"), Column("agent"), Column("policy"),
                Column(metric.finalTitle, numeric: true), Column("seeds", numeric: true),
            ],
            notes: "Mean ± standard deviation over the finished seeds at the last evaluation.")
        for scores in comparison.scores(metric) {
            for (task, values) in zip(scores.tasks, scores.values) {
                table.rows.append([
                    Cell(scores.family), Cell(scores.set.title), Cell(task), Cell(scores.group.label), Cell(scores.title),
                    .spread(values), Cell("\(values.count)", number: Number(Double(values.count))),
                ])
            }
        }
        return table
    }
}
