import Foundation

/// An axis: its ends, its ticks and what stands there. The ticks of a linear one are multiples of 1, 2 or 5 times a power of ten.
public struct Axis: Sendable, Equatable {
    /// First and last value shown.
    public let low: Double
    public let high: Double
    public let ticks: [Double]
    /// What stands at each tick.
    public let labels: [String]

    init(low: Double, high: Double, ticks: [Double], labels: [String]) {
        (self.low, self.high, self.ticks, self.labels) = (low, high, ticks, labels)
    }

    /// An axis over `values`, widened to whole ticks.
    ///
    /// - Parameter count: about how many intervals between ticks there shall be.
    public init(covering values: [Double], intervals count: Int) {
        let finite = values.filter(\.isFinite).map { min(max($0, -1e300), 1e300) }
        var low = finite.min() ?? 0, high = finite.max() ?? 1
        if high - low <= abs(high) * 1e-9 {  // flat: give it some room
            let room = max(abs(high) * 0.1, 1)
            low -= room
            high += room
        }
        let step = Axis.niceStep((high - low) / Double(max(count, 1)))
        let first = Int((low / step + 1e-9).rounded(.down)), last = Int((high / step - 1e-9).rounded(.up))
        ticks = (first...last).map { Double($0) * step }
        labels = ticks.map(Axis.short)
        self.low = Double(first) * step
        self.high = Double(last) * step
    }

    /// An axis that ends where the values end, with ticks inside.
    public init(from low: Double, to high: Double, intervals count: Int) {
        let end = high > low ? high : low + 1
        let step = Axis.niceStep((end - low) / Double(max(count, 1)))
        let first = Int((low / step - 1e-9).rounded(.up)), last = Int((end / step + 1e-9).rounded(.down))
        ticks = first <= last ? (first...last).map { Double($0) * step } : []
        labels = ticks.map(Axis.short)
        self.low = low
        self.high = end
    }

    /// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
    static func niceStep(_ step: Double) -> Double {
        guard step > 1e-300, step.isFinite else { return 1 }
        let power = pow(10, log10(step).rounded(.down))
        let fraction = step / power
        for nice in [1.0, 2, 5] where fraction <= nice * (1 + 1e-9) { return nice * power }
        return 10 * power
    }

    /// `0`, `250k`, `1.5M`: all ticks in the unit that suits the largest.
    public var stepLabels: [String] {
        let largest = ticks.map(abs).max() ?? 0
        let (unit, suffix) = largest >= 1e6 ? (1e6, "M") : largest >= 1e3 ? (1e3, "k") : (1, "")
        return ticks.map { $0 == 0 ? "0" : Axis.short($0 / unit) + suffix }
    }

    /// As few decimals as show the value.
    private static func short(_ value: Double) -> String {
        for decimals in 0..<6 where abs(Double(String(format: "%.\(decimals)f", value))! - value) <= abs(value) * 1e-6 {
            return Format.number(value, decimals: decimals)
        }
        return Format.number(value, decimals: 6)
    }

}
