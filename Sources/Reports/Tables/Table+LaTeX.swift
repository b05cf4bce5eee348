extension Table {
    /// A table more rows long than this breaks over pages.
    private static let rowsOfAPage = 40
    /// More columns than this are set in smaller letters.
    private static let columnsOfSmallSize = 6

    /// As LaTeX for a paper, with the packages booktabs and graphicx: caption, label `tab:NAME`, notes below. What is wider than the text
    /// is made smaller. Long ones are a `longtable`, of the package of that name.
    var latex: String {
        let long = rows.count > Table.rowsOfAPage
        let head = columns.map { Table.heading($0) }.joined(separator: " & ") + " \\\\\n"
        let body = rows.map { row in
            Table.rowStart(row.map { $0.isBest ? "\\textbf{\(Table.escaped($0.text))}" : Table.escaped($0.text) }.joined(separator: " & "))
                + " \\\\\n"
        }.joined()
        let format = "@{}" + columns.map { $0.isNumeric ? "r" : "l" }.joined() + "@{}"
        let caption = "\\caption{\(Table.escaped(title))}\\label{tab:\(name)}"
        let size = columns.count > Table.columnsOfSmallSize ? "\\footnotesize\\setlength{\\tabcolsep}{3pt}\n" : "\\small\n"
        let paragraphs = ([notes] + (remarks ?? [])).filter { !$0.isEmpty }.map(Table.escaped).joined(separator: "\\par\n")
        let remark = paragraphs.isEmpty ? "" : "\\par\\smallskip\\noindent\n\\parbox{\\linewidth}{\\footnotesize \(paragraphs)}\n"
        if long {
            return """
                % \\usepackage{booktabs,longtable}
                \\begingroup
                \(size)\\begin{longtable}{\(format)}
                \(caption)\\\\
                \\toprule
                \(head)\\midrule
                \\endfirsthead
                \\toprule
                \(head)\\midrule
                \\endhead
                \\bottomrule
                \\endfoot
                \(body)\\end{longtable}
                \(remark)\\endgroup

                """
        }
        return """
            % \\usepackage{booktabs,graphicx}
            \\begin{table}[tbp]
            \\centering
            \(caption)\\par\\smallskip
            \(size)\\resizebox{\\ifdim\\width>\\linewidth\\linewidth\\else\\width\\fi}{!}{%
            \\begin{tabular}{\(format)}
            \\toprule
            \(head)\\midrule
            \(body)\\bottomrule
            \\end{tabular}}
            \(remark)\\end{table}

            """
    }

    /// Long titles in several lines, so that they don't make their column wide.
    private static func heading(_ column: Column) -> String {
        var lines: [String] = []
        for word in column.title.split(separator: " ") {
            // What stands in brackets has a line of its own.
            if let last = lines.last, last.hasPrefix("[") || word == "†" || (last.count + word.count < 12 && !word.hasPrefix("[")) {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        let escaped = lines.map { rowStart(Table.escaped($0)) }
        guard lines.count > 1 else { return escaped.joined() }
        return "\\shortstack[\(column.isNumeric ? "r" : "l")]{\\rule{0pt}{2.2ex}\(escaped.joined(separator: "\\\\"))}"
    }

    /// After a line's end a bracket or a star would be read as its argument.
    private static func rowStart(_ text: String) -> String {
        text.hasPrefix("[") || text.hasPrefix("*") ? "{}" + text : text
    }

    /// Text as LaTeX prints it, whatever font encoding is chosen.
    static func escaped(_ text: String) -> String {
        text.map { replacements[$0] ?? String($0) }.joined()
    }

    private static let replacements: [Character: String] = [
        "\\": "\\textbackslash{}", "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
        "~": "\\textasciitilde{}", "^": "\\textasciicircum{}", "<": "$<$", ">": "$>$", "|": "$|$", "\"": "''", "`": "\\textasciigrave{}",
        "−": "$-$", "±": "$\\pm$", "×": "$\\times$", "≤": "$\\leq$", "≥": "$\\geq$", "≈": "$\\approx$",
        "✓": "$\\surd$", "✗": "$\\times$", "°": "$^\\circ$", "†": "\\dag{}", "–": "--", "—": "---",
        "…": "\\dots{}", "\n": " ", "\r\n": " ", "\t": " ",
    ]
}
