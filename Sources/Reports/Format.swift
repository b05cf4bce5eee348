import Foundation
import Runs

/// Numbers as tables and figures show them, the same in every locale.
package enum Format {
    /// `60,000`
    package static func count(_ value: Int) -> String {
        var digits = Array(String(value.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (value < 0 ? "−" : "") + String(digits)
    }

    /// With a true minus sign, commas between thousands of whole numbers and powers of ten from 1e9 on; `–` where there is no number.
    static func number(_ value: Double, decimals: Int = 0) -> String {
        guard value.isFinite else { return "–" }
        if abs(value) >= 1e9 {
            let text = String(format: "%.4g", abs(value)).replacingOccurrences(of: "e+0", with: "e").replacingOccurrences(of: "e+", with: "e")
            return (value < 0 ? "−" : "") + text
        }
        if decimals == 0 { return count(Int(value.rounded())) }
        let text = String(format: "%.\(decimals)f", locale: Locale(identifier: "en_US_POSIX"), abs(value))
        let zero = !text.contains { $0 != "0" && $0 != "." }
        return (value < 0 && !zero ? "−" : "") + text
    }

    /// Decimals at which `scale` (the size of the numbers beside it) keeps about three digits, and a small but not
    /// vanishing `spread` at least one. Below 0.1 as many as the spread deserves, at most six.
    static func decimals(for scale: Double, beside spread: Double = .nan) -> Int {
        guard scale.isFinite, scale > 0 else { return 0 }
        if scale < 0.1 { return decimals(forSmall: scale, beside: spread) }
        var decimals = scale >= 100 ? 0 : scale >= 10 ? 1 : 2
        while decimals < 2, spread > 0.005, spread * pow(10, Double(decimals)) < 0.95 { decimals += 1 }
        return decimals
    }

    /// Three digits of `scale`, or fewer where the spread's first digit, or two if the first is 1, comes before: `0.0663 ± 0.0015`, `0.02 ± 0.04`.
    private static func decimals(forSmall scale: Double, beside spread: Double) -> Int {
        guard scale >= 5e-7 else { return 2 }
        let digits = 2 - Int(log10(scale).rounded(.down))
        guard spread.isFinite, spread > 0 else { return min(6, digits - 1) }
        let first = log10(spread).rounded(.down)
        return min(6, max(2, min(digits, -Int(first) + (spread < 2 * pow(10, first) ? 1 : 0))))
    }

    /// Mean ± standard deviation: `934 ± 86`; the mean alone of a single value.
    static func spread(_ values: [Double]) -> String {
        let mean = Statistics.mean(values), deviation = Statistics.standardDeviation(values)
        let digits = decimals(for: max(abs(mean), deviation.isNaN ? 0 : deviation), beside: deviation)
        return number(mean, decimals: digits) + (deviation.isNaN ? "" : " ± " + number(deviation, decimals: digits))
    }

    /// `1 h 05 min`, `12 min 08 s`, `3.4 s`
    package static func duration(_ seconds: Double) -> String {
        guard seconds >= 0, seconds < 1e12 else { return "–" }
        let whole = Int(seconds.rounded())
        if whole >= 3600 { return "\(whole / 3600) h " + padded(whole % 3600 / 60) + " min" }
        if whole >= 60 { return "\(whole / 60) min " + padded(whole % 60) + " s" }
        return number(seconds, decimals: 1) + " s"
    }

    /// Seeds in their order, four or more in a row as one range: `10-109`, `3`.
    package static func ranges(_ seeds: [UInt64]) -> [String] {
        var runs: [ClosedRange<UInt64>] = []
        for seed in Set(seeds).sorted() {
            if let last = runs.last, last.upperBound + 1 == seed { runs[runs.count - 1] = last.lowerBound...seed } else { runs.append(seed...seed) }
        }
        return runs.flatMap { run in
            run.count < 4 ? run.map(String.init) : ["\(run.lowerBound)-\(run.upperBound)"]
        }
    }

    private static func padded(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
