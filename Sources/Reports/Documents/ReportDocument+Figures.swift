extension ReportDocument {
    /// Every figure of a comparison, by the section it belongs to.
    struct Figures {
        var curves: [Block]
        var unseen: [Block]
        var adaptation: [Block]
        var tasks: [Block]
        var profiles: [Block]

        init(_ comparison: Comparison) {
            let styles = LineStyles(comparison)
            let families = comparison.families.map { (name: $0, lines: styles.lines($0)) }
            func blocks(_ figures: [Figure?]) -> [Block] { figures.compactMap { $0.map(Block.figure) } }
            curves = blocks([OverviewFigure(.train, families: families).figure]
                + families.map { LearningCurveFigure(family: $0.name, set: .train, lines: $0.lines).figure })
            unseen = blocks([OverviewFigure(.test, families: families).figure]
                + families.map { LearningCurveFigure(family: $0.name, set: .test, lines: $0.lines).figure })
            let adapting = blocks(families.map { AdaptationFigure(family: $0.name, lines: $0.lines).figure })
            adaptation = adapting.isEmpty ? [] : [.paragraph(AdaptationFigure.explanation)] + adapting
            tasks = blocks(families.map { TaskFigure(family: $0.name, lines: $0.lines).figure })
            profiles = blocks([PerformanceProfileFigure(comparison, styles: styles).figure])
        }
    }
}
