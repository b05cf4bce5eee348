import Foundation
import Runs

extension Gain {
    /// In per cent, with its interval: `−18 [−52, +16]`; nothing where the gain is no share.
    var cell: Table.Cell {
        guard let relative else { return .none }
        return .interval(relative * 100, interval.map { $0.lowerBound * 100...$0.upperBound * 100 }) { Format.percent($0 / 100) }
    }

    /// The same where no column says the unit: `−18% [−52, +16]`; nil where the gain is no share.
    var text: String? {
        guard let relative else { return nil }
        let text = cell.text
        return relative.isFinite && text.contains(" [") ? text.replacing(" [", with: "% [") : text + "%"
    }
}

extension Order {
    /// Of a metric's values, in which lower ones may be better.
    func text(_ metric: Metric) -> String {
        let isLower = metric.direction == .lowerIsBetter
        return switch self {
        case .above: isLower ? "lower" : "higher"
        case .below: isLower ? "higher" : "lower"
        case .undecided: "not significant"
        case .tooFew: "too few seeds"
        }
    }
}

extension Format {
    /// A probability of a test: `0.58`, `0.048`, `< 0.001`. Near the level of significance it has as many digits as tell on which side of it
    /// the value is.
    package static func chance(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value < 0.001 { return "< 0.001" }
        var decimals = value < 0.1 ? 3 : 2
        let isSignificant = value <= Order.level + 1e-12
        func rounded() -> Double { (value * pow(10, Double(decimals))).rounded() / pow(10, Double(decimals)) }
        while decimals < 8, (rounded() <= Order.level + 1e-12) != isSignificant { decimals += 1 }
        return number(value, decimals: decimals)
    }
}
