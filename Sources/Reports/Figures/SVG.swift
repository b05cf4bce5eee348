import Foundation

/// A picture as SVG text. Coordinates in pixels from the top left; numbers are written with two decimals, so that the
/// same picture is the same bytes.
struct SVG {
    enum Anchor: String {
        case start, middle, end
    }

    let width: Double
    let height: Double
    private var body = ""

    init(width: Double, height: Double) {
        self.width = width
        self.height = height
    }

    mutating func line(_ a: (Double, Double), _ b: (Double, Double), color: String, width: Double = 1, dash: String? = nil) {
        add("<line x1=\"\(n(a.0))\" y1=\"\(n(a.1))\" x2=\"\(n(b.0))\" y2=\"\(n(b.1))\"\(stroke(color, width, dash))/>")
    }

    mutating func polyline(_ points: [(Double, Double)], color: String, width: Double, dash: String? = nil, opacity: Double = 1) {
        guard points.count > 1 else { return }
        let faint = opacity < 1 ? " stroke-opacity=\"\(n(opacity))\"" : ""
        add("<polyline points=\"\(list(points))\" fill=\"none\" stroke-linejoin=\"round\"\(stroke(color, width, dash))\(faint)/>")
    }

    mutating func area(_ points: [(Double, Double)], color: String, opacity: Double) {
        add("<polygon points=\"\(list(points))\" fill=\"\(color)\" fill-opacity=\"\(n(opacity))\" stroke=\"none\"/>")
    }

    mutating func rectangle(x: Double, y: Double, width: Double, height: Double, color: String, opacity: Double = 1) {
        let faint = opacity < 1 ? " fill-opacity=\"\(n(opacity))\"" : ""
        add("<rect x=\"\(n(x))\" y=\"\(n(y))\" width=\"\(n(width))\" height=\"\(n(height))\" fill=\"\(color)\"\(faint)/>")
    }

    mutating func circle(_ center: (Double, Double), radius: Double, color: String) {
        add("<circle cx=\"\(n(center.0))\" cy=\"\(n(center.1))\" r=\"\(n(radius))\" fill=\"\(color)\"/>")
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
            .map { " data-\($0.0)=\"\(SVG.escaped($0.1))\"" }.joined()
        add("<circle class=\"mark\" cx=\"\(n(center.0))\" cy=\"\(n(center.1))\" r=\"5\" fill-opacity=\"0\"\(data)>"
            + "<title>\(SVG.escaped("\(series): \(y) at \(x)"))</title></circle>")
    }

    mutating func text(
        _ text: String, at point: (Double, Double), size: Double, color: String, anchor: Anchor = .start, bold: Bool = false,
        rotated: Double = 0
    ) {
        var attributes = "x=\"\(n(point.0))\" y=\"\(n(point.1))\" font-size=\"\(n(size))\" fill=\"\(color)\""
        if anchor != .start { attributes += " text-anchor=\"\(anchor.rawValue)\"" }
        if bold { attributes += " font-weight=\"600\"" }
        if rotated != 0 { attributes += " transform=\"rotate(\(n(rotated)) \(n(point.0)) \(n(point.1)))\"" }
        add("<text \(attributes)>\(SVG.escaped(text))</text>")
    }

    /// The whole file. `title` and `description` are what screen readers say.
    func document(title: String, description: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(n(width)) \(n(height))" width="\(n(width))" height="\(n(height))" \
        role="img" font-family="'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif">
        <title>\(SVG.escaped(title))</title>
        <desc>\(SVG.escaped(description))</desc>
        <rect width="100%" height="100%" fill="#ffffff"/>
        \(body)</svg>

        """
    }

    /// A guess at a text's width, wide enough for the widest font of the list.
    static func width(of text: String, size: Double) -> Double { Double(text.count) * size * 0.56 }

    /// `text` broken between words into lines of at most `width` pixels.
    static func lines(_ text: String, size: Double, width: Double) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, SVG.width(of: last + " " + word, size: size) <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
    }

    private mutating func add(_ element: String) { body += element + "\n" }

    private func stroke(_ color: String, _ width: Double, _ dash: String?) -> String {
        " stroke=\"\(color)\" stroke-width=\"\(n(width))\"" + (dash.map { " stroke-dasharray=\"\($0)\"" } ?? "")
    }

    private func list(_ points: [(Double, Double)]) -> String {
        points.map { "\(n($0.0)),\(n($0.1))" }.joined(separator: " ")
    }

    /// At most two decimals, none that say nothing.
    private func n(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let whole = abs(hundredths) / 100, rest = abs(hundredths) % 100
        let fraction = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
        return (hundredths < 0 ? "-" : "") + "\(whole)" + fraction
    }
}
