import Runs

extension ReportDocument {
    /// Every figure of one metric, by the section it belongs to.
    struct Figures {
        var curves: [Block]
        var unseen: [Block]
        var adaptation: [Block]
        var tasks: [Block]
        var profiles: [Block]

        init(_ comparison: Comparison, _ metric: Metric) {
            let styles = LineStyles(comparison)
            let families = comparison.families.map { (name: $0, lines: styles.lines($0, metric)) }
            func blocks(_ figures: [Figure?]) -> [Block] { figures.compactMap { $0.map(Block.figure) } }
            curves = blocks(OverviewFigure.all(.train, metric: metric, families: families).map(\.figure)
                + families.map { LearningCurveFigure(family: $0.name, set: .train, metric: metric, lines: $0.lines).figure })
            unseen = blocks(OverviewFigure.all(.test, metric: metric, families: families).map(\.figure)
                + families.map { LearningCurveFigure(family: $0.name, set: .test, metric: metric, lines: $0.lines).figure })
            let adapting = metric.isReturn ? blocks(families.map { AdaptationFigure(family: $0.name, lines: $0.lines).figure }) : []
            adaptation = adapting.isEmpty ? [] : [.paragraph(AdaptationFigure.explanation)] + adapting
            tasks = blocks(families.map { TaskFigure(family: $0.name, metric: metric, lines: $0.lines).figure })
            profiles = blocks([PerformanceProfileFigure(comparison, metric: metric, styles: styles).figure])
        }
    }
}
