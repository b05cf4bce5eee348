import Runs

extension Table {
    /// The cost and the gain of adapting to a task.
    static func adaptation(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "adaptation", title: "Cost and gain of adapting",
            columns: [
                Column("family"), Column("agent"), Column("policy"), Column("tasks"), Column("episodes", numeric: true),
                Column("steps per task", numeric: true), Column("before adapting", numeric: true), Column("after", numeric: true),
                Column("rise", numeric: true), Column("training steps", numeric: true), Column("seeds", numeric: true),
            ],
            notes: """
                Episodes and steps: those of one adaptation at the last evaluation. Where episodes end early, steps are a task's mean over its adaptations; the cell \
                has the mean over tasks and seeds (least to most). \
                Policies with no episodes do not adapt. Before and after: mean ± standard deviation over seeds, over all evaluations in the last \
                quarter of training. Before is the first adaptation episode; after are the evaluation episodes, which are played without random \
                exploration. An agent that explores while it adapts owes a part of its rise to that.
                """)
        for scores in comparison.scores(.episodeReturn) {
            let group = scores.group
            let evidence = LearningEvidence(group, EvaluationFilter(policy: scores.policy, set: scores.set))
            let last = scores.adaptations
            let rises = evidence.rises
            table.rows.append(group.cells + [
                Cell(scores.title), Cell(scores.set.title), .counts(last.map(\.episodes)), .counts(last.map(\.steps)),
                .spread(evidence.beforeAdapting), .spread(evidence.lastQuarter), .spread(rises),
                .counts(group.counted.map { $0.budgetUnit == "steps" ? $0.totalSteps : $0.steps }), seeds(group, scores.seeds.count),
            ])
        }
        return table
    }
}
