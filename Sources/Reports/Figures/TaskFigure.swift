import Environments
import Runs

/// A family's final returns task by task: for each agent's policy a marker at the mean, a whisker from the lowest to the
/// highest seed and a dot a seed. Dots in place of bars, since returns have no natural zero and are often negative.
struct TaskFigure {
    private struct Row {
        var set: TaskSet
        var tasks: [String]
        /// Policies evaluated on the set.
        var lines: [PolicyLine]
    }

    /// From one policy of a task to the next, and from one task's last to the next one's first.
    private static let step = 10.0, space = 18.0
    private static let narrowest = 74.0, widest = 760.0

    let family: String
    let metric: Metric
    let lines: [PolicyLine]
    private let rows: [Row]

    /// - Parameter lines: the agents' policies on the family.
    init(family: String, metric: Metric, lines: [PolicyLine]) {
        self.metric = metric
        self.family = family
        self.lines = lines
        let sets: [TaskSet] = lines.hasUnseenTasks ? [.train, .test] : [.train]
        rows = sets.flatMap { set -> [Row] in
            let tasks = lines.tasks(set)
            let shown = lines.filter { line in tasks.contains { !TaskFigure.finals(line, metric, set, $0).isEmpty } }
            guard !shown.isEmpty else { return [] }
            // Rows as equal as they can be.
            let most = max(1, Int(TaskFigure.widest / TaskFigure.taskWidth(shown.count)))
            let count = (tasks.count + most - 1) / most, each = (tasks.count + count - 1) / count
            return stride(from: 0, to: tasks.count, by: each).map { start in
                Row(set: set, tasks: Array(tasks[start..<min(start + each, tasks.count)]), lines: shown)
            }
        }
    }

    private static func taskWidth(_ lines: Int) -> Double { max(Double(lines) * step + space, narrowest) }

    /// Mean over evaluation episodes at the last evaluation of each seed that counts.
    private static func finals(_ line: PolicyLine, _ metric: Metric, _ set: TaskSet, _ task: String) -> [Double] {
        let filter = EvaluationFilter(policy: line.policy, set: set, metric: metric, task: task)
        return line.group.counted(filter).compactMap { $0.marks(filter).last?.mean }
    }

    /// Nil where no run counts.
    var figure: Figure? {
        guard !rows.isEmpty else { return nil }
        let title = metric.finalTitle.sentence + " of each task of \(family)"
        return Figure(name: metric.fileName("tasks") + "-\(family)", title: title, caption: caption, svg: svg(title))
    }

    private var caption: String {
        let seeds = FigureCaption.seeds(rows.flatMap { row in
            row.lines.map { $0.group.counted(EvaluationFilter(policy: $0.policy, set: row.set, metric: metric)).count }
        })
        var text = "Marker: mean over the evaluation episodes of the last evaluation"
        if let seeds, seeds.most > 1 {
            text += " and over \(seeds.text); whisker: lowest to highest seed; dots: the seeds"
        } else {
            text += " of the only seed"
        }
        return text + "." + FigureCaption.leftOut(lines) + FigureCaption.otherTasks(lines)
    }

    private func svg(_ title: String) -> String {
        let all = rows.flatMap { row in row.tasks.flatMap { task in row.lines.flatMap { TaskFigure.finals($0, metric, row.set, task) } } }
        let y = Axis(covering: all, intervals: 5)
        let widths = rows.map { Double($0.tasks.count) * TaskFigure.taskWidth($0.lines.count) }
        let drawn = Set(rows.flatMap { $0.lines.map(\.label) })
        let items = lines.filter { drawn.contains($0.label) }.map { Legend.Item(label: $0.label, style: $0.style) }
        let layout = FigureLayout(
            title: family, items: items, panels: rows.count, columns: 1, plot: (max(widths.max() ?? 0, 300), rows.count > 2 ? 170 : 220),
            labels: PanelFrame.labelWidth(y), sharesAxis: true, below: 32)
        var svg = layout.begin(yTitle: metric.finalTitle)
        for (index, row) in rows.enumerated() {
            let origin = layout.origin(index)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: max(widths[index], rows.count == 1 ? 300 : 0), height: layout.plot.height,
                x: (0, Double(row.tasks.count)), xTicks: [], y: y)
            let isFirst = index == 0 || rows[index - 1].set != row.set
            let name = row.set == .train ? "training tasks" : "unseen tasks"
            draw(row, title: isFirst ? name : "\(name), continued", in: frame, number: index, svg: &svg)
        }
        return svg.document(title: title, description: caption)
    }

    private func draw(_ row: Row, title: String, in frame: PanelFrame, number: Int, svg: inout SVG) {
        let width = frame.width / Double(row.tasks.count)
        for index in row.tasks.indices where index % 2 == 0 {
            svg.rectangle(x: frame.px(Double(index)), y: frame.top, width: width, height: frame.height, color: Ink.stripe)
        }
        frame.draw(title: title, xTitle: "", in: &svg)
        for (index, task) in row.tasks.enumerated() {
            let middle = frame.px(Double(index) + 0.5)
            let name = SVG.fitted(task, size: PanelFrame.tickSize, width: width - 6)
            svg.text(name, at: (middle, frame.bottom + 17), size: PanelFrame.tickSize, color: Ink.text, anchor: .middle)
            for (place, line) in row.lines.enumerated() {
                let finals = TaskFigure.finals(line, metric, row.set, task)
                guard let low = finals.min(), let high = finals.max() else { continue }
                let x = middle + (Double(place) - Double(row.lines.count - 1) / 2) * TaskFigure.step
                let mean = Statistics.mean(finals), color = line.style.color
                if finals.count > 1 {
                    svg.line((x, frame.py(low)), (x, frame.py(high)), color: color, width: 1.3)
                    for value in finals { svg.circle((x, frame.py(value)), radius: 1.7, color: color) }
                }
                if let marker = line.style.marker { svg.marker(marker, at: (x, frame.py(mean)), color: color, filled: line.style.isFilled) }
                svg.mark(
                    (x, frame.py(mean)), panel: number, series: line.label, x: task,
                    y: MarkText.value(mean, low: low, high: high, seeds: finals.count), color: color)
            }
        }
    }
}
