extension Table {
    /// Cells with more characters may be broken into lines.
    private static let longestLine = 36

    /// The table in a box of its own, in which it scrolls where the page is too narrow for it.
    ///
    /// - Parameters:
    ///   - id: its name in the page; nil for none.
    ///   - heading: what stands right above it and need not be said again.
    ///   - folded: a click, a search or printing unfolds it.
    func html(id: String? = nil, below heading: String = "", folded: Bool = false) -> String {
        let remarks = rows.isEmpty ? [] : self.remarks ?? []
        let caption = HTML.prose(rows.isEmpty ? "No finished run yet." : notes)
            + (remarks.isEmpty ? "" : "\n" + HTML.list(remarks.map(HTML.prose)) + "\n")
        let begin = "<figure class=\"table\"" + (id.map { " id=\"\($0)\"" } ?? "") + ">\n"
            + (title.isEmpty || title == heading ? "" : "<p class=\"label\">\(HTML.prose(title))</p>\n")
        let end = (caption.isEmpty ? "" : "<figcaption>\(caption)</figcaption>\n") + "</figure>"
        guard !rows.isEmpty else { return begin + end }
        let box = """
            <div class="scroll" role="region" tabindex="0" aria-label="\(HTML.escaped(title.isEmpty ? heading : title))">
            <table>
            <thead><tr>\(columns.map(Table.header).joined())</tr></thead>
            <tbody>
            \(rows.indices.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            </div>

            """
        guard folded else { return begin + box + end }
        return begin + "<details>\n<summary>\(Format.count(rows.count)) row\(rows.count == 1 ? "" : "s")</summary>\n" + box + "</details>\n" + end
    }

    /// A title before more text, with a full stop unless it has its own end.
    static func closed(_ title: String) -> String { title.last.map { ".?!:".contains($0) } == true ? title : title + "." }

    private static func header(_ column: Column) -> String {
        "<th scope=\"col\"" + (column.isNumeric ? " class=\"n\"" : "") + ">\(HTML.prose(column.title))</th>"
    }

    /// Rows with another first cell than the row above begin a block.
    private func row(_ index: Int) -> String {
        let begins = index > 0 && rows[index].first?.text != rows[index - 1].first?.text
        let cells = columns.indices.map { column -> String in
            let cell = column < rows[index].count ? rows[index][column] : "–"
            let words = cell.text.count > Table.longestLine ? ["long"] : cell.text.contains(" ") ? ["words"] : []
            let classes = columns[column].isNumeric ? ["n"] : words
            let text = HTML.escaped(cell.text)
            return "<td" + (classes.isEmpty ? "" : " class=\"\(classes.joined(separator: " "))\"") + ">"
                + (cell.isBest ? "<strong>\(text)</strong>" : text) + "</td>"
        }
        return "<tr" + (begins ? " class=\"block\"" : "") + ">" + cells.joined() + "</tr>"
    }
}
