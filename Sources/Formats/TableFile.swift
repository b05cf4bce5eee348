import Core
import Foundation

/// A CSV file that grows by rows: opened for each addition, so that it is complete on disk between two additions, and a
/// process that is killed during one leaves at most an incomplete last line.
///
/// Columns may be added later (an agent's losses begin after its first update): the file is then rewritten with the new
/// columns at the end, empty in the rows before.
public struct TableFile: Sendable {
    public let path: String
    public private(set) var columns: [String]
    /// Complete rows, the header not counted.
    public private(set) var rows = 0

    /// Begins an empty table. Throws `FileError`.
    public init(creating path: String, columns: [String]) throws {
        let columns = columns.map(Self.oneLine)
        self.path = path
        self.columns = columns
        try writeAtomically(Self.line(columns), to: path)
    }

    /// Continues a table from the point where it had `rows` rows of `columns`. Later content, including an incomplete line, is removed.
    /// Throws `GaitError.input` when the file does not hold that much, `FileError` when it can't be read or written.
    public init(truncating path: String, columns: [String], rows: Int) throws {
        let columns = columns.map(Self.oneLine)
        self.path = path
        self.columns = columns
        self.rows = rows
        // What follows is removed, whatever it is.
        let data = try readFile(path), found = try CSV(data.prefix(lines: rows + 1), file: path, ignoringTornEnd: true, separator: Self.comma)
        let indices = try columns.map { column in
            guard let index = found.header.firstIndex(of: column) else {
                throw GaitError.input("\(path), line 1: the column '\(column)' is missing")
            }
            return index
        }
        guard found.rows.count >= rows else {
            throw GaitError.input("\(path): \(rows) rows expected from the checkpoint, \(found.rows.count) found")
        }
        let kept = found.rows.prefix(rows).map { row in Self.line(indices.map { row[$0] }) }
        try writeAtomically(Self.line(columns) + kept.joined(), to: path)
    }

    /// Adds rows of fields by column name; a column not named is left empty. Throws `FileError`.
    public mutating func append(_ added: [[String: String]]) throws {
        let known = Set(columns), added = added.map(Self.withColumnsOnOneLine)
        let new = Set(added.flatMap(\.keys)).subtracting(known).sorted()
        if !new.isEmpty { try widen(by: new) }
        let file = try OutputFile(path, .appending)
        try file.write(added.map { row in Self.line(columns.map { row[$0] ?? "" }) }.joined())
        try file.close()
        rows += added.count
    }

    /// Waits until all rows are on the disk. Throws `FileError`.
    public func synchronize() throws {
        let file = try OutputFile(path, .appending)
        try file.synchronize()
        try file.close()
    }

    private mutating func widen(by new: [String]) throws {
        let old = try Self.read(path)
        columns += new
        let blank = Array(repeating: "", count: new.count)
        try writeAtomically(Self.line(columns) + old.rows.map { Self.line($0 + blank) }.joined(), to: path)
    }

    /// All complete rows; an incomplete last line is left out. Throws `TableError` naming the line that is not a row, `GaitError.input`
    /// where it is no text, or `FileError`.
    public static func read(_ path: String) throws -> (columns: [String], rows: [[String]]) {
        let table = try CSV(readFile(path), file: path, ignoringTornEnd: true, separator: comma)
        return (table.header, table.rows)
    }

    /// The header alone. Throws as `read` does.
    public static func columns(of path: String) throws -> [String] {
        try CSV(readFile(path).prefix(lines: 1), file: path, ignoringTornEnd: true, separator: comma).header
    }

    private static let comma = UInt8(ascii: ",")

    /// One row on one line, whatever its fields contain, so that the number of lines is the number of rows.
    private static func line(_ fields: [String]) -> String {
        CSV.line(fields.map(oneLine))
    }

    private static func oneLine(_ field: String) -> String { field.replacingOccurrences(of: "\n", with: " ") }

    /// A row by the names that stand in the file. Of two columns that are called the same there the first one counts.
    private static func withColumnsOnOneLine(_ row: [String: String]) -> [String: String] {
        guard row.keys.contains(where: { $0.contains("\n") }) else { return row }
        return Dictionary(row.sorted { $0.key < $1.key }.map { (oneLine($0.key), $0.value) }) { first, _ in first }
    }
}

extension Data {
    /// The first lines, with their ends; all where there are fewer.
    fileprivate func prefix(lines: Int) -> Data {
        var end = startIndex
        for _ in 0..<lines {
            guard let newline = self[end...].firstIndex(of: UInt8(ascii: "\n")) else { return self }
            end = newline + 1
        }
        return self[..<end]
    }
}
