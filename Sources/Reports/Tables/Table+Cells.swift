import Foundation
import Runs

/// Cells whose text and number say the same.
extension Table.Cell {
    /// Nothing to say.
    static let none = Table.Cell("–")

    /// `20`
    static func whole(_ value: Int) -> Table.Cell { Table.Cell("\(value)", number: Table.Number(Double(value))) }

    /// Mean ± standard deviation over seeds: `934 ± 86`.
    package static func spread(_ values: [Double], interval: ClosedRange<Double>? = nil, isBest: Bool = false) -> Table.Cell {
        let mean = Statistics.mean(values), deviation = Statistics.standardDeviation(values)
        guard mean.isFinite else { return none }
        return Table.Cell(
            Format.spread(values), isBest: isBest, number: Table.Number(
                mean, deviation: deviation.isFinite ? deviation : nil, low: interval?.lowerBound, high: interval?.upperBound))
    }

    /// `688 [615, 714]`
    static func interval(_ value: Double, _ ends: ClosedRange<Double>?) -> Table.Cell {
        guard value.isFinite else { return none }
        let digits = Format.decimals(for: abs(value), beside: ends.map { ($0.upperBound - $0.lowerBound) / 2 } ?? .nan)
        return interval(value, ends) { Format.number($0, decimals: digits) }
    }

    /// The same with a text of each number.
    static func interval(_ value: Double, _ ends: ClosedRange<Double>?, _ text: (Double) -> String) -> Table.Cell {
        let brackets = ends.map { " [\(text($0.lowerBound)), \(text($0.upperBound))]" } ?? ""
        return Table.Cell(
            text(value) + brackets, number: Table.Number(value, low: ends?.lowerBound, high: ends?.upperBound))
    }

    /// `400`, or `225 (9 to 400)` of counts that differ.
    package static func counts(_ values: [Int]) -> Table.Cell {
        guard let least = values.min(), let most = values.max() else { return none }
        let mean = Statistics.mean(values.map(Double.init))
        let number = Table.Number(mean, low: Double(least), high: Double(most))
        if least == most { return Table.Cell(Format.count(least), number: number) }
        return Table.Cell("\(Format.number(mean)) (\(Format.count(least)) to \(Format.count(most)))", number: number)
    }

    /// A rate or another number with about three digits.
    static func number(_ value: Double, decimals: Int? = nil) -> Table.Cell {
        guard value.isFinite else { return none }
        return Table.Cell(Format.number(value, decimals: decimals ?? Format.decimals(for: abs(value))), number: Table.Number(value))
    }

    /// `12 min 08 s`; seconds in files.
    package static func duration(_ seconds: Double) -> Table.Cell {
        seconds.isFinite ? Table.Cell(Format.duration(seconds), number: Table.Number(seconds)) : none
    }
}

extension Format {
    /// `+12.6` for 0.126, a sign always; the unit is its column's or sentence's.
    static func percent(_ share: Double) -> String {
        let value = share * 100
        if abs(value) > mostPercent { return value < 0 ? "< −1,000" : "> +1,000" }
        let text = rounded(value)
        return text.hasPrefix("−") ? text : "+" + text
    }

    /// `12.6` for 0.126 or -0.126; `more than 1,000`.
    static func size(_ share: Double) -> String {
        let value = abs(share) * 100
        return value > mostPercent ? "more than 1,000" : rounded(value)
    }

    private static let mostPercent = 1000.0
    private static func rounded(_ percent: Double) -> String { number(percent, decimals: abs(percent) < 9.95 ? 1 : 0) }

    /// Names in a sentence: `a`, `a and b`, `a, b and c`.
    static func list(_ names: [String]) -> String {
        names.count < 2 ? names.first ?? "" : names.dropLast().joined(separator: ", ") + " and " + names[names.count - 1]
    }
}
