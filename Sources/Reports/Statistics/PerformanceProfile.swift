import Core

/// The fraction of runs and tasks whose score is above a threshold, at every threshold (Agarwal et al., 2021, "Deep RL at the
/// edge of the statistical precipice", section 4.2): a curve above another's everywhere is better everywhere.
public struct PerformanceProfile: Sendable {
    public struct Point: Sendable, Equatable {
        public var threshold: Double
        /// Of each task's scores, those greater than the threshold; mean over tasks.
        public var fraction: Double
        /// Pointwise 95% percentile bootstrap interval, seeds resampled task by task; the fraction itself of single seeds.
        public var low: Double
        public var high: Double
    }

    public let points: [Point]

    /// - Parameters:
    ///   - scores: of the seeds, an array a task.
    ///   - thresholds: in rising order.
    ///   - seed: of the resampling, so that a report comes out the same again.
    public init(scores: [[Double]], thresholds: [Double], replicates: Int = 2000, seed: UInt64 = 1) {
        // A score is above the thresholds before this place.
        let places = scores.map { $0.map { score in thresholds.firstIndex { $0 >= score } ?? thresholds.count } }
        let fractions = PerformanceProfile.fractions(places, thresholds: thresholds.count)
        guard scores.contains(where: { $0.count > 1 }) else {
            points = zip(thresholds, fractions).map { Point(threshold: $0, fraction: $1, low: $1, high: $1) }
            return
        }
        var random = RandomStreams(seed: seed)["report/profile"]
        let resampled = (0..<replicates).map { _ in
            PerformanceProfile.fractions(
                places.map { task in task.map { _ in task[random.index(below: task.count)] } }, thresholds: thresholds.count)
        }
        points = thresholds.indices.map { index in
            let estimates = resampled.map { $0[index] }
            return Point(
                threshold: thresholds[index], fraction: fractions[index], low: Statistics.quantile(estimates, 0.025),
                high: Statistics.quantile(estimates, 0.975))
        }
    }

    /// Tasks weigh alike, whatever the number of their runs; with as many runs of each that is the fraction of all scores.
    private static func fractions(_ places: [[Int]], thresholds count: Int) -> [Double] {
        let tasks = places.filter { !$0.isEmpty }
        var fractions = [Double](repeating: tasks.isEmpty ? .nan : 0, count: count)
        for task in tasks {
            var ending = [Int](repeating: 0, count: count + 1)
            for place in task { ending[place] += 1 }
            var above = task.count
            for index in 0..<count {
                above -= ending[index]
                fractions[index] += Double(above) / Double(task.count * tasks.count)
            }
        }
        return fractions
    }
}
