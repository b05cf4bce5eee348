import Environments
import Experiments
import Foundation

/// A family's learning curves: the mean over its training tasks, beside it each task where there are few of them, and
/// the test tasks where they are others.
public struct LearningCurveFigure {
    struct Curve {
        var label: String
        var color: String
        var dash: String?
        var curve: LearningCurve
    }

    struct Panel {
        var title: String
        var curves: [Curve]
    }

    /// Okabe and Ito's palette (2008), readable with any colour vision; the darker ones first, for print.
    private static let palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
    private static let dashes: [String?] = [nil, nil, "7 2", "2 2", "7 2 2 2", "4 3", "1 2"]
    /// Families with more tasks than this get no panel a task.
    private static let tasksShown = 3

    private static let ink = "#222222", faint = "#666666", grid = "#e4e4e4"
    private let plot = (width: 290.0, height: 225.0)
    private let margin = (left: 66.0, right: 20.0, bottom: 56.0, gap: 26.0)

    let family: String
    let panels: [Panel]
    private let band: Band

    /// - Parameter groups: the agents' runs on the family.
    public init(family: String, groups: [RunGroup]) {
        self.family = family
        let smallest = groups.map(\.counted.count).filter { $0 > 1 }.min() ?? 0
        let band: Band = smallest >= 5 ? .bootstrap : .range
        self.band = band

        let lines = LearningCurveFigure.lines(groups)
        func panel(_ title: String, set: TaskSet, task: String? = nil) -> Panel {
            let curves = lines.enumerated().compactMap { index, line -> Curve? in
                let filter = EvaluationFilter(policy: line.policy, set: set, task: task)
                let curve = LearningCurve(line.group, filter, band: band)
                guard !curve.points.isEmpty || !curve.unfinished.isEmpty else { return nil }
                return Curve(
                    label: line.label, color: LearningCurveFigure.palette[index % LearningCurveFigure.palette.count],
                    dash: LearningCurveFigure.dashes[index % LearningCurveFigure.dashes.count], curve: curve)
            }
            return Panel(title: title, curves: curves)
        }
        let train = LearningCurveFigure.tasks(groups, set: .train), test = LearningCurveFigure.tasks(groups, set: .test)
        var panels: [Panel] = []
        if train.count == 1 { panels.append(panel("task: \(train[0])", set: .train)) }
        if train.count > 1 {
            panels.append(panel("mean of \(train.count) training tasks", set: .train))
            if train.count <= LearningCurveFigure.tasksShown {
                panels += train.map { panel("task: \($0)", set: .train, task: $0) }
            }
        }
        if !test.isEmpty, test != train {
            panels.append(panel(test.count == 1 ? "test task: \(test[0])" : "mean of \(test.count) test tasks", set: .test))
        }
        self.panels = panels.filter { !$0.curves.isEmpty }
    }

    /// One line an agent and policy, in a fixed order: so a line keeps its colour in every panel.
    private static func lines(_ groups: [RunGroup]) -> [(group: RunGroup, policy: EvaluationRecord.Policy, label: String)] {
        groups.flatMap { group in
            let used = Set(group.runs.flatMap { $0.evaluations.map(\.policy) })
            let policies = EvaluationRecord.Policy.allCases.filter(used.contains)
            return policies.map { (group, $0, label(group, policy: $0, of: policies.count)) }
        }
    }

    /// Agents with a single policy go by their name alone.
    static func label(_ group: RunGroup, policy: EvaluationRecord.Policy, of count: Int) -> String {
        count == 1 && policy == .meta ? group.label : "\(group.label), \(policy.title)"
    }

    static func tasks(_ groups: [RunGroup], set: TaskSet) -> [String] {
        Set(groups.flatMap { $0.runs.flatMap { $0.evaluations.filter { $0.taskSet == set }.map(\.task) } }).sorted()
    }

    /// Nil when there is nothing to draw.
    public var figure: Figure? {
        panels.isEmpty ? nil : Figure(name: "curves-\(family)", title: "Learning curves on \(family)", caption: caption, svg: svg)
    }

    /// What the lines and bands are.
    private var caption: String {
        let curves = panels.flatMap(\.curves).map(\.curve)
        let seeds = Set(curves.map(\.seeds).filter { $0 > 0 }).sorted()
        var parts: [String] = []
        if let most = seeds.last {
            let count = seeds.count == 1 ? "\(most)" : "\(seeds[0]) to \(most)"
            parts.append("Line: mean over tasks and \(count) \(most == 1 ? "seed" : "seeds")")
            if most > 1 { parts.append(band.caption) }
        }
        if curves.contains(where: { !$0.unfinished.isEmpty }) { parts.append("thin dashed: runs that are not finished, in no mean") }
        if curves.contains(where: \.interpolated) { parts.append("evaluated at different steps, interpolated") }
        return parts.joined(separator: "; ") + "."
    }

    /// The SVG file's text.
    private var svg: String {
        let names = panels.first?.curves.isEmpty == false ? legend : []
        let width = margin.left + margin.right + Double(panels.count) * plot.width + Double(panels.count - 1) * margin.gap
        let rows = legendRows(names, width: width - margin.left - margin.right)
        let top = 34 + Double(rows.count) * 18 + 26
        let words = SVG.lines(caption, size: 10.5, width: width - margin.left - margin.right)
        var svg = SVG(width: width, height: top + plot.height + margin.bottom + Double(words.count) * 15)

        svg.text(family, at: (margin.left, 24), size: 16, color: Self.ink, bold: true)
        for (row, items) in rows.enumerated() { drawLegend(items, y: 44 + Double(row) * 18, in: &svg) }

        let y = Axis(covering: panels.flatMap { $0.curves.flatMap { LearningCurveFigure.values($0.curve) } }, intervals: 6)
        let last = panels.flatMap { $0.curves.flatMap { LearningCurveFigure.steps($0.curve) } }.max() ?? 1
        let x = Axis(from: 0, to: last, intervals: 5)
        for (index, panel) in panels.enumerated() {
            let left = margin.left + Double(index) * (plot.width + margin.gap)
            draw(panel, x: x, y: y, left: left, top: top, first: index == 0, in: &svg)
        }
        svg.text("episode return", at: (17, top + plot.height / 2), size: 12, color: Self.ink, anchor: .middle, rotated: -90)
        for (row, line) in words.enumerated() {
            svg.text(line, at: (margin.left, top + plot.height + 59 + Double(row) * 15), size: 10.5, color: Self.faint)
        }
        return svg.document(title: "Learning curves on \(family)", description: caption)
    }

    private static func values(_ curve: LearningCurve) -> [Double] {
        curve.points.flatMap { [$0.low, $0.high] } + curve.unfinished.flatMap { $0.map(\.value) }
    }

    private static func steps(_ curve: LearningCurve) -> [Double] {
        curve.points.map(\.step) + curve.unfinished.flatMap { $0.map(\.step) }
    }

    private func draw(_ panel: Panel, x: Axis, y: Axis, left: Double, top: Double, first: Bool, in svg: inout SVG) {
        func px(_ value: Double) -> Double { left + (value - x.low) / (x.high - x.low) * plot.width }
        func py(_ value: Double) -> Double { top + plot.height - (value - y.low) / (y.high - y.low) * plot.height }
        let bottom = top + plot.height, right = left + plot.width

        svg.text(panel.title, at: (left, top - 9), size: 12, color: Self.ink)
        for (tick, label) in zip(y.ticks, y.labels) {
            svg.line((left, py(tick)), (right, py(tick)), color: tick == 0 ? "#b0b0b0" : Self.grid)
            if first { svg.text(label, at: (left - 8, py(tick) + 4), size: 11, color: Self.ink, anchor: .end) }
        }
        for (tick, label) in zip(x.ticks, x.stepLabels) {
            svg.line((px(tick), bottom), (px(tick), bottom + 4), color: Self.ink)
            svg.text(label, at: (px(tick), bottom + 17), size: 11, color: Self.ink, anchor: .middle)
        }
        svg.line((left, bottom), (right, bottom), color: Self.ink)
        svg.text("environment steps", at: (left + plot.width / 2, bottom + 35), size: 12, color: Self.ink, anchor: .middle)

        for item in panel.curves where item.curve.seeds > 1 {
            let points = item.curve.points
            svg.area(
                points.map { (px($0.step), py($0.high)) } + points.reversed().map { (px($0.step), py($0.low)) },
                color: item.color, opacity: 0.17)
        }
        for item in panel.curves {
            for run in item.curve.unfinished {
                svg.polyline(run.map { (px($0.step), py($0.value)) }, color: item.color, width: 1.1, dash: "4 3", opacity: 0.8)
                if let end = run.last { svg.circle((px(end.step), py(end.value)), radius: 2.2, color: item.color) }
            }
            let points = item.curve.points.map { (px($0.step), py($0.mean)) }
            svg.polyline(points, color: item.color, width: 2, dash: item.dash)
            if points.count <= 16 { for point in points { svg.circle(point, radius: 2.6, color: item.color) } }
        }
    }

    /// Every curve once, in the order of first appearance.
    private var legend: [Curve] {
        var seen: Set<String> = []
        return panels.flatMap(\.curves).filter { seen.insert($0.label).inserted }
    }

    private func legendWidth(_ item: Curve) -> Double { 30 + SVG.width(of: item.label, size: 12) + 18 }

    private func legendRows(_ items: [Curve], width: Double) -> [[Curve]] {
        var rows: [[Curve]] = [], used = Double.infinity
        for item in items {
            if used + legendWidth(item) > width {
                rows.append([])
                used = 0
            }
            rows[rows.count - 1].append(item)
            used += legendWidth(item)
        }
        return rows
    }

    private func drawLegend(_ items: [Curve], y: Double, in svg: inout SVG) {
        var x = margin.left
        for item in items {
            if item.curve.seeds > 1 { svg.rectangle(x: x, y: y - 6, width: 24, height: 12, color: item.color, opacity: 0.17) }
            svg.line((x, y), (x + 24, y), color: item.color, width: 2, dash: item.dash)
            svg.text(item.label, at: (x + 30, y + 4), size: 12, color: Self.ink)
            x += legendWidth(item)
        }
    }
}
