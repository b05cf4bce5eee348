import Environments
import Experiments

extension Table {
    /// Whether every group learned and whether adapting helped it.
    static func learning(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "learning", title: "Does it learn, does adapting help",
            columns: [
                Column("family"), Column("agent"), Column("policy"), Column("tasks"), Column("first evaluation", numeric: true),
                Column("last quarter of the curve", numeric: true), Column("rise / standard error", numeric: true),
                Column("before adapting", numeric: true), Column("seeds", numeric: true),
            ],
            notes: """
                Mean ± standard deviation over seeds. Last quarter: all evaluations in the last quarter of the steps. Rise: each seed's \
                last quarter less its first evaluation, mean over seeds, in standard errors of that mean. Before adapting: return of the \
                first adaptation episode in the last quarter, played as the agent explores; the columns before are of adapted, \
                deterministic policies.
                """)
        for group in comparison.groups {
            for filter in group.filters {
                let evidence = LearningEvidence(group, filter)
                guard !evidence.first.isEmpty else { continue }
                table.rows.append([
                    filter.policy.title, filter.set.rawValue, Format.spread(evidence.first), Format.spread(evidence.lastQuarter),
                    Format.number(evidence.riseInStandardErrors, decimals: 1),
                    evidence.beforeAdapting.isEmpty ? "–" : Format.spread(evidence.beforeAdapting), "\(evidence.first.count)",
                ].cells(after: group))
            }
        }
        return table
    }
}
