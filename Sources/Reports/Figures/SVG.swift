import Foundation

/// A picture as SVG text. Coordinates in pixels from the top left; numbers are written with at most one decimal, so that
/// the same picture is the same bytes, and few of them.
struct SVG {
    enum Anchor: String {
        case start, middle, end
    }

    let width: Double
    let height: Double
    private var body = ""
    /// Above everything else.
    private var marks = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(_ a: (Double, Double), _ b: (Double, Double), color: String, width: Double = 1, dash: String? = nil) {
        add("<line x1=\"\(n(a.0))\" y1=\"\(n(a.1))\" x2=\"\(n(b.0))\" y2=\"\(n(b.1))\"\(stroke(color, width, dash))/>")
    }

    mutating func polyline(_ points: [(Double, Double)], color: String, width: Double, dash: String? = nil, opacity: Double = 1) {
        guard points.count > 1 else { return }
        let faint = opacity < 1 ? " stroke-opacity=\"\(share(opacity))\"" : ""
        add("<polyline points=\"\(list(points))\" fill=\"none\" stroke-linejoin=\"round\"\(stroke(color, width, dash))\(faint)/>")
    }

    mutating func area(_ points: [(Double, Double)], color: String, opacity: Double = 1) {
        let faint = opacity < 1 ? " fill-opacity=\"\(share(opacity))\"" : ""
        add("<polygon points=\"\(list(points))\" fill=\"\(color)\"\(faint)/>")
    }

    /// A closed outline, filled with `fill`.
    mutating func outline(_ points: [(Double, Double)], color: String, width: Double, fill: String) {
        add("<polygon points=\"\(list(points))\" fill=\"\(fill)\" stroke-linejoin=\"round\"\(stroke(color, width, nil))/>")
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, color: String, opacity: Double = 1) {
        let faint = opacity < 1 ? " fill-opacity=\"\(share(opacity))\"" : ""
        add("<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"\(color)\"\(faint)/>")
    }

    mutating func circle(_ center: (Double, Double), radius: Double, color: String, opacity: Double = 1) {
        let faint = opacity < 1 ? " fill-opacity=\"\(share(opacity))\"" : ""
        add("<circle cx=\"\(n(center.0))\" cy=\"\(n(center.1))\" r=\"\(n(radius))\" fill=\"\(color)\"\(faint)/>")
    }

    mutating func ring(_ center: (Double, Double), radius: Double, color: String, width: Double, fill: String) {
        add("<circle cx=\"\(n(center.0))\" cy=\"\(n(center.1))\" r=\"\(n(radius))\" fill=\"\(fill)\"\(stroke(color, width, nil))/>")
    }

    /// An invisible spot that says its values when a pointer rests on it; a page collects all of a panel at the same `x`.
    ///
    /// - Parameters:
    ///   - panel: number of the panel in its picture, from 0.
    ///   - series: as in the legend.
    ///   - x: the value below it with its unit, `400,000 steps`.
    ///   - y: the value with its spread, `934 (850 to 1,010)`.
    mutating func mark(_ center: (Double, Double), panel: Int, series: String, x: String, y: String, color: String) {
        let data = [("panel", "\(panel)"), ("series", series), ("x", x), ("y", y), ("color", color)]
            .map { " data-\($0.0)=\"\(HTML.escaped($0.1))\"" }.joined()
        marks += "<circle class=\"mark\" cx=\"\(n(center.0))\" cy=\"\(n(center.1))\" r=\"5\"\(data)>"
            + "<title>\(HTML.escaped("\(series): \(y) at \(x)"))</title></circle>\n"
    }

    mutating func text(
        _ text: String, at point: (Double, Double), size: Double, color: String, anchor: Anchor = .start, bold: Bool = false,
        rotated: Double = 0
    ) {
        var attributes = "x=\"\(n(point.0))\" y=\"\(n(point.1))\" font-size=\"\(n(size))\" fill=\"\(color)\""
        if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
        if bold { attributes += " font-weight=\"600\"" }
        if rotated != 0 { attributes += " transform=\"rotate(\(n(rotated)) \(n(point.0)) \(n(point.1)))\"" }
        add("<text \(attributes)>\(HTML.escaped(text))</text>")
    }

    /// The whole file. `title` and `description` are what screen readers say.
    func document(title: String, description: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" width="\(n(width))" height="\(n(height))" \
        role="img" font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif">
        <title>\(HTML.escaped(title))</title>
        <desc>\(HTML.escaped(description))</desc>
        <rect width="100%" height="100%" fill="#ffffff"/>
        \(body)<g fill-opacity="0">
        \(marks)</g>
        </svg>

        """
    }

    /// A guess at a text's width, wide enough for the widest font of the list (DejaVu Sans).
    static func width(of text: String, size: Double, bold: Bool = false) -> Double {
        text.reduce(0) { $0 + advance($1) } * size * (bold ? 1.1 : 1)
    }

    /// A character's width as a share of the font size.
    private static func advance(_ character: Character) -> Double {
        switch character {
        case "i", "j", "l", "I", "'", "|": 0.3
        case " ", ".", ",", ":", ";", "!", "/": 0.34
        case "f", "t", "r", "(", ")", "[", "]", "-": 0.42
        case "m", "w", "M", "W", "@", "%", "…": 1
        case "A"..."Z", "+", "−", "=", "<", ">", "~", "±", "#": 0.84
        default: character.isASCII ? 0.64 : 1
        }
    }

    /// `text`, or as much of its beginning and end as fits into `width` with an ellipsis between.
    static func fitted(_ text: String, size: Double, width: Double, bold: Bool = false) -> String {
        guard SVG.width(of: text, size: size, bold: bold) > width else { return text }
        for kept in stride(from: text.count - 1, to: 1, by: -1) {
            let short = text.prefix(kept - kept / 2) + "…" + text.suffix(kept / 2)
            if SVG.width(of: String(short), size: size, bold: bold) <= width { return String(short) }
        }
        return "…"
    }

    private mutating func add(_ element: String) { body += element + "\n" }

    private func stroke(_ color: String, _ width: Double, _ dash: String?) -> String {
        " stroke=\"\(color)\"" + (width == 1 ? "" : " stroke-width=\"\(n(width))\"") + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "")
    }

    private func list(_ points: [(Double, Double)]) -> String {
        points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ")
    }

    /// At most one decimal, none that says nothing. What lies far outside the picture stays outside it.
    private func n(_ value: Double) -> String {
        let tenths = value.isFinite ? Int((min(max(value, -1e6), 1e6) * 10).rounded()) : 0
        let whole = abs(tenths) / 10, rest = abs(tenths) % 10
        return (tenths < 0 ? "-" : "") + "\(whole)" + (rest == 0 ? "" : ".\(rest)")
    }

    /// Opacities need two decimals.
    private func share(_ value: Double) -> String {
        let hundredths = Int((min(max(value, 0), 1) * 100).rounded())
        return hundredths == 100 ? "1" : hundredths < 10 ? "0.0\(hundredths)" : "0.\(hundredths)"
    }
}
