/// Where a figure's title, legend and panels lie: panels in rows, all of one size.
struct FigureLayout {
    /// Left out where the panels' own titles say it all.
    var title: String?
    let legend: Legend
    let plot: (width: Double, height: Double)
    let panels: Int
    let columns: Int
    /// From the left edge of one panel to that of the next.
    private let pitch: Double
    private let left: Double
    let width: Double

    private let below: Double

    private static let right = 24.0, panelTitle = 28.0

    /// - Parameters:
    ///   - labels: pixels that the numbers of the widest axis need.
    ///   - sharesAxis: panels of a row have one axis, whose numbers only the first shows.
    ///   - below: pixels for what stands below a plot.
    init(
        title: String?, items: [Legend.Item], panels: Int, columns: Int, plot: (width: Double, height: Double), labels: Double,
        sharesAxis: Bool, below: Double = 50
    ) {
        self.below = below
        self.plot = plot
        self.panels = panels
        self.columns = max(1, min(columns, panels))
        left = 32 + labels + 7
        pitch = plot.width + (sharesAxis ? 26 : labels + 36)
        let total = left + Double(self.columns - 1) * pitch + plot.width + FigureLayout.right
        width = total
        self.title = title.map { SVG.fitted($0, size: 16, width: total - 32, bold: true) }
        legend = Legend(items, width: total - 32)
    }

    private var rows: Int { (panels + columns - 1) / columns }
    private var titleHeight: Double { title == nil ? 8 : 34 }
    private var rowHeight: Double { FigureLayout.panelTitle + plot.height + below }
    var height: Double { titleHeight + legend.height + Double(rows) * rowHeight }

    /// Top left corner of a panel's plot.
    func origin(_ panel: Int) -> (left: Double, top: Double) {
        (left + Double(panel % columns) * pitch,
         titleHeight + legend.height + FigureLayout.panelTitle + Double(panel / columns) * rowHeight)
    }

    func isFirst(_ panel: Int) -> Bool { panel % columns == 0 }

    /// A picture with title, legend and the name of the rows' axis.
    func begin(yTitle: String) -> SVG {
        var svg = SVG(width: width, height: height)
        if let title { svg.text(title, at: (16, 25), size: 16, color: Ink.text, bold: true) }
        legend.draw(left: 16, top: titleHeight, in: &svg)
        for row in 0..<rows {
            let middle = origin(row * columns).top + plot.height / 2
            svg.text(yTitle, at: (20, middle), size: PanelFrame.titleSize, color: Ink.text, anchor: .middle, rotated: -90)
        }
        return svg
    }
}
