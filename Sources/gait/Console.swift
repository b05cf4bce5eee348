import Core
import Formats
import Foundation

/// Output to the terminal.
enum Console {
    /// A line on standard error.
    static func note(_ text: String) { StandardStreams.note(text + "\n") }

    /// One JSON line on standard output.
    static func json(_ value: some Encodable) {
        if let line = jsonLine(value) { print(line) }
    }

    /// Prints rows in aligned columns; the last column is not padded. Columns whose index is in `right` are aligned right.
    static func table(_ rows: [[String]], right: Set<Int> = []) {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        for row in rows {
            let cells = row.enumerated().map { column, text in
                let room = String(repeating: " ", count: widths[column] - text.count)
                return right.contains(column) ? room + text : column == row.count - 1 ? text : text + room
            }
            print(cells.joined(separator: "  "))
        }
    }

    /// About four digits: `0.00123`, `12.35`, `1,235`.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        return abs(value) >= 1000 ? String(format: "%.0f", value) : String(format: "%.4g", value)
    }
}
