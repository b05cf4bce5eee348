import Foundation

extension LinePlot {
    var figure: Figure { Figure(name: name, title: title, caption: caption, svg: svg) }

    /// Names in the order of first appearance, each with its look in all panels.
    private var styles: [(name: String, style: LineStyle)] {
        var index = 0
        return panels.flatMap(\.series).map { Key(name: $0.name, isReference: $0.isReference) }.unique.map { key in
            if key.isReference { return (key.name, .reference) }
            defer { index += 1 }
            return (key.name, .series(index))
        }
    }

    private struct Key: Hashable { var name: String, isReference: Bool }

    private func axis(_ values: [Double], _ scale: Scale) -> Axis {
        scale == .logarithmic ? Axis(logarithmsOf: values) : Axis(covering: values, intervals: 6)
    }

    /// Where a value lies on an axis; nil for one that has no logarithm.
    private func place(_ value: Double, _ scale: Scale) -> Double? {
        scale == .linear ? (value.isFinite ? value : nil) : value > 0 && value.isFinite ? log10(value) : nil
    }

    private var svg: String {
        let points = panels.flatMap(\.series).flatMap(\.points)
        let y = axis(points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] }, yScale)
        let x = axis(points.map(\.x) + panels.flatMap(\.series).flatMap(\.diverged), xScale)
        let styles = styles
        let items = styles.map { item in
            Legend.Item(label: item.name, style: item.style, hasBand: panels.flatMap(\.series).contains {
                $0.name == item.name && $0.points.contains { $0.low != nil }
            })
        }
        let isSingle = panels.count == 1
        let layout = FigureLayout(
            title: title, items: items, panels: panels.count, columns: panels.count == 4 ? 2 : 3, plot: isSingle ? (430, 280) : (290, 225),
            labels: PanelFrame.labelWidth(y), sharesAxis: true)
        var svg = layout.begin(yTitle: yTitle)
        let looks = Dictionary(styles, uniquingKeysWith: { first, _ in first })
        for (index, panel) in panels.enumerated() {
            let origin = layout.origin(index)
            let frame = PanelFrame(
                left: origin.left, top: origin.top, width: layout.plot.width, height: layout.plot.height, x: (x.low, x.high),
                xTicks: zip(x.ticks, x.labels).map { ($0, $1) }, y: y, showsY: layout.isFirst(index))
            frame.draw(title: panel.title, xTitle: xTitle, in: &svg)
            for series in panel.series { draw(series, looks[series.name] ?? .unfinished, in: frame, number: index, svg: &svg) }
        }
        return svg.document(title: title, description: caption)
    }

    private func draw(_ series: Series, _ style: LineStyle, in frame: PanelFrame, number: Int, svg: inout SVG) {
        func spot(_ point: Point, _ value: Double?) -> (Double, Double)? {
            guard let x = place(point.x, xScale), let y = value.flatMap({ place($0, yScale) }) else { return nil }
            return frame.at(x, y)
        }
        let banded = series.points.filter { $0.low != nil && $0.high != nil }
        if banded.count > 1 {
            svg.area(
                banded.compactMap { spot($0, $0.high) } + banded.reversed().compactMap { spot($0, $0.low) }, color: style.color,
                opacity: CurvePanel.bandOpacity)
        } else if let only = banded.first, let low = spot(only, only.low), let high = spot(only, only.high) {
            svg.line(low, high, color: style.color, width: 1.2)
        }
        let spots = series.points.compactMap { point in spot(point, point.y).map { (point, $0) } }
        svg.polyline(spots.map(\.1), color: style.color, width: series.isReference ? 1.2 : CurvePanel.lineWidth, dash: style.dash)
        if let marker = style.marker {
            let every = max(1, spots.count / 12)
            for (index, spot) in spots.enumerated() where index % every == 0 || index == spots.count - 1 {
                svg.marker(marker, at: spot.1, color: style.color, filled: style.isFilled)
            }
        }
        for x in series.diverged {
            guard let place = place(x, xScale) else { continue }
            svg.marker(.cross, at: (frame.px(place), frame.top + 8), color: style.color, radius: 4.5)
        }
        guard !series.isReference else { return }
        for (point, spot) in spots {
            let value = Self.text(point.y) + (point.low.flatMap { low in point.high.map { " (\(Self.text(low)) to \(Self.text($0)))" } } ?? "")
            svg.mark(spot, panel: number, series: series.name, x: "\(xTitle) \(Self.text(point.x))", y: value, color: style.color)
        }
    }

    /// Four digits, whatever the size.
    private static func text(_ value: Double) -> String {
        let magnitude = abs(value)
        if magnitude != 0, magnitude < 1e-3 { return String(format: "%.3g", value) }
        return Format.number(value, decimals: magnitude >= 1000 ? 0 : magnitude >= 10 ? 1 : magnitude >= 0.1 ? 3 : 5)
    }
}

extension LineStyle {
    /// Something to compare with.
    static let reference = LineStyle(color: Ink.faint, dash: "6 4")

    /// The look of the so-and-so-many-th series of a plot.
    static func series(_ index: Int) -> LineStyle {
        let pair = LineStyles.colors[index % LineStyles.colors.count]
        return LineStyle(color: index < LineStyles.colors.count ? pair.0 : pair.1, marker: Marker.allCases[index % Marker.allCases.count])
    }
}
