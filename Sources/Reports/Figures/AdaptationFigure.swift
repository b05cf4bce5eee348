import Environments
import Foundation
import Runs

/// A family's returns by adaptation episode, on training tasks and on unseen ones. Agents play different numbers of
/// episodes (2 or 20), so that the axis is logarithmic: episode k lies at log2(1 + k).
struct AdaptationFigure {
    private struct Panel {
        var title: String
        var items: [(line: PolicyLine, curve: AdaptationCurve)]
        /// Policies that don't adapt, by their level.
        var levels: [(line: PolicyLine, point: LearningCurve.Point, seeds: Int)]

        init(_ title: String, _ lines: [PolicyLine], set: TaskSet) {
            self.title = title
            items = lines.filter(\.adapts).map { ($0, AdaptationCurve($0.group, set, policy: $0.policy)) }
                .filter { !$0.curve.points.isEmpty || !$0.curve.unfinished.isEmpty }
            levels = lines.filter { !$0.adapts }.compactMap { line in
                let curve = LearningCurve(line.group, EvaluationFilter(policy: line.policy, set: set), band: .range)
                return curve.points.last.map { (line, $0, curve.seeds) }
            }
        }

        var values: [Double] {
            items.flatMap { $0.curve.points.flatMap { [$0.low, $0.high] } + $0.curve.unfinished.flatMap { $0.map(\.value) } }
                + levels.flatMap { [$0.point.low, $0.point.high] }
        }

        var mostEpisodes: Int {
            items.flatMap { $0.curve.points.map(\.episodes) + $0.curve.unfinished.flatMap { $0.map(\.episodes) } }.max() ?? 0
        }
    }

    let family: String
    let lines: [PolicyLine]
    private let panels: [Panel]

    /// - Parameter lines: the agents' policies on the family.
    init(family: String, lines: [PolicyLine]) {
        self.family = family
        self.lines = lines
        let panels = [Panel("training tasks", lines, set: .train)]
            + (lines.hasUnseenTasks ? [Panel("unseen tasks", lines, set: .test)] : [])
        self.panels = panels.filter { !$0.items.isEmpty }
    }

    /// Nil where no agent plays an adaptation episode.
    var figure: Figure? {
        guard panels.contains(where: { $0.mostEpisodes > 0 }) else { return nil }
        let title = "Return by adaptation episode on \(family)"
        return Figure(name: "adaptation-\(family)", title: title, caption: caption, svg: svg(title))
    }

    private var caption: String {
        let curves = panels.flatMap(\.items)
        var text = ""
        if let seeds = FigureCaption.seeds(curves.map(\.curve.seeds)) {
            text += "Mean over tasks and \(seeds.text)" + (seeds.most > 1 ? "; band and whisker: lowest to highest seed." : ".")
        }
        let spent = Dictionary(grouping: curves.filter { $0.curve.steps != nil }, by: { steps($0.line.label) })
        /// The agent, with the policy where it adapts in several ways.
        func name(_ line: PolicyLine) -> String {
            curves.map(\.line).filter { $0.group.label == line.group.label }.map(\.label).unique.count > 1 ? line.label : line.group.label
        }
        let parts = spent.sorted { $0.key < $1.key }.map { steps, items in
            steps.text + " (" + items.map { name($0.line) }.unique.joined(separator: ", ") + ")"
        }
        if !parts.isEmpty { text += " Environment steps for adapting to one task: \(parts.joined(separator: ", "))." }
        if curves.contains(where: { !$0.curve.unfinished.isEmpty }) {
            text += " Thin dashed: runs that are not finished or have a value that is no number, at their last evaluation, not included in means."
        }
        return text + FigureCaption.otherTasks(lines)
    }

    /// Text that is the same for every such figure.
    static let explanation = """
        Each line shows the adaptation episodes at the last evaluation, played as the agent gets to know a task. It ends at the mean of the \
        evaluation episodes that follow an adaptation (marker), played without random exploration. Policies that play no adaptation episodes are \
        drawn as a horizontal line. The axis is logarithmic, because agents play different numbers of episodes.
        """

    private struct Steps: Hashable, Comparable {
        var low: Int
        var high: Int
        var text: String { low == high ? Format.count(low) : "\(Format.count(low)) to \(Format.count(high))" }
        static func < (a: Steps, b: Steps) -> Bool { (a.high, a.low) < (b.high, b.low) }
    }

    /// Of one line, over all panels.
    private func steps(_ label: String) -> Steps {
        let ranges = panels.flatMap(\.items).filter { $0.line.label == label }.compactMap(\.curve.steps)
        return Steps(low: ranges.map(\.lowerBound).min() ?? 0, high: ranges.map(\.upperBound).max() ?? 0)
    }

    // MARK: - Picture

    private static func place(_ episodes: Int) -> Double { log2(1 + Double(episodes)) }

    /// 0, 1, 2, 5, 10, ... as far as they go.
    private static func ticks(to most: Int) -> [(value: Double, label: String)] {
        var numbers = [0], scale = 1
        while scale <= most, scale < 1_000_000_000 {
            numbers += [1, 2, 5].map { $0 * scale }.filter { $0 <= most }
            scale *= 10
        }
        return numbers.map { (place($0), Format.count($0)) }
    }

    private func svg(_ title: String) -> String {
        let y = Axis(covering: panels.flatMap(\.values), intervals: 6)
        let most = panels.map(\.mostEpisodes).max() ?? 1
        let layout = FigureLayout(
            title: family, items: legend, panels: panels.count, columns: 2, plot: panels.count == 1 ? (430, 270) : (340, 240),
            labels: PanelFrame.labelWidth(y), sharesAxis: true)
        var svg = layout.begin(yTitle: "episode return")
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height,
                x: (-0.15, AdaptationFigure.place(most) + 0.25), xTicks: AdaptationFigure.ticks(to: most), y: y,
                showsY: layout.isFirst(index))
            frame.draw(title: panel.title, xTitle: "adaptation episodes played before (log scale)", in: &svg)
            draw(panel, in: frame, number: index, svg: &svg)
        }
        return svg.document(title: title, description: caption)
    }

    private var legend: [Legend.Item] {
        let drawn = Set(panels.flatMap { $0.items.map(\.line.label) + $0.levels.map(\.line.label) })
        var legend = lines.filter { drawn.contains($0.label) }.map { line in
            Legend.Item(label: line.label, style: line.style, hasBand: line.group.counted.count > 1)
        }
        if panels.contains(where: { $0.items.contains { !$0.curve.unfinished.isEmpty } }) {
            legend.append(Legend.Item(label: "not in means", style: .unfinished))
        }
        return legend
    }

    private func draw(_ panel: Panel, in frame: PanelFrame, number: Int, svg: inout SVG) {
        for level in panel.levels { draw(level.line, level.point, seeds: level.seeds, in: frame, number: number, svg: &svg) }
        for (line, curve) in panel.items {
            for run in curve.unfinished {
                let points = run.map { frame.at(AdaptationFigure.place($0.episodes), $0.value) }
                svg.polyline(points, color: line.style.color, width: 1.1, dash: LineStyle.unfinished.dash, opacity: 0.8)
                if let end = points.last { svg.circle(end, radius: 2.2, color: line.style.color) }
            }
        }
        let places = panel.items.map { item in item.curve.points.map { frame.px(AdaptationFigure.place($0.episodes)) } }
        let ends = AdaptationFigure.besideEachOther(places.map(\.last))
        let items = zip(panel.items, zip(places, ends)).map { item, x in
            Drawn(line: item.line, curve: item.curve, x: x.0.dropLast() + (x.1.map { [$0] } ?? []))
        }
        for item in items where item.curve.seeds > 1 {
            svg.area(
                item.at(\.high, frame) + item.at(\.low, frame).reversed(), color: item.line.style.color, opacity: CurvePanel.bandOpacity)
        }
        for item in items { draw(item, in: frame, svg: &svg) }
        for item in items { mark(item, in: frame, number: number, svg: &svg) }
    }

    /// A line with the pixels of its points from the left.
    private struct Drawn {
        var line: PolicyLine
        var curve: AdaptationCurve
        var x: [Double]

        func at(_ value: KeyPath<AdaptationCurve.Point, Double>, _ frame: PanelFrame) -> [(Double, Double)] {
            zip(x, curve.points).map { ($0, frame.py($1[keyPath: value])) }
        }
    }

    /// Markers at the same place moved apart.
    private static func besideEachOther(_ ends: [Double?]) -> [Double?] {
        ends.enumerated().map { index, end in
            guard let end else { return nil }
            let beside = ends.indices.filter { ends[$0] == end }
            return end + (Double(beside.firstIndex(of: index) ?? 0) - Double(beside.count - 1) / 2) * 7
        }
    }

    private func draw(_ item: Drawn, in frame: PanelFrame, svg: inout SVG) {
        let color = item.line.style.color, points = item.at(\.mean, frame)
        svg.polyline(points, color: color, width: CurvePanel.lineWidth, dash: item.line.style.dash)
        for point in points.dropLast() { svg.circle(point, radius: 1.8, color: color) }
        guard let spot = points.last, let end = item.curve.points.last, let marker = item.line.style.marker else { return }
        if item.curve.seeds > 1 { svg.line((spot.0, frame.py(end.low)), (spot.0, frame.py(end.high)), color: color, width: 1.4) }
        svg.marker(marker, at: spot, color: color, filled: item.line.style.isFilled, radius: 4.2)
    }

    private func mark(_ item: Drawn, in frame: PanelFrame, number: Int, svg: inout SVG) {
        let spots = item.at(\.mean, frame)
        for (index, point) in item.curve.points.enumerated() {
            let played = "\(Format.count(point.episodes)) " + (point.episodes == 1 ? "episode" : "episodes")
            let steps = item.curve.steps.map { Steps(low: $0.lowerBound, high: $0.upperBound).text + " steps" } ?? ""
            svg.mark(
                spots[index], panel: number, series: item.line.label,
                x: index == item.curve.points.count - 1 ? "\(played) (\(steps)), adapted" : "\(played), adapting",
                y: MarkText.value(point.mean, low: point.low, high: point.high, seeds: item.curve.seeds), color: item.line.style.color)
        }
    }

    /// A policy that doesn't adapt.
    private func draw(
        _ line: PolicyLine, _ point: LearningCurve.Point, seeds: Int, in frame: PanelFrame, number: Int, svg: inout SVG
    ) {
        let color = line.style.color
        if seeds > 1 {
            svg.area(
                [(frame.left, frame.py(point.high)), (frame.right, frame.py(point.high)), (frame.right, frame.py(point.low)),
                 (frame.left, frame.py(point.low))], color: color, opacity: CurvePanel.bandOpacity)
        }
        svg.line((frame.left, frame.py(point.mean)), (frame.right, frame.py(point.mean)), color: color, width: 2, dash: line.style.dash)
        let spot = (frame.right - 10, frame.py(point.mean))
        if let marker = line.style.marker { svg.marker(marker, at: spot, color: color, filled: line.style.isFilled) }
        svg.mark(
            spot, panel: number, series: line.label, x: "any number of episodes",
            y: MarkText.value(point.mean, low: point.low, high: point.high, seeds: seeds), color: color)
    }
}
