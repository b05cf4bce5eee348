/// A table of a report before it is written as Markdown, CSV, LaTeX or HTML.
public struct Table: Sendable, Equatable, Codable {
    public struct Column: Sendable, Equatable, Codable {
        public var title: String
        /// Numbers stand at the right edge of their column.
        public var isNumeric: Bool
        /// Heads the column in a CSV file: the title without what explains the text of its cells.
        public var name: String

        /// - Parameter name: the title by default.
        public init(_ title: String, numeric: Bool = false, name: String? = nil) {
            self.title = title
            isNumeric = numeric
            self.name = name ?? title
        }
    }

    /// What a cell's text says, unrounded, for files that programs read.
    public struct Number: Sendable, Equatable, Codable {
        public var value: Double
        /// Standard deviation over seeds.
        public var deviation: Double?
        /// Ends of an interval or a range.
        public var low: Double?
        public var high: Double?

        public init(_ value: Double, deviation: Double? = nil, low: Double? = nil, high: Double? = nil) {
            self.value = value
            self.deviation = deviation
            self.low = low
            self.high = high
        }
    }

    public struct Cell: Sendable, Equatable, Codable, ExpressibleByStringLiteral {
        /// As a reader sees it.
        public var text: String
        /// Shown bold: nothing beside it that may be compared with it is better.
        public var isBest = false
        /// Nil in cells of words, and where there is no number.
        public var number: Number?

        public init(_ text: String, isBest: Bool = false, number: Number? = nil) {
            self.text = text
            self.isBest = isBest
            self.number = number
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
    /// Further notes, a list below the others; nil where there are none.
    public var remarks: [String]?

    public init(name: String, title: String, columns: [Column], notes: String) {
        self.name = name.asFileName
        self.title = title
        self.columns = columns
        self.notes = notes
    }
}
