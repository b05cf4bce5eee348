import Foundation

extension MapPlot {
    var figure: Figure { Figure(name: name, title: title, caption: caption, svg: svg) }

    /// Light colours of choices, which paths stay visible on.
    private static let choiceColors = ["#a9cfe8", "#f3f3f3", "#f7c9a9", "#b7e0cf", "#ead0e0"]
    private static let target = "#222222", otherCircle = "#c4c4c4"

    private var pathNames: [String] { panels.flatMap(\.paths).map(\.name).unique }

    private var svg: String {
        let axisX = Axis(from: x[0], to: x[1], intervals: 4), axisY = Axis(from: y[0], to: y[1], intervals: 4)
        let width = panels.count == 1 ? 360.0 : columns >= 5 ? 170 : 230
        let height = isProportional ? width * (y[1] - y[0]) / (x[1] - x[0]) : width * 0.72
        let items = pathNames.enumerated().map { Legend.Item(label: $1, style: .path($0)) }
        let layout = FigureLayout(
            title: title, items: items, panels: panels.count, columns: columns, plot: (width, height), labels: PanelFrame.labelWidth(axisY),
            sharesAxis: true)
        var svg = layout.begin(yTitle: yTitle)
        drawKey(in: &svg, layout)
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: width, height: height, x: (axisX.low, axisX.high),
                xTicks: zip(axisX.ticks, axisX.labels).map { ($0, $1) }, y: axisY, showsY: layout.isFirst(index))
            if let cells = panel.cells { draw(cells, range(of: panel), in: frame, svg: &svg) }
            frame.draw(title: panel.title, xTitle: xTitle, in: &svg)
            for circle in panel.circles {
                svg.ring(
                    frame.at(circle.x, circle.y), radius: circle.radius / (x[1] - x[0]) * width,
                    color: circle.isTarget ? Self.target : Self.otherCircle, width: circle.isTarget ? 1.8 : 1, fill: "none")
            }
            for path in panel.paths {
                let style = LineStyle.path(pathNames.firstIndex(of: path.name) ?? 0)
                let spots = path.points.filter { $0.count == 2 }.map { frame.at($0[0], $0[1]) }
                svg.polyline(spots, color: style.color, width: 1.8, dash: style.dash)
                if let end = spots.last { svg.circle(end, radius: 3, color: style.color) }
            }
        }
        return svg.document(title: title, description: caption)
    }

    /// Cells of one colour in a row are one rectangle, so that a picture stays small.
    private func draw(_ cells: Cells, _ range: ClosedRange<Double>?, in frame: PanelFrame, svg: inout SVG) {
        guard cells.values.count == cells.rows * cells.columns else { return }
        let size = (frame.width / Double(cells.columns), frame.height / Double(cells.rows))
        for row in 0..<cells.rows {
            var start = 0
            while start < cells.columns {
                let color = color(cells.values[row * cells.columns + start], range)
                var end = start + 1
                while end < cells.columns, self.color(cells.values[row * cells.columns + end], range) == color { end += 1 }
                // A little more than its place, so that no gap shows between neighbours.
                svg.rectangle(
                    x: frame.left + Double(start) * size.0, y: frame.bottom - Double(row + 1) * size.1, width: Double(end - start) * size.0 + 0.3,
                    height: size.1 + 0.3, color: color)
                start = end
            }
        }
    }

    /// What the scale of a panel's colours reaches over; nil for choices.
    private func range(of panel: Panel) -> ClosedRange<Double>? {
        guard case .quantity(_, let shares) = kind else { return nil }
        let values = (shares ? panels.compactMap(\.cells) : [panel.cells].compactMap { $0 }).flatMap(\.values).filter(\.isFinite)
        guard let low = values.min(), let high = values.max() else { return 0...1 }
        return low...max(high, low + 1e-12)
    }

    private func color(_ value: Double, _ range: ClosedRange<Double>?) -> String {
        guard value.isFinite else { return "#ffffff" }
        guard let range else { return Self.choiceColors[Int(max(0, min(value, 1e3))) % Self.choiceColors.count] }
        // 24 shades: more can't be told apart, and rectangles of one shade are drawn as one.
        let share = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return Self.shade((share * 24).rounded() / 24)
    }

    /// From white over blue to dark blue, with lightness falling evenly.
    private static func shade(_ share: Double) -> String {
        let stops: [(Double, Double, Double)] = [(247, 251, 255), (158, 202, 225), (49, 130, 189), (8, 48, 107)]
        let position = min(max(share, 0), 1) * Double(stops.count - 1), below = min(Int(position), stops.count - 2)
        let part = position - Double(below), (a, b) = (stops[below], stops[below + 1])
        func mixed(_ a: Double, _ b: Double) -> Int { Int((a + (b - a) * part).rounded()) }
        return String(format: "#%02x%02x%02x", mixed(a.0, b.0), mixed(a.1, b.1), mixed(a.2, b.2))
    }

    /// What the colours mean, at the right end of the title's line.
    private func drawKey(in svg: inout SVG, _ layout: FigureLayout) {
        guard panels.contains(where: { $0.cells != nil }) else { return }
        var right = layout.width - 24
        func word(_ text: String) {
            svg.text(text, at: (right, 25), size: 12, color: Ink.text, anchor: .end)
            right -= SVG.width(of: text, size: 12) + 6
        }
        switch kind {
        case .choices(let names):
            for (index, name) in names.enumerated().reversed() {
                word(name)
                svg.rectangle(x: right - 14, y: 14, width: 14, height: 14, color: Self.choiceColors[index % Self.choiceColors.count])
                right -= 28
            }
        case .quantity(let name, let shares):
            let all = shares ? range(of: panels[0]) : nil
            func number(_ value: Double) -> String { Format.number(value, decimals: Format.decimals(for: abs(value))) }
            word(all.map { number($0.upperBound) } ?? "most")
            for index in (0..<24).reversed() {
                right -= 4
                svg.rectangle(x: right, y: 14, width: 4.3, height: 14, color: Self.shade(Double(index) / 23))
            }
            right -= 6
            word("\(name): " + (all.map { number($0.lowerBound) } ?? "least"))
        }
    }
}

extension LineStyle {
    /// The look of a path, strong on light colours.
    static func path(_ index: Int) -> LineStyle {
        let colors = ["#000000", "#D55E00", "#7818D8", "#009E73", "#CC79A7", "#603000"]
        return LineStyle(color: colors[index % colors.count], dash: index % 2 == 0 ? nil : "6 3", marker: nil)
    }
}
