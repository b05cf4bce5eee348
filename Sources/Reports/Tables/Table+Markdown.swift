extension Table {
    var markdown: String {
        let line = columns.map { $0.isNumeric ? "---:" : "---" }
        let cells = rows.map { $0.map { $0.isBest ? "**\($0.text)**" : $0.text } }
        return ([columns.map(\.title), line] + cells).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
