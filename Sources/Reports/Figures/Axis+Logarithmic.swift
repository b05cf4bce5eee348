import Foundation

extension Axis {
    /// An axis over the decimal logarithms of `values`, widened to whole decades: `low`, `high` and `ticks` are logarithms, labels are
    /// the values themselves. Values that are not above 0 have no place on it and are left out.
    init(logarithmsOf values: [Double]) {
        let logarithms = values.filter { $0 > 0 && $0.isFinite }.map(log10)
        let low = (logarithms.min() ?? 0).rounded(.down)
        let high = max((logarithms.max() ?? 1).rounded(.up), low + 1)
        // With many decades only every second, third, ... has a label.
        let step = max(1, Int((high - low) / 6))
        let ticks = stride(from: Int(low), through: Int(high), by: step).map(Double.init)
        self.init(low: low, high: high, ticks: ticks, labels: ticks.map { Axis.power(Int($0)) })
    }

    /// `0.01`, `1,000`, and `1e-5` where the digits would be many.
    private static func power(_ exponent: Int) -> String {
        switch exponent {
        case 0...4: Format.count(Int(pow(10, Double(exponent))))
        case -3 ..< 0: Format.number(pow(10, Double(exponent)), decimals: -exponent)
        default: "1e\(exponent)"
        }
    }
}
