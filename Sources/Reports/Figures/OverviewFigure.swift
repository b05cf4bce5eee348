import Environments
import Runs

/// A small panel for each family.
struct OverviewFigure {
    let set: TaskSet
    let metric: Metric
    private let lines: [PolicyLine]
    private let panels: [CurvePanel]
    private let band: Band

    /// - Parameter families: with each one's lines.
    init(_ set: TaskSet, metric: Metric, families: [(name: String, lines: [PolicyLine])]) {
        self.set = set
        self.metric = metric
        let shown = families.filter { set == .train || $0.lines.hasUnseenTasks }
        lines = shown.flatMap(\.lines)
        let band = CurvePanel.band(shown.flatMap(\.lines))
        self.band = band
        panels = shown.map { family in
            let axis = CurveAxis(family.lines.flatMap(\.group.runs))
            return CurvePanel(family.name, family.lines, set: set, metric: metric, band: band, axis: axis)
        }.filter { !$0.items.isEmpty }
    }

    /// Nil for fewer than two families, whose own figure shows as much.
    var figure: Figure? {
        guard panels.count > 1 else { return nil }
        let train = set == .train
        let title = metric.titled(train ? "All families, training tasks" : "All families, unseen tasks")
        let caption = CurvePanel.caption(panels, band: band, of: train ? "a family's training tasks" : "a family's unseen tasks")
        return Figure(name: metric.fileName(train ? "curves" : "unseen"), title: title, caption: caption, svg: svg(title: title, caption: caption))
    }

    private func svg(title: String, caption: String) -> String {
        let axes = panels.map { Axis(covering: $0.values, intervals: 5) }
        let layout = FigureLayout(
            title: nil, items: CurvePanel.legend(panels), panels: panels.count, columns: panels.count <= 4 ? 2 : 3, plot: (285, 190),
            labels: axes.map(PanelFrame.labelWidth).max() ?? 0, sharesAxis: false)
        var svg = layout.begin(yTitle: metric.axisTitle)
        let stride = CurvePanel.markStride(panels)
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index), x = PanelFrame.steps(to: panel.lastStep)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height, x: x.x, xTicks: x.ticks,
                y: axes[index])
            frame.draw(title: panel.title, xTitle: panel.axis.title, in: &svg)
            panel.draw(in: frame, number: index, stride: stride, svg: &svg)
        }
        return svg.document(title: title, description: caption)
    }
}
