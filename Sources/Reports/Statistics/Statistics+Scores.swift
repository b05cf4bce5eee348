/// Summaries of scores by task and run, as Agarwal et al. (2021, "Deep reinforcement learning at the edge of the statistical precipice")
/// and their package rliable define them. `scores` are [task][run]; tasks may have different numbers of runs.
extension Statistics {
    /// Mean over tasks of each task's mean.
    public static func mean(tasks scores: [[Double]]) -> Double { mean(scores.map { mean($0) }) }

    /// Median over tasks of each task's mean: what a typical task returns, however well the best tasks do.
    public static func median(tasks scores: [[Double]]) -> Double { quantile(scores.map { mean($0) }, 0.5) }

    /// The middle half's mean over tasks and runs together.
    public static func interquartileMean(tasks scores: [[Double]]) -> Double { interquartileMean(scores.flatMap { $0 }) }

    /// P(X > Y): the chance that a run of X returns more than a run of Y, a tie counting half, task by task and then averaged over tasks
    /// (Mann and Whitney's U over the number of pairs). NaN unless both have the same number of tasks with a run in each.
    public static func probabilityOfImprovement(_ x: [[Double]], over y: [[Double]]) -> Double {
        guard x.count == y.count else { return .nan }
        return mean(zip(x, y).map { mine, theirs in
            let wins = mine.reduce(0.0) { sum, a in sum + theirs.reduce(0.0) { $0 + (a > $1 ? 1 : a == $1 ? 0.5 : 0) } }
            return wins / Double(mine.count * theirs.count)
        })
    }

    /// How runs are drawn anew, with replacement.
    public enum Resampling: Sendable {
        /// Whole runs, each with its scores of all tasks, which must have the same runs: right where one run plays all tasks, because its scores
        /// hang together. Drawn apart they make an interval too narrow, or too wide where a run is good at one task instead of another.
        case wholeRuns
        /// Task by task, independently of each other, as rliable does.
        case stratified
    }

    /// Percentile bootstrap interval of a statistic of one agent's scores. With three to five runs it is too narrow.
    ///
    /// - Returns: nil where no task has two runs, or the statistic of a resample is NaN.
    public static func bootstrapInterval(
        tasks scores: [[Double]], _ resampling: Resampling = .wholeRuns, level: Double = 0.95, replicates: Int = 2000, seed: UInt64 = 1,
        statistic: ([[Double]]) -> Double
    ) -> ClosedRange<Double>? {
        bootstrapInterval([scores], resampling, level: level, replicates: replicates, seed: seed) { statistic($0[0]) }
    }

    /// The same for a statistic of two agents, both of whose runs are drawn anew, e.g. the probability of improvement.
    /// Nil where either has no task with two runs.
    public static func bootstrapInterval(
        tasks x: [[Double]], and y: [[Double]], _ resampling: Resampling = .wholeRuns, level: Double = 0.95, replicates: Int = 2000,
        seed: UInt64 = 1, statistic: ([[Double]], [[Double]]) -> Double
    ) -> ClosedRange<Double>? {
        bootstrapInterval([x, y], resampling, level: level, replicates: replicates, seed: seed) { statistic($0[0], $0[1]) }
    }

    /// `agents` are [agent][task][run].
    private static func bootstrapInterval(
        _ agents: [[[Double]]], _ resampling: Resampling, level: Double, replicates: Int, seed: UInt64, statistic: ([[[Double]]]) -> Double
    ) -> ClosedRange<Double>? {
        guard agents.allSatisfy({ $0.contains { $0.count > 1 } }) else { return nil }
        var random = bootstrapStream(seed)
        var sample = agents
        let estimates = (0..<replicates).map { _ in
            for (agent, tasks) in agents.enumerated() {
                let whole = resampling == .wholeRuns ? tasks.first.map { runs in runs.map { _ in random.index(below: runs.count) } } : nil
                for (task, runs) in tasks.enumerated() {
                    for index in runs.indices { sample[agent][task][index] = runs[whole?[index] ?? random.index(below: runs.count)] }
                }
            }
            return statistic(sample)
        }
        return percentileInterval(estimates, level: level)
    }
}
