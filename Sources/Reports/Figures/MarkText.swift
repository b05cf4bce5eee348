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

    /// With commas between thousands.
    private static func number(_ value: Double, decimals: Int) -> String {
        decimals == 0 && abs(value) < 1e15 ? Format.count(Int(value.rounded())) : Format.number(value, decimals: decimals)
    }
}
