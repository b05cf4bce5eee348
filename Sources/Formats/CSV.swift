import Core
import Foundation

/// A table's line that can't be read, and what was expected there.
public struct TableError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    public var file: String
    public var line: Int
    public var reason: String

    public init(file: String, line: Int, _ reason: String) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    public var description: String { "\(file), line \(line): \(reason)" }
    public var exitCode: Int32 { 65 }
}

/// Comma-separated values after RFC 4180: a header line, then records; quotes where a field needs them. Files that a spreadsheet saved
/// again, with semicolons or tabs between fields and decimal commas, are read as well.
public struct CSV: Sendable, Equatable {
    public var header: [String]
    public var rows: [[String]]

    /// Between fields of the file that it was read from.
    private var separator = UInt8(ascii: ",")

    public init(header: [String], rows: [[String]] = []) {
        self.header = header
        self.rows = rows
    }

    /// Reads a file's text. Throws `TableError` naming `file` and the line when a record has another number
    /// of fields than the header, or a quote is never closed.
    ///
    /// - Parameters:
    ///   - ignoringTornEnd: leaves out a last line that has no line end, which a run that was killed may leave behind.
    ///   - separator: between fields; nil where it is to be guessed, as in a file that a spreadsheet may have written.
    public init(_ text: String, file: String, ignoringTornEnd: Bool = false, separator given: UInt8? = nil) throws {
        var records: [(line: Int, fields: [String])] = []
        var fields: [String] = [], field: [UInt8] = []
        var line = 1, start = 1, quoted = false, ended = true
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }  // byte order mark
        separator = given ?? CSV.separator(bytes)

        func endField() {
            fields.append(String(decoding: field, as: UTF8.self))
            field.removeAll(keepingCapacity: true)
        }
        func endRecord() {
            endField()
            if fields != [""] || records.first?.fields.count == 1 { records.append((start, fields)) }  // no blank lines
            fields = []
            ended = true
        }
        while let byte = bytes.popFirst() {
            if ended {
                start = line
                ended = false
            }
            switch byte {
            case UInt8(ascii: "\"") where quoted && bytes.first == UInt8(ascii: "\""):
                field.append(byte)
                bytes.removeFirst()
            case UInt8(ascii: "\""): quoted.toggle()
            case separator where !quoted: endField()
            case UInt8(ascii: "\r") where !quoted && bytes.first == UInt8(ascii: "\n"): break
            case UInt8(ascii: "\n"):
                line += 1
                if quoted { field.append(byte) } else { endRecord() }
            default: field.append(byte)
            }
        }
        if !ended, !ignoringTornEnd {
            guard !quoted else { throw TableError(file: file, line: start, "a quote that is never closed") }
            endRecord()
        }
        guard let first = records.first else { throw TableError(file: file, line: 1, "a header line expected") }
        header = first.fields
        for record in records.dropFirst() where record.fields.count != header.count {
            throw TableError(
                file: file, line: record.line, "\(header.count) fields expected, \(record.fields.count) found")
        }
        rows = records.dropFirst().map(\.fields)
        lines = records.dropFirst().map(\.line)
    }

    /// What is most frequent in the first line: a comma, a semicolon or a tab.
    private static func separator(_ bytes: ArraySlice<UInt8>) -> UInt8 {
        let head = bytes.prefix { $0 != UInt8(ascii: "\n") }, comma = UInt8(ascii: ",")
        return [UInt8(ascii: ";"), UInt8(ascii: "\t")].reduce(comma) { best, next in
            head.count { $0 == next } > head.count { $0 == best } ? next : best
        }
    }

    /// A number's text with a decimal point.
    private func plain(_ text: String) -> String {
        separator == UInt8(ascii: ",") ? text : text.replacingOccurrences(of: ",", with: ".")
    }

    /// Reads a file, which is compressed where its name ends in .gz. Throws what `init(_:file:ignoringTornEnd:)` throws, `GaitError.input`
    /// where the file is missing or no text in UTF-8, or `FileError`.
    public init(contentsOf path: String, ignoringTornEnd: Bool = false) throws {
        try self.init(try path.hasSuffix(".gz") ? Gzip.contents(of: path) : readFile(path), file: path, ignoringTornEnd: ignoringTornEnd)
    }

    /// The same from the bytes of a file.
    init(_ data: Data, file: String, ignoringTornEnd: Bool = false, separator: UInt8? = nil) throws {
        // A torn line may end within a character.
        let end = ignoringTornEnd ? data.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? data.startIndex : data.endIndex
        guard let text = String(data: data[..<end], encoding: .utf8) else { throw GaitError.input("\(file): a text file in UTF-8 expected") }
        try self.init(text, file: file, ignoringTornEnd: ignoringTornEnd, separator: separator)
    }

    /// Line of each row in the file it was read from.
    private(set) var lines: [Int] = []

    public static func == (a: CSV, b: CSV) -> Bool { a.header == b.header && a.rows == b.rows }

    /// The file's text, lines ended by "\n".
    public var text: String { ([header] + rows).map(CSV.line).joined() }

    /// One record, ended by "\n".
    static func line(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") + "\n" }

    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
        return special ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
    }
}

extension CSV {
    /// Reads rows by column name, with errors that name the file, the line and the column.
    public struct Reader {
        private let csv: CSV
        public let file: String
        private let columns: [String: Int]

        /// Throws when a required column is missing; further columns are no error.
        public init(_ csv: CSV, file: String, required: [String]) throws {
            self.csv = csv
            self.file = file
            columns = Dictionary(csv.header.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
            for name in required where columns[name] == nil {
                throw TableError(
                    file: file, line: 1, "column '\(name)' is missing; found \(csv.header.joined(separator: ", "))")
            }
        }

        public var count: Int { csv.rows.count }

        /// Empty where the column is missing.
        public func string(_ row: Int, _ column: String) -> String { columns[column].map { csv.rows[row][$0] } ?? "" }

        /// Line of a row in its file.
        public func line(_ row: Int) -> Int { row < csv.lines.count ? csv.lines[row] : row + 2 }

        /// A number.
        public func value(_ row: Int, _ column: String) throws -> Double {
            let text = string(row, column)
            guard let value = Double(csv.plain(text)) else { throw fault(row, column, "a number expected, found '\(text)'") }
            return value
        }

        /// A whole number from 0 on, such as a seed: `7`, or `7.0`.
        public func whole(_ row: Int, _ column: String) throws -> UInt64 {
            let text = string(row, column)
            guard let value = UInt64(text) ?? Double(csv.plain(text)).flatMap({ UInt64(exactly: $0) }) else {
                throw fault(row, column, "a whole number from 0 on expected, found '\(text)'")
            }
            return value
        }

        /// A number of steps, episodes or updates: `200`, and `200.0` as pandas writes a column in which a number is missing.
        public func count(_ row: Int, _ column: String) throws -> Int {
            let text = string(row, column)
            guard let number = Int(text) ?? Double(csv.plain(text)).flatMap({ Int(exactly: $0) }) else {
                throw fault(row, column, "a number expected, found '\(text)'")
            }
            guard (0...1_000_000_000_000_000).contains(number) else {
                throw fault(row, column, "a number from 0 to 1e15 expected, found \(number)")
            }
            return number
        }

        /// The same; nil where the column is missing, or the field is empty or `NA`.
        public func optionalCount(_ row: Int, _ column: String) throws -> Int? { isBlank(row, column) ? nil : try count(row, column) }

        /// A text that may be missing: R writes a column of empty texts as `NA`.
        public func optionalString(_ row: Int, _ column: String) -> String { isBlank(row, column) ? "" : string(row, column) }

        /// True where there is no value: an empty field, or `NA` as R writes it.
        public func isBlank(_ row: Int, _ column: String) -> Bool { ["", "NA"].contains(string(row, column)) }

        /// An error that names the file, the line and the column.
        public func fault(_ row: Int, _ column: String, _ reason: String) -> TableError {
            TableError(file: file, line: line(row), "column '\(column)': \(reason)")
        }

        /// One of a few words.
        public func choice<T: RawRepresentable<String> & CaseIterable>(_ row: Int, _ column: String) throws -> T {
            let text = string(row, column)
            guard let value = T(rawValue: text) else {
                let words = T.allCases.map { $0.rawValue }
                let nearest = nearestName(to: text, among: words).map { "; did you mean '\($0)'?" } ?? ""
                throw fault(row, column, "one of \(words.joined(separator: ", ")) expected, found '\(text)'\(nearest)")
            }
            return value
        }
    }
}
