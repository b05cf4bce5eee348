import Foundation

/// What the band around a curve is.
public enum Band: Sendable {
    /// Lowest to highest seed: all there is to say with fewer than five of them.
    case range
    /// 95% percentile bootstrap interval of the mean over seeds.
    case bootstrap

    var caption: String {
        switch self {
        case .range: "band: lowest to highest seed"
        case .bootstrap: "band: 95% bootstrap interval over seeds"
        }
    }
}

/// What a curve is drawn over.
public enum CurveAxis: Sendable, Hashable {
    case environmentSteps
    /// What the runs spent of their budgets, which all have this unit: `rounds`.
    case budget(unit: String)

    func place(_ mark: RunRecord.Mark) -> Int { self == .environmentSteps ? mark.step : mark.spent }

    /// As axes name it.
    var title: String {
        switch self {
        case .environmentSteps: "environment steps"
        case .budget(let unit): unit
        }
    }

    /// Behind a number.
    var unit: String { self == .environmentSteps ? "steps" : title }

    /// The unit of all runs where they have one of their own in common; else environment steps, which all runs record.
    init(_ runs: [RunRecord]) {
        let units = Set(runs.map(\.budgetUnit))
        self = units.count == 1 && units != ["steps"] ? .budget(unit: units.first ?? "") : .environmentSteps
    }
}

/// Mean of a metric against environment steps, or what was spent of the budget, with a band over seeds.
public struct LearningCurve: Sendable {
    public struct Point: Sendable, Equatable {
        public var step: Double
        public var mean: Double
        public var low: Double
        public var high: Double
    }

    /// Means over tasks and seeds; empty where no run counts.
    public let points: [Point]
    public let seeds: Int
    /// True when the runs were evaluated at different steps and were interpolated linearly onto common ones.
    public let interpolated: Bool
    /// Mean over tasks of each run that doesn't count, as far as it came.
    public let unfinished: [[(step: Double, value: Double)]]

    /// Mean at the last evaluation; nil where no run counts.
    public var finalLevel: Double? { points.last?.mean }

    /// Nothing to draw.
    public var isEmpty: Bool { points.isEmpty && unfinished.isEmpty }

    public init(_ group: RunGroup, _ filter: EvaluationFilter, band: Band, axis: CurveAxis = .environmentSteps) {
        let counted = group.counted(filter).map { $0.marks(filter) }.filter { !$0.isEmpty }
        seeds = counted.count
        unfinished = group.runs.filter { !$0.counts }
            .map { $0.marks(filter).filter(\.mean.isFinite).map { (Double(axis.place($0)), $0.mean) } }
            .filter { !$0.isEmpty }

        let grids = counted.map { $0.map(axis.place) }
        interpolated = Set(grids).count > 1
        guard let shortest = grids.min(by: { $0.count < $1.count }) else {
            points = []
            return
        }
        // The common range of all runs; marks of the run with the fewest.
        let first = grids.compactMap(\.first).max() ?? 0, last = grids.compactMap(\.last).min() ?? 0
        let steps = interpolated ? shortest.map { min(max($0, first), last) } : shortest
        points = steps.map { step in
            let means = counted.map { Statistics.mean(LearningCurve.taskValues($0, at: step, axis)) }
            var low = means.min() ?? .nan, high = means.max() ?? .nan
            if band == .bootstrap, let interval = Statistics.bootstrapInterval(strata: [means], statistic: Statistics.mean) {
                (low, high) = (interval.lowerBound, interval.upperBound)
            }
            return Point(step: Double(step), mean: Statistics.mean(means), low: low, high: high)
        }
    }

    /// Task values at a place between two marks, linear; the nearest mark's beyond the ends.
    private static func taskValues(_ marks: [RunRecord.Mark], at place: Int, _ axis: CurveAxis) -> [Double] {
        let after = marks.firstIndex { axis.place($0) >= place } ?? marks.count - 1
        let right = marks[after]
        guard after > 0, axis.place(right) > place else { return right.taskValues }
        let left = marks[after - 1]
        let (first, last) = (Double(axis.place(left)), Double(axis.place(right)))
        let weight = (Double(place) - first) / (last - first)
        return zip(left.taskValues, right.taskValues).map { $0 + ($1 - $0) * weight }
    }
}
