import Runs

/// Performance profiles of all agents over the families that they share.
struct PerformanceProfileFigure {
    /// Between two thresholds; the axis ends at these scores however far single ones lie beyond.
    private static let step = 0.02, lowest = -0.5, highest = 1.5

    private let scores: NormalizedScores
    private let styles: [String: LineStyle]

    private let metric: Metric

    init(_ comparison: Comparison, metric: Metric, styles: LineStyles) {
        self.metric = metric
        scores = NormalizedScores(comparison, styles: styles, metric: metric)
        let lines = scores.families.first.map { styles.lines($0, metric) } ?? []
        self.styles = Dictionary(lines.map { ($0.label, $0.style) }, uniquingKeysWith: { first, _ in first })
    }

    /// Nil for fewer than two agents with a family in common.
    var figure: Figure? {
        guard scores.tasks > 0 else { return nil }
        return Figure(name: metric.fileName("profiles"), title: metric.titled("Runs above a normalized score"), caption: caption, svg: svg)
    }

    private var caption: String {
        let seeds = FigureCaption.seeds(scores.lines.flatMap { $0.scores.map(\.count) })
        var text = "Fraction of runs and tasks whose normalized score at the last evaluation is above the value below, over "
            + "\(scores.tasks) training \(scores.tasks == 1 ? "task" : "tasks") of \(scores.families.joined(separator: ", "))"
        if let seeds { text += " and \(seeds.text)" }
        text += ". Score of a task: 0 is the mean \(metric.title) of untrained agents (evaluation at step 0), 1 the best final mean of any agent."
        if let seeds, seeds.most > 1 { text += " Band: pointwise 95% stratified bootstrap interval (2,000 resamples, seeds drawn task by task)." }
        if !scores.otherFamilies.isEmpty {
            text += " Without \(scores.otherFamilies.joined(separator: ", ")), which not all agents finished under the same conditions."
        }
        if !scores.withoutScale.isEmpty {
            text += " Left out, because no agent ends better than untrained ones or one was not evaluated untrained: "
                + scores.withoutScale.joined(separator: ", ") + "."
        }
        return text
    }

    /// Thresholds on whole steps around all scores, within the axis.
    private var thresholds: [Double] {
        let all = scores.lines.flatMap { $0.scores.flatMap { $0 } }
        let low = max(min(all.min() ?? 0, 0), Self.lowest), high = min(max(all.max() ?? 1, 1), Self.highest)
        return (Int((low / Self.step).rounded(.down))...Int((high / Self.step).rounded(.up))).map { Double($0) * Self.step }
    }

    private var svg: String {
        let thresholds = self.thresholds
        let x = Axis(from: thresholds.first ?? 0, to: thresholds.last ?? 1, intervals: 8)
        let y = Axis(covering: [0, 1], intervals: 5)
        let items = scores.lines.map { line in
            Legend.Item(label: line.label, style: style(line), hasBand: line.scores.contains { $0.count > 1 })
        }
        let layout = FigureLayout(
            title: nil, items: items, panels: 1, columns: 1, plot: (480, 280), labels: PanelFrame.labelWidth(y), sharesAxis: true)
        var svg = layout.begin(yTitle: "fraction of runs above")
        let origin = layout.origin(0)
        let frame = PanelFrame(
            left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height, x: (x.low, x.high),
            xTicks: zip(x.ticks, x.labels).map { ($0, $1) }, y: y)
        let tasks = "\(scores.tasks) training \(scores.tasks == 1 ? "task" : "tasks") "
            + (scores.families.count == 1 ? "of \(scores.families[0])" : "of \(scores.families.count) families")
        frame.draw(title: tasks, xTitle: "normalized score (0: untrained, 1: a task's best final mean)", in: &svg)
        draw(scores.lines.map { ($0, PerformanceProfile(scores: $0.scores, thresholds: thresholds)) }, in: frame, svg: &svg)
        return svg.document(title: "Performance profiles", description: caption)
    }

    private func style(_ line: NormalizedScores.Line) -> LineStyle { styles[line.label] ?? .unfinished }

    private func draw(_ profiles: [(line: NormalizedScores.Line, profile: PerformanceProfile)], in frame: PanelFrame, svg: inout SVG) {
        for (line, profile) in profiles where line.scores.contains(where: { $0.count > 1 }) {
            svg.area(
                profile.points.map { frame.at($0.threshold, $0.high) } + profile.points.reversed().map { frame.at($0.threshold, $0.low) },
                color: style(line).color, opacity: CurvePanel.bandOpacity)
        }
        for (line, profile) in profiles {
            svg.polyline(
                profile.points.map { frame.at($0.threshold, $0.fraction) }, color: style(line).color, width: CurvePanel.lineWidth,
                dash: style(line).dash)
        }
        for (index, item) in profiles.enumerated() {
            let style = style(item.line), first = index * 12 / profiles.count
            for (place, point) in item.profile.points.enumerated() {
                let spot = frame.at(point.threshold, point.fraction)
                if place % 12 == first, let marker = style.marker {
                    svg.marker(marker, at: spot, color: style.color, filled: style.isFilled)
                }
            }
        }
        for (line, profile) in profiles {
            for point in profile.points where Int((point.threshold / Self.step).rounded()) % 5 == 0 {
                let seeds = line.scores.map(\.count).max() ?? 1
                svg.mark(
                    frame.at(point.threshold, point.fraction), panel: 0, series: line.label,
                    x: "score \(Format.number(point.threshold, decimals: 1))",
                    y: MarkText.value(point.fraction, low: point.low, high: point.high, seeds: seeds), color: style(line).color)
            }
        }
    }
}
