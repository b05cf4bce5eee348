import Runs

extension Table {
    /// Whether every group learned.
    static func learning(_ comparison: Comparison, _ metric: Metric) -> Table {
        var table = Table(
            name: metric.fileName("learning"), title: metric.titled("Did the agents learn"),
            columns: [
                Column("family"), Column("agent"), Column("policy"), Column("tasks"), Column("first evaluation", numeric: true),
                Column("last quarter of the curve", numeric: true), Column("rise / standard error", numeric: true), Column("seeds", numeric: true),
            ],
            notes: """
                Mean ± standard deviation over seeds, of evaluation episodes. Last quarter: all evaluations in the last quarter of the steps. \
                Rise: each seed's last quarter minus its first evaluation, mean over seeds, in standard errors of that mean; what is counted in samples has its first \
                evaluation after the first round.
                """)
        for group in comparison.groups {
            for filter in group.filters(metric) {
                let evidence = LearningEvidence(group, filter)
                guard !evidence.first.isEmpty else { continue }
                table.rows.append(group.cells + [
                    Cell(group.title(filter.policy)), Cell(filter.set.title), .spread(evidence.first), .spread(evidence.lastQuarter),
                    .number(evidence.riseInStandardErrors, decimals: 1), seeds(group, evidence.first.count),
                ])
            }
        }
        return table
    }
}
