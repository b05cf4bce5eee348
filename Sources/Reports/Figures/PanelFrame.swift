/// A panel's rectangle and axes: where a value lies, and the grid and numbers around it.
struct PanelFrame {
    var left: Double
    var top: Double
    var width: Double
    var height: Double
    /// First and last value along the bottom, and the numbers below it.
    var x: (low: Double, high: Double)
    var xTicks: [(value: Double, label: String)]
    var y: Axis
    /// Numbers along the left edge; panels beside each other with the same axis show them once.
    var showsY = true

    static let tickSize = 12.0, titleSize = 13.0

    var right: Double { left + width }
    var bottom: Double { top + height }

    /// An axis of environment steps up to `last`.
    static func steps(to last: Double) -> (x: (low: Double, high: Double), ticks: [(value: Double, label: String)]) {
        let axis = Axis(from: 0, to: last, intervals: 5)
        return ((axis.low, axis.high), zip(axis.ticks, axis.stepLabels).map { ($0, $1) })
    }

    /// Pixels that the numbers of an axis need.
    static func labelWidth(_ axis: Axis) -> Double { axis.labels.map { SVG.width(of: $0, size: tickSize) }.max() ?? 0 }

    func px(_ value: Double) -> Double { left + (value - x.low) / (x.high - x.low) * width }
    func py(_ value: Double) -> Double { bottom - (value - y.low) / (y.high - y.low) * height }
    func at(_ x: Double, _ y: Double) -> (Double, Double) { (px(x), py(y)) }

    /// Title, grid, numbers and the bottom line; lines and markers come on top of it.
    func draw(title: String, xTitle: String, in svg: inout SVG) {
        let shown = SVG.fitted(title, size: PanelFrame.titleSize, width: width)
        svg.text(shown, at: (left, top - 9), size: PanelFrame.titleSize, color: Ink.text)
        for (tick, label) in zip(y.ticks, y.labels) {
            svg.line((left, py(tick)), (right, py(tick)), color: tick == 0 ? Ink.zero : Ink.grid)
            if showsY { svg.text(label, at: (left - 7, py(tick) + 4), size: PanelFrame.tickSize, color: Ink.text, anchor: .end) }
        }
        svg.line((left, bottom), (right, bottom), color: Ink.text)
        for tick in xTicks {
            svg.line((px(tick.value), bottom), (px(tick.value), bottom + 4), color: Ink.text)
            svg.text(tick.label, at: (px(tick.value), bottom + 17), size: PanelFrame.tickSize, color: Ink.text, anchor: .middle)
        }
        guard !xTitle.isEmpty else { return }
        svg.text(xTitle, at: (left + width / 2, bottom + 36), size: PanelFrame.titleSize, color: Ink.text, anchor: .middle)
    }
}
