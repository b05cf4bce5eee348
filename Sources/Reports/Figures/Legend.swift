/// A figure's lines by name, in as many rows as they need.
struct Legend {
    struct Item {
        var label: String
        var style: LineStyle
        /// With a band or a range around it somewhere.
        var hasBand = false
    }

    static let rowHeight = 20.0
    private static let size = 13.0, sample = 34.0, gap = 20.0

    private let rows: [[Item]]

    /// - Parameter width: pixels there are; a longer name is shortened.
    init(_ items: [Item], width: Double) {
        var rows: [[Item]] = [], used = Double.infinity
        for var item in items {
            item.label = SVG.fitted(item.label, size: Legend.size, width: width - Legend.sample - 6)
            let own = Legend.width(item)
            if used + Legend.gap + own > width {
                rows.append([])
                used = -Legend.gap
            }
            rows[rows.count - 1].append(item)
            used += Legend.gap + own
        }
        self.rows = rows
    }

    var height: Double { Double(rows.count) * Legend.rowHeight }

    private static func width(_ item: Item) -> Double { sample + 6 + SVG.width(of: item.label, size: size) }

    func draw(left: Double, top: Double, in svg: inout SVG) {
        for (row, items) in rows.enumerated() {
            var x = left
            let y = top + (Double(row) + 0.5) * Legend.rowHeight
            for item in items {
                if item.hasBand {
                    svg.rectangle(x: x, y: y - 7, width: Legend.sample, height: 14, color: item.style.color, opacity: CurvePanel.bandOpacity)
                }
                let width = item.style.marker == nil ? 1.2 : CurvePanel.lineWidth
                svg.line((x, y), (x + Legend.sample, y), color: item.style.color, width: width, dash: item.style.dash)
                if let marker = item.style.marker {
                    svg.marker(marker, at: (x + Legend.sample / 2, y), color: item.style.color, filled: item.style.isFilled)
                }
                svg.text(item.label, at: (x + Legend.sample + 6, y + 4.5), size: Legend.size, color: Ink.text)
                x += Legend.width(item) + Legend.gap
            }
        }
    }
}
