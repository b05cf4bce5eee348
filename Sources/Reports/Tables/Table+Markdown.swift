import Foundation

extension Table {
    var markdown: String {
        let line = columns.map { $0.isNumeric ? "---:" : "---" }
        let cells = rows.map { $0.map { $0.isBest ? "**\(Table.markdown($0.text))**" : Table.markdown($0.text) } }
        return ([columns.map { Table.markdown($0.title) }, line] + cells).map { "| " + $0.joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }

    /// A cell is one line, and a bar in it doesn't end it.
    private static func markdown(_ text: String) -> String {
        text.replacingOccurrences(of: "\r\n", with: " ").replacingOccurrences(of: "\n", with: " ").replacingOccurrences(of: "|", with: "\\|")
    }
}
