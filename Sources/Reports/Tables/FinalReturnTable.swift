import Formats
import Runs

extension Table {
    /// The last evaluation of every group and policy: its spread over seeds, and what is left of it without the best and the worst.
    static func finals(_ comparison: Comparison, _ metric: Metric) -> Table {
        var table = Table(
            name: metric.isReturn ? "final-returns" : metric.fileName("final"), title: metric.finalTitles.sentence,
            columns: [
                Column("family"), Column("agent"), Column("policy"), Column("tasks"), Column(metric.finalTitle, numeric: true),
                Column("interquartile mean [95% interval]", numeric: true, name: "interquartile mean"),
                Column("median of tasks [95% interval]", numeric: true, name: "median of tasks"), Column("seeds", numeric: true),
            ],
            notes: """
                \(metric.finalTitle.sentence): mean over tasks and evaluation episodes at the last evaluation, then mean ± standard deviation over \
                the finished seeds. Interquartile mean: over tasks and seeds together. Median of tasks: of each task's mean over seeds. \
                Intervals: 95% bootstrap (2,000 resamples, drawing whole seeds with all their tasks); with three seeds they are too narrow. The \
                CSV file also has the mean's interval.
                """)
        for group in comparison.groups {
            let filters = group.filters(metric)
            if filters.isEmpty { table.rows.append(group.cells + ["–", "–", .none, .none, .none, seeds(group, 0)]) }
            for filter in filters {
                let scores = comparison.scores(metric).first {
                    $0.family == group.family && $0.group.label == group.label && $0.policy == filter.policy && $0.set == filter.set
                }
                table.rows.append(group.cells + [Cell(group.title(filter.policy)), Cell(filter.set.title)] + final(scores)
                    + [seeds(group, scores?.seeds.count ?? 0)])
            }
        }
        return table
    }

    /// Mean ± deviation over seeds, interquartile mean and median with their intervals.
    private static func final(_ scores: PolicyScores?) -> [Cell] {
        guard let scores else { return [.none, .none, .none] }
        let values = scores.values
        func interval(_ statistic: ([[Double]]) -> Double) -> ClosedRange<Double>? {
            Statistics.bootstrapInterval(tasks: values, statistic: statistic)
        }
        return [
            .spread(scores.seedMeans, interval: interval { Statistics.mean(tasks: $0) }),
            .interval(Statistics.interquartileMean(tasks: values), interval { Statistics.interquartileMean(tasks: $0) }),
            .interval(Statistics.median(tasks: values), interval { Statistics.median(tasks: $0) }),
        ]
    }

    /// `3`, or `2 of 3` where some don't count.
    static func seeds(_ group: RunGroup, _ entered: Int) -> Cell {
        Cell(entered == group.runs.count ? "\(entered)" : "\(entered) of \(group.runs.count)", number: Number(Double(entered)))
    }
}

extension RunGroup {
    /// A row's first cells: family and agent.
    var cells: [Table.Cell] { [Table.Cell(family), Table.Cell(label)] }
}
