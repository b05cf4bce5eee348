import Environments
import Runs

/// Learning curves beside each other in one panel, with bands over seeds and a dotted line at each one's final level.
struct CurvePanel {
    struct Item {
        var line: PolicyLine
        var curve: LearningCurve
    }

    static let lineWidth = 2.0, bandOpacity = 0.14

    var title: String
    let axis: CurveAxis
    var items: [Item]
    /// The best possible return, mean over tasks and runs, where it is known.
    let best: Double?

    /// The mean over the tasks of a set, or one task of it.
    init(_ title: String, _ lines: [PolicyLine], set: TaskSet, metric: Metric, task: String? = nil, band: Band, axis: CurveAxis) {
        self.title = title
        self.axis = axis
        items = lines.compactMap { line in
            let filter = EvaluationFilter(policy: line.policy, set: set, metric: metric, task: task)
            let curve = LearningCurve(line.group, filter, band: band, axis: axis)
            return curve.isEmpty ? nil : Item(line: line, curve: curve)
        }
        best = metric.isReturn ? lines.lazy.compactMap { $0.group.bestReturn($0.policy, set, task: task) }.first : nil
    }

    /// Ranges for fewer than five seeds; the same kind of band for all of `lines`.
    static func band(_ lines: [PolicyLine]) -> Band {
        let smallest = lines.map(\.group.counted.count).filter { $0 > 1 }.min() ?? 0
        return smallest >= 5 ? .bootstrap : .range
    }

    /// Everything that the y axis must show.
    var values: [Double] {
        items.flatMap { $0.curve.points.flatMap { [$0.low, $0.mean, $0.high] } + $0.curve.unfinished.flatMap { $0.map(\.value) } }
            + (best.map { [$0] } ?? [])
    }

    var lastStep: Double {
        items.flatMap { [$0.curve.points.last?.step ?? 0] + $0.curve.unfinished.compactMap(\.last?.step) }.max() ?? 0
    }

    /// Every how many points of a curve there is room for a mark with values, so that a picture stays small; mostly every one.
    static func markStride(_ panels: [CurvePanel]) -> Int {
        let bytes = panels.flatMap(\.items).reduce(0) { $0 + $1.curve.points.count * (230 + 2 * $1.line.label.utf8.count) }
        return bytes / 120_000 + 1
    }

    /// Lines of `panels` for their legend, in the order of first appearance, and what else is drawn there.
    static func legend(_ panels: [CurvePanel]) -> [Legend.Item] {
        let items = panels.flatMap(\.items)
        var seen: Set<String> = []
        var legend = items.filter { seen.insert($0.line.label).inserted }.map { item in
            Legend.Item(
                label: item.line.label, style: item.line.style,
                hasBand: items.contains { $0.line.label == item.line.label && $0.curve.seeds > 1 })
        }
        if items.contains(where: { $0.curve.finalLevel != nil }) {
            legend.append(Legend.Item(label: "final performance", style: .finalLevel))
        }
        if panels.contains(where: { $0.best != nil }) { legend.append(Legend.Item(label: "best possible", style: .bestPossible)) }
        if items.contains(where: { !$0.curve.unfinished.isEmpty }) {
            legend.append(Legend.Item(label: "not in means", style: .unfinished))
        }
        return legend
    }

    /// What lines, bands and dots are.
    static func caption(_ panels: [CurvePanel], band: Band, of what: String) -> String {
        let curves = panels.flatMap(\.items).map(\.curve)
        var parts: [String] = []
        if let seeds = FigureCaption.seeds(curves.map(\.seeds)) {
            parts.append("Line: mean over \(what) and \(seeds.text)")
            if seeds.most > 1 { parts.append(band.caption) }
            parts.append("dotted: the line's level at the last evaluation")
        }
        if panels.contains(where: { $0.best != nil }) { parts.append("thin line: the best possible return, by value iteration") }
        if curves.contains(where: { !$0.unfinished.isEmpty }) {
            parts.append((parts.isEmpty ? "T" : "t") + "hin dashed: runs that are not finished or have a value that is no number, not included in means")
        }
        if curves.contains(where: \.interpolated) { parts.append("evaluated at different steps, interpolated") }
        return parts.joined(separator: "; ") + "."
    }

    /// - Parameters:
    ///   - number: of the panel in its picture, from 0.
    ///   - stride: every how many points there is a mark with values; the last one always has one.
    func draw(in frame: PanelFrame, number: Int, stride: Int, svg: inout SVG) {
        for item in items where item.curve.seeds > 1 {
            let points = item.curve.points
            svg.area(
                points.map { frame.at($0.step, $0.high) } + points.reversed().map { frame.at($0.step, $0.low) },
                color: item.line.style.color, opacity: CurvePanel.bandOpacity)
        }
        if let best {
            svg.line(
                (frame.left, frame.py(best)), (frame.right, frame.py(best)), color: LineStyle.bestPossible.color, width: 1.2,
                dash: LineStyle.bestPossible.dash)
        }
        for item in items {
            guard let level = item.curve.finalLevel else { continue }
            svg.line(
                (frame.left, frame.py(level)), (frame.right, frame.py(level)), color: item.line.style.color, width: 1.2,
                dash: LineStyle.finalLevel.dash)
        }
        for item in items {
            for run in item.curve.unfinished {
                let color = item.line.style.color
                svg.polyline(run.map { frame.at($0.step, $0.value) }, color: color, width: 1.1, dash: LineStyle.unfinished.dash, opacity: 0.8)
                if let end = run.last { svg.circle(frame.at(end.step, end.value), radius: 2.2, color: color) }
            }
            svg.polyline(
                item.curve.points.map { frame.at($0.step, $0.mean) }, color: item.line.style.color, width: CurvePanel.lineWidth,
                dash: item.line.style.dash)
        }
        for (index, item) in items.enumerated() { drawMarkers(item, index: index, in: frame, svg: &svg) }
        for item in items {
            let count = item.curve.points.count
            for (index, point) in item.curve.points.enumerated() where (count - 1 - index) % stride == 0 {
                svg.mark(
                    frame.at(point.step, point.mean), panel: number, series: item.line.label, x: MarkText.place(point.step, axis),
                    y: MarkText.value(point.mean, low: point.low, high: point.high, seeds: item.curve.seeds), color: item.line.style.color)
            }
        }
    }

    /// A few markers a line, not above each other's.
    private func drawMarkers(_ item: Item, index: Int, in frame: PanelFrame, svg: inout SVG) {
        guard let marker = item.line.style.marker else { return }
        let points = item.curve.points
        let every = max(1, (points.count + 4) / 5)
        let first = items.count > 1 ? index * every / items.count : 0
        for (place, point) in points.enumerated() where place % every == first || points.count == 1 {
            svg.marker(marker, at: frame.at(point.step, point.mean), color: item.line.style.color, filled: item.line.style.isFilled)
        }
    }
}
