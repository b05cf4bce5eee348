import Foundation

/// Values as a figure's marks say them.
enum MarkText {
    /// `400,000 steps`
    static func steps(_ step: Double) -> String { number(step, decimals: 0) + " steps" }

    /// `934 (850 to 1,010)`; the mean alone of a single seed.
    static func value(_ mean: Double, low: Double, high: Double, seeds: Int) -> String {
        let decimals = Format.decimals(for: max(abs(mean), abs(low), abs(high)))
        let text = number(mean, decimals: decimals)
        return seeds > 1 ? text + " (\(number(low, decimals: decimals)) to \(number(high, decimals: decimals)))" : text
    }

    /// With commas between thousands; in powers of ten where that would be too long.
    static func number(_ value: Double, decimals: Int) -> String {
        guard value.isFinite, abs(value) >= 1000 else { return Format.number(value, decimals: decimals) }
        if abs(value) < 1e9 { return Format.count(Int(value.rounded())) }
        let text = String(format: "%.4g", abs(value)).replacingOccurrences(of: "e+0", with: "e").replacingOccurrences(of: "e+", with: "e")
        return (value < 0 ? "−" : "") + text
    }
}
