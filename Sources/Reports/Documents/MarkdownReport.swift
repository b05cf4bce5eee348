import Formats

/// `report.md`: a report as Markdown, its figures as links to their files.
struct MarkdownReport {
    let document: ReportDocument
    /// Where the raw data are, and how the report is made again, in Markdown.
    let rawData: String

    init(document: ReportDocument, rawData: String) {
        self.document = document
        self.rawData = rawData
    }

    /// A report with its raw data beside it.
    ///
    /// - Parameter origin: what made the runs, after "with" (`RunRecord.origin`).
    init(document: ReportDocument, evaluationsFile: String, origin: String) {
        self.init(document: document, rawData: """
            [`runs.csv`](runs.csv) has one line for each run, [`\(evaluationsFile)`](\(evaluationsFile)) one line for each measured value; \
            \(Self.tables) `gait report` with this folder as input makes the same report again. A committed report may lack \
            `\(evaluationsFile)` because of its size: then the runs must be made again, with \(origin).
            """)
    }

    /// A sentence about the folder of the tables.
    static let tables = "every table is in `tables/`, as CSV with unrounded numbers and as LaTeX."

    var text: String {
        var parts = ["# \(document.title)"] + document.introduction
        if !document.cautions.isEmpty {
            parts.append("## Read this first")
            parts.append(MarkdownReport.list(document.cautions))
        }
        for section in document.sections {
            parts.append("## \(section.title)")
            for block in section.blocks { parts += MarkdownReport.paragraphs(block, heading: section.title) }
        }
        parts.append("## Raw data")
        parts.append(rawData)
        return parts.joined(separator: "\n\n") + "\n"
    }

    private static func paragraphs(_ block: ReportDocument.Block, heading: String) -> [String] {
        switch block {
        case .paragraph(let text): [text]
        case .list(let items): [list(items)]
        case .table(let table):
            table.rows.isEmpty ? ["No finished run yet."]
                : [label(table, heading), table.markdown, table.notes, list(table.remarks ?? [])].filter { !$0.isEmpty }
        case .data(let table):
            [([label(table, heading), "\(Format.count(table.rows.count)) row\(table.rows.count == 1 ? "" : "s") in [`tables/\(table.name).csv`](tables/\(table.name).csv)."]
                .filter { !$0.isEmpty }).joined(separator: ": "), table.notes].filter { !$0.isEmpty }
        case .figure(let figure): ["### \(figure.title)", "![\(figure.title)](\(figure.path).svg)", figure.caption]
        case .report(let text, let folder): ["[\(text)](\(folder)/report.md)"]
        }
    }

    /// A table's title, where it is not that of the section.
    private static func label(_ table: Table, _ heading: String) -> String {
        table.title.isEmpty || table.title == heading ? "" : "**\(table.title)**"
    }

    private static func list(_ items: [String]) -> String { items.map { "- \($0)" }.joined(separator: "\n") }
}
