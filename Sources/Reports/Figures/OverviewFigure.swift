import Environments
import Runs

/// A small panel for each family.
struct OverviewFigure {
    let set: TaskSet
    let metric: Metric
    private let part: Part
    private let panels: [CurvePanel]
    private let band: Band

    /// Which policies it shows.
    enum Part {
        case all, withoutAdaptation, adapted

        func contains(_ line: PolicyLine) -> Bool { self == .all || line.playsAdaptation == (self == .adapted) }
        /// Behind a title.
        var title: String {
            switch self {
            case .all: ""
            case .withoutAdaptation: ", policies without adaptation episodes"
            case .adapted: ", policies after adaptation episodes"
            }
        }
        /// Behind a file's name.
        var suffix: String { self == .adapted ? "-adapted" : "" }
    }

    /// More lines than these in a panel of training tasks are drawn as two figures.
    static let mostLines = 8

    /// One figure, or where panels would be too full one of policies without adaptation episodes and one of the others.
    static func all(_ set: TaskSet, metric: Metric, families: [(name: String, lines: [PolicyLine])]) -> [OverviewFigure] {
        let isFull = set == .train && families.contains { $0.lines.count > mostLines }
        let parts: [Part] = isFull ? [.withoutAdaptation, .adapted] : [.all]
        return parts.map { part in
            OverviewFigure(set, metric: metric, families: families.map { ($0.name, $0.lines.filter(part.contains)) }, part)
        }
    }

    /// - Parameter families: with each one's lines.
    private init(_ set: TaskSet, metric: Metric, families: [(name: String, lines: [PolicyLine])], _ part: Part) {
        self.set = set
        self.metric = metric
        self.part = part
        let shown = families.filter { set == .train || $0.lines.hasUnseenTasks }
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
        let title = metric.titled((train ? "All families, training tasks" : "All families, unseen tasks") + part.title)
        let caption = CurvePanel.caption(panels, band: band, of: train ? "a family's training tasks" : "a family's unseen tasks")
        let name = metric.fileName((train ? "curves" : "unseen") + part.suffix)
        return Figure(name: name, title: title, caption: caption, svg: svg(title: title, caption: caption))
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
