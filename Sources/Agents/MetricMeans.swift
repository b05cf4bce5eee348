/// Means of named scalars between two reads.
public struct MetricMeans: Sendable {
    private var sums: [String: (sum: Double, count: Int)] = [:]

    public init() {}

    public mutating func add(_ name: String, _ value: Float) {
        sums[name, default: (0, 0)].sum += Double(value)
        sums[name]!.count += 1
    }

    /// Sums and counts since the last read.
    public mutating func drain() -> [String: (sum: Double, count: Int)] {
        defer { sums.removeAll(keepingCapacity: true) }
        return sums
    }

    /// Means since the last read.
    public mutating func drainMeans() -> [String: Double] { drain().mapValues { $0.sum / Double($0.count) } }

    /// Means over several objects, of what `drain` gave for each.
    public static func means(of drained: [[String: (sum: Double, count: Int)]]) -> [String: Double] {
        var totals: [String: (sum: Double, count: Int)] = [:]
        for (name, value) in drained.joined() {
            let before = totals[name] ?? (0, 0)
            totals[name] = (before.sum + value.sum, before.count + value.count)
        }
        return totals.mapValues { $0.sum / Double($0.count) }
    }
}
