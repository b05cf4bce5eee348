/// Values as a figure's marks say them.
enum MarkText {
    /// `400,000 steps`
    static func place(_ place: Double, _ axis: CurveAxis) -> String { Format.number(place) + " " + axis.unit }

    /// `934 (850 to 1,010)`; the mean alone of a single seed.
    static func value(_ mean: Double, low: Double, high: Double, seeds: Int) -> String {
        let decimals = Format.decimals(for: max(abs(mean), abs(low), abs(high)))
        let text = Format.number(mean, decimals: decimals)
        return seeds > 1 ? text + " (\(Format.number(low, decimals: decimals)) to \(Format.number(high, decimals: decimals)))" : text
    }
}
