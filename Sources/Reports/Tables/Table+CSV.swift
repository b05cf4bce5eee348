import Formats

extension Table {
    /// For programs: numbers unrounded and without words, each part in a column of its own. A column `final return` whose cells say
    /// mean ± standard deviation gives `final return` and `final return sd`, one with intervals `final return low` and `final return high`.
    /// A field without a number is empty. Where such cells have words, these are in a column `final return text`.
    package var csv: CSV {
        let parts = columns.indices.map { index in Table.parts(rows.map { $0[index] }, numeric: columns[index].isNumeric) }
        return CSV(
            header: zip(columns, parts).flatMap { column, parts in parts.map { column.name + $0.suffix } },
            rows: rows.map { row in zip(row, parts).flatMap { cell, parts in parts.map { $0.field(cell) } } })
    }

    private struct Part {
        var suffix: String
        var field: (Cell) -> String
    }

    /// What the cells of a column need.
    private static func parts(_ cells: [Cell], numeric: Bool) -> [Part] {
        guard numeric else { return [Part(suffix: "") { $0.text == Cell.none.text ? "" : $0.text }] }
        var parts = [Part(suffix: "") { field($0.number?.value) }]
        if cells.contains(where: { $0.number?.deviation != nil }) { parts.append(Part(suffix: " sd") { field($0.number?.deviation) }) }
        if cells.contains(where: { $0.number?.low != nil }) {
            parts.append(Part(suffix: " low") { field($0.number?.low) })
            parts.append(Part(suffix: " high") { field($0.number?.high) })
        }
        if cells.contains(where: { words($0) != "" }) { parts.append(Part(suffix: " text", field: words)) }
        return parts
    }

    /// What a cell without a number says.
    private static func words(_ cell: Cell) -> String { cell.number == nil && cell != .none ? cell.text : "" }

    /// As many digits as the number has; whole numbers without a point.
    private static func field(_ value: Double?) -> String {
        guard let value, value.isFinite else { return "" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int64(value))" : "\(value)"
    }
}
