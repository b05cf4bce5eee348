import Environments
import Experiments

extension Table {
    /// The last evaluation of every group, policy and task.
    static func tasks(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "tasks", title: "Task by task",
            columns: [
                Column("family"), Column("set"), Column("task"), Column("agent"), Column("policy"),
                Column("final return", numeric: true), Column("seeds", numeric: true),
            ],
            notes: "Mean ± standard deviation over the finished seeds at the last evaluation.")
        for group in comparison.groups {
            for filter in group.filters {
                for task in group.tasks(filter.set) {
                    let one = EvaluationFilter(policy: filter.policy, set: filter.set, task: task)
                    let finals = group.counted.compactMap { $0.marks(one).last?.mean }
                    guard !finals.isEmpty else { continue }
                    table.rows.append([
                        group.family, filter.set.rawValue, task, group.label, filter.policy.title, Format.spread(finals), "\(finals.count)",
                    ].map { Cell($0) })
                }
            }
        }
        return table
    }
}
