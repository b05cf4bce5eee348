import Environments
import Experiments

extension Table {
    /// The last evaluation of every group and policy, with its spread over seeds and what the runs took.
    static func finalReturns(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "final-returns", title: "Final returns",
            columns: [
                Column("family"), Column("agent"), Column("policy"), Column("tasks"), Column("final return", numeric: true),
                Column("interquartile mean [95% interval]", numeric: true), Column("seeds", numeric: true), Column("steps", numeric: true),
                Column("wall time a run", numeric: true), Column("steps/s", numeric: true),
            ],
            notes: """
                Final return: mean over tasks and evaluation episodes at the last evaluation, then mean ± standard deviation over \
                the finished seeds. Interquartile mean: over tasks and seeds together, with a 95% stratified bootstrap interval \
                (2,000 resamples, seeds drawn task by task). Steps/s: environment steps a second of wall clock, evaluation included.
                """)
        for group in comparison.groups {
            let filters = group.filters
            if filters.isEmpty { table.rows.append((["–", "–", "–", "–"] + cost(group)).cells(after: group)) }
            for filter in filters {
                table.rows.append(([filter.policy.title, filter.set.rawValue] + finalReturn(group, filter) + cost(group)).cells(after: group))
            }
        }
        return table
    }

    /// Mean ± deviation over seeds, and the interquartile mean with its interval.
    private static func finalReturn(_ group: RunGroup, _ filter: EvaluationFilter) -> [String] {
        let finals = group.counted.compactMap { $0.marks(filter).last?.taskReturns }
        guard !finals.isEmpty else { return ["–", "–"] }
        let tasks = finals.map(\.count).min() ?? 0
        let strata = (0..<tasks).map { task in finals.map { $0[task] } }
        let iqm = Statistics.interquartileMean(strata.flatMap { $0 })
        let ends = Statistics.bootstrapInterval(strata: strata, statistic: Statistics.interquartileMean)
        let digits = Format.decimals(for: abs(iqm), beside: ends.map { ($0.upperBound - $0.lowerBound) / 2 } ?? .nan)
        var interval = Format.number(iqm, decimals: digits)
        if let ends {
            interval += " [\(Format.number(ends.lowerBound, decimals: digits)), \(Format.number(ends.upperBound, decimals: digits))]"
        }
        return [Format.spread(finals.map(Statistics.mean)), interval]
    }

    /// Seeds, steps, wall time and speed of a group.
    private static func cost(_ group: RunGroup) -> [String] {
        let counted = group.counted, shown = counted.isEmpty ? group.runs : counted
        let seeds = counted.count == group.runs.count ? "\(counted.count)" : "\(counted.count) of \(group.runs.count)"
        let steps = Set(shown.map(\.steps)).sorted()
        let range = steps.count == 1 ? Format.count(steps[0]) : steps.isEmpty ? "–"
            : "\(Format.count(steps[0])) to \(Format.count(steps[steps.count - 1]))"
        let rate = Statistics.mean(shown.compactMap(\.stepsPerSecond))
        return [
            seeds, range, Format.duration(Statistics.mean(shown.map(\.wallSeconds))),
            Format.number(rate, decimals: Format.decimals(for: rate)),
        ]
    }
}

extension [String] {
    /// A row that begins with the group's family and agent.
    func cells(after group: RunGroup) -> [Table.Cell] { ([group.family, group.label] + self).map { Table.Cell($0) } }
}
