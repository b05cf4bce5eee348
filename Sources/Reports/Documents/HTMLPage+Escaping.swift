import Foundation

/// Text as it may stand in a page that is both HTML and XML.
enum HTML {
    /// For text and for attributes in double quotes. Control characters, which a page must not hold, become U+FFFD.
    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += " "
            default: result.unicodeScalars.append(allowed(scalar))
            }
        }
        return result
    }

    /// Prose, in which a pair of backticks makes code.
    static func prose(_ text: String) -> String {
        let parts = text.components(separatedBy: "`")
        guard parts.count % 2 == 1 else { return escaped(text) }
        return parts.enumerated().map { $0 % 2 == 1 ? "<code>\(escaped($1))</code>" : escaped($1) }.joined()
    }

    static func list(_ items: [String]) -> String { "<ul>\n" + items.map { "<li>\($0)</li>\n" }.joined() + "</ul>" }

    /// A link to a file beside the page.
    static func link(_ file: String, _ text: String? = nil) -> String {
        var plain = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        plain.insert(charactersIn: "-_.~/")
        let path = file.addingPercentEncoding(withAllowedCharacters: plain) ?? file
        return "<a href=\"\(escaped(path))\">\(escaped(text ?? file))</a>"
    }

    /// `svg` as part of a page: without what comes before its first element and with `prefix` before its identifiers, so
    /// that two pictures' don't meet. Nil where there is no picture.
    static func inlined(_ svg: String, prefix: String) -> String? {
        guard let start = svg.range(of: "<svg") else { return nil }
        var text = String(svg[start.lowerBound...])
        for reference in [" id=\"", "=\"url(#", "href=\"#", "aria-labelledby=\"", "aria-describedby=\""] {
            text = text.replacingOccurrences(of: reference, with: reference + prefix + "-")
        }
        var result = ""
        for scalar in text.unicodeScalars { result.unicodeScalars.append(allowed(scalar)) }
        return result.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Characters of XML 1.0.
    private static func allowed(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 9, 10, 0x20...0x7E, 0xA0...0xFFFD, 0x10000...0x10FFFF: scalar
        default: "\u{FFFD}"
        }
    }
}

/// Names for places in a page, each used once.
struct HTMLAnchors {
    private var used: Set<String> = []

    /// `final-returns` of `Final returns`; with a number where there is one already.
    mutating func next(_ title: String) -> String {
        let words = title.lowercased().unicodeScalars.split { !("a"..."z" ~= $0 || "0"..."9" ~= $0) }
        let stem = words.isEmpty ? "part" : words.map(String.init).joined(separator: "-")
        var name = stem, number = 2
        while !used.insert(name).inserted {
            name = "\(stem)-\(number)"
            number += 1
        }
        return name
    }
}
