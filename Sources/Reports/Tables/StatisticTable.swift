import Runs

extension Table {
    /// The best evaluation of every policy on training tasks and the mean of its last five, beside the last one. No rows unless the papers claim
    /// something of another evaluation than the last.
    static func statistics(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim]) -> Table {
        let isClaimed = metric.hasOrder && claims.contains { $0.claim.metric == metric.name && [.best, .lastFive].contains($0.claim.statistic) }
        let scores = isClaimed ? comparison.scores(metric).filter { $0.set == .train } : []
        let unit = scores.allSatisfy(\.isEvaluatedEveryRound) ? "round" : "evaluation"
        let titles: [(statistic: PaperClaims.Statistic, title: String)] = [
            (.best, "best \(unit)"), (.lastFive, "mean of the last five \(unit)s"), (.final, "last evaluation"),
        ]
        var table = Table(
            name: metric.fileName("best-and-last"), title: metric.titled(titles.map(\.title).joined(separator: ", ").sentence),
            columns: [Column("family"), Column("agent"), Column("policy")] + titles.map { Column($0.title, numeric: true) }
                + [Column("seeds", numeric: true)],
            notes: """
                Of each seed, of the mean over training tasks and evaluation episodes; then mean ± standard deviation over seeds. The best \(unit) \
                of a run flatters: the more \(unit)s there are, and the noisier they are, the higher it is. The CSV file also has the 95% interval \
                of each mean (Student's).
                """)
        for own in scores {
            table.rows.append(own.group.cells + [Cell(own.title)] + titles.map { statistic, _ in
                let values = own.seedMeans(statistic)
                return .spread(values, interval: Statistics.meanInterval(values))
            } + [seeds(own.group, own.seeds.count)])
        }
        return table
    }
}

extension PolicyScores {
    /// True where every run was evaluated at the end of each round of its budget.
    fileprivate var isEvaluatedEveryRound: Bool {
        let filter = EvaluationFilter(policy: policy, set: set, metric: metric)
        return group.counted(filter).allSatisfy { run in
            let spent = run.marks(filter).map(\.spent)
            return run.budgetUnit == "rounds" && zip(spent, spent.dropFirst()).allSatisfy { $1 == $0 + 1 }
        }
    }
}
