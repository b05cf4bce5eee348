/// What a report says, in the order of reading, before it is Markdown or a page.
public struct ReportDocument: Sendable {
    public enum Block: Sendable {
        case paragraph(String)
        case list([String])
        case table(Table)
        /// A table for programs, or to look something up in: a link to its file, or folded up.
        case data(Table)
        case figure(Figure)
        /// A link to the report in a folder of this one.
        case report(String, folder: String)
    }

    public struct Section: Sendable {
        public var title: String
        public var blocks: [Block]
        /// Among the first that a reader wants to see: a report on several experiments shows no other.
        public var isMain = false
    }

    public var title: String
    /// Paragraphs below the title: how many runs, on what.
    public var introduction: [String]
    /// What a reader must know about the averages; empty if there is nothing to say.
    public var cautions: [String]
    public var sections: [Section]

    /// The report's own figures and tables as files, by name.
    var files: [String: String] { Self.files(of: sections) }

    static func files(of sections: [Section]) -> [String: String] {
        var files: [String: String] = [:]
        for block in sections.flatMap(\.blocks) {
            switch block {
            case .figure(let figure): files["\(figure.name).svg"] = figure.svg
            case .table(let table) where !table.rows.isEmpty, .data(let table) where !table.rows.isEmpty:
                files["tables/\(table.name).csv"] = table.csv.text
                files["tables/\(table.name).tex"] = table.latex
            default: break
            }
        }
        return files
    }

    public var tables: [Table] {
        sections.flatMap(\.blocks).compactMap { block in
            switch block {
            case .table(let table), .data(let table): table
            default: nil
            }
        }
    }

    public var figures: [Figure] {
        sections.flatMap(\.blocks).compactMap { if case .figure(let figure) = $0 { figure } else { nil } }
    }
}
