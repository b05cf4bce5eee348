import Environments

/// A small panel for each family, as in the paper: Figure 4 on training tasks, Figure 6 on unseen ones.
struct OverviewFigure {
    let set: TaskSet
    private let lines: [PolicyLine]
    private let panels: [CurvePanel]
    private let band: Band

    /// - Parameter families: with each one's lines.
    init(_ set: TaskSet, families: [(name: String, lines: [PolicyLine])]) {
        self.set = set
        let shown = families.filter { set == .train || $0.lines.hasUnseenTasks }
        lines = shown.flatMap(\.lines)
        let band = CurvePanel.band(shown.flatMap(\.lines))
        self.band = band
        panels = shown.map { CurvePanel($0.name, $0.lines, set: set, band: band) }.filter { !$0.items.isEmpty }
    }

    /// Nil for fewer than two families, whose own figure shows as much.
    var figure: Figure? {
        guard panels.count > 1 else { return nil }
        let train = set == .train
        let title = train ? "All families, training tasks (Figure 4 of the paper)" : "All families, unseen tasks (Figure 6 of the paper)"
        let caption = CurvePanel.caption(panels, band: band, of: train ? "a family's training tasks" : "a family's unseen tasks")
        return Figure(name: train ? "figure-4" : "figure-6", title: title, caption: caption, svg: svg(title: title, caption: caption))
    }

    private func svg(title: String, caption: String) -> String {
        let axes = panels.map { Axis(covering: $0.values, intervals: 5) }
        let layout = FigureLayout(
            title: nil, items: CurvePanel.legend(panels), panels: panels.count, columns: panels.count <= 4 ? 2 : 3, plot: (285, 190),
            labels: axes.map(PanelFrame.labelWidth).max() ?? 0, sharesAxis: false)
        var svg = layout.begin(yTitle: "episode return")
        let stride = CurvePanel.markStride(panels)
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index), x = PanelFrame.steps(to: panel.lastStep)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height, x: x.x, xTicks: x.ticks,
                y: axes[index])
            frame.draw(title: panel.title, xTitle: "environment steps", in: &svg)
            panel.draw(in: frame, number: index, stride: stride, svg: &svg)
        }
        return svg.document(title: title, description: caption)
    }
}
