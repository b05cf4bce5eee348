import Environments
import Runs

/// A family's learning curves on one set of tasks: the mean over the tasks, beside it each task where there are few of them.
struct LearningCurveFigure {
    /// Sets with more tasks than this get no panel a task.
    private static let tasksShown = 3

    let family: String
    let set: TaskSet
    let metric: Metric
    let lines: [PolicyLine]
    private let panels: [CurvePanel]
    private let band: Band

    /// - Parameter lines: the agents' policies on the family.
    init(family: String, set: TaskSet, metric: Metric, lines: [PolicyLine]) {
        let axis = CurveAxis(lines.flatMap(\.group.runs))
        self.metric = metric
        self.family = family
        self.set = set
        self.lines = lines
        let band = CurvePanel.band(lines)
        self.band = band
        let tasks = lines.tasks(set), seen = set == .train ? "training" : "unseen"
        guard set == .train || lines.hasUnseenTasks, !tasks.isEmpty else {
            panels = []
            return
        }
        let title = tasks.count == 1 ? "task: \(tasks[0])" : "mean over \(tasks.count) \(seen) tasks"
        var panels = [CurvePanel(title, lines, set: set, metric: metric, band: band, axis: axis)]
        if (2...Self.tasksShown).contains(tasks.count) {
            panels += tasks.map { CurvePanel("task: \($0)", lines, set: set, metric: metric, task: $0, band: band, axis: axis) }
        }
        self.panels = panels.filter { !$0.items.isEmpty }
    }

    /// Nil when there is nothing to draw.
    var figure: Figure? {
        guard !panels.isEmpty else { return nil }
        let title = metric.titled(set == .train ? "Learning curves on \(family)" : "Unseen tasks of \(family)")
        let caption = CurvePanel.caption(panels, band: band, of: set == .train ? "tasks" : "tasks that no run was trained on")
            + FigureCaption.otherTasks(lines)
        let name = metric.fileName(set == .train ? "curves" : "unseen") + "-" + family
        return Figure(name: name, title: title, caption: caption, svg: svg(title: title, caption: caption))
    }

    private func svg(title: String, caption: String) -> String {
        let y = Axis(covering: panels.flatMap(\.values), intervals: 6)
        let x = PanelFrame.steps(to: panels.map(\.lastStep).max() ?? 0)
        let layout = FigureLayout(
            title: set == .train ? family : "\(family), unseen tasks", items: CurvePanel.legend(panels), panels: panels.count,
            columns: panels.count == 4 ? 2 : 3, plot: panels.count == 1 ? (430, 280) : (290, 225), labels: PanelFrame.labelWidth(y),
            sharesAxis: true)
        var svg = layout.begin(yTitle: metric.axisTitle)
        let stride = CurvePanel.markStride(panels)
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height, x: x.x, xTicks: x.ticks, y: y,
                showsY: layout.isFirst(index))
            frame.draw(title: panel.title, xTitle: panel.axis.title, in: &svg)
            panel.draw(in: frame, number: index, stride: stride, svg: &svg)
        }
        return svg.document(title: title, description: caption)
    }
}

extension [PolicyLine] {
    /// Names of all tasks that were evaluated, in their order.
    func tasks(_ set: TaskSet) -> [String] { Set<String>(flatMap { $0.group.tasks(set) }).sorted() }

    /// Test tasks that are not the training tasks again.
    var hasUnseenTasks: Bool { !Set(tasks(.test)).isSubset(of: tasks(.train)) }
}
