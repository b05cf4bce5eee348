/// A table of a report before it is written as Markdown, CSV, LaTeX or HTML.
public struct Table: Sendable, Equatable {
    public struct Column: Sendable, Equatable {
        public var title: String
        /// Numbers stand at the right edge of their column.
        public var isNumeric: Bool

        public init(_ title: String, numeric: Bool = false) {
            self.title = title
            isNumeric = numeric
        }
    }

    public struct Cell: Sendable, Equatable, ExpressibleByStringLiteral {
        /// As a reader sees it.
        public var text: String
        /// Shown bold: nothing beside it that may be compared with it is better.
        public var isBest = false

        public init(_ text: String, isBest: Bool = false) {
            self.text = text
            self.isBest = isBest
        }

        public init(stringLiteral value: String) { text = value }
    }

    /// Stem of its files: `final-returns`.
    public var name: String
    /// One line above it.
    public var title: String
    public var columns: [Column]
    /// A cell for every column.
    public var rows: [[Cell]] = []
    /// What the numbers are, in whole sentences.
    public var notes: String

    public init(name: String, title: String, columns: [Column], notes: String) {
        self.name = name
        self.title = title
        self.columns = columns
        self.notes = notes
    }
}
