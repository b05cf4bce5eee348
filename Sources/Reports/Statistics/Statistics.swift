import Core
import Foundation

/// Summaries of returns over seeds and tasks. All of them are NaN where there is nothing to summarize.
public enum Statistics {
    public static func mean(_ values: [Double]) -> Double {
        values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }

    /// The sample's standard deviation (divided by n - 1); NaN for fewer than two values.
    public static func standardDeviation(_ values: [Double]) -> Double {
        guard values.count > 1 else { return .nan }
        let center = mean(values)
        return (values.reduce(0) { $0 + ($1 - center) * ($1 - center) } / Double(values.count - 1)).squareRoot()
    }

    /// Standard error of the mean; NaN for fewer than two values.
    public static func standardError(_ values: [Double]) -> Double {
        standardDeviation(values) / Double(values.count).squareRoot()
    }

    /// 95% interval of the mean after Student (1908); nil for fewer than two values, or where one is not finite.
    public static func meanInterval(_ values: [Double]) -> ClosedRange<Double>? {
        guard values.count > 1, values.allSatisfy(\.isFinite) else { return nil }
        let center = mean(values), half = StudentT.quantile(0.975, freedom: Double(values.count - 1)) * standardError(values)
        return half.isFinite ? center - half...center + half : nil
    }

    /// The mean of the middle half: a quarter of the values (rounded down) is left out at either end, as rliable and
    /// `scipy.stats.trim_mean(values, 0.25)` do (Agarwal et al., 2021, "Deep RL at the edge of the statistical precipice").
    public static func interquartileMean(_ values: [Double]) -> Double {
        let cut = values.count / 4
        return mean(Array(values.sorted()[cut..<(values.count - cut)]))
    }

    /// The quantile at `fraction` in 0...1, linear between neighbours (numpy's and R's default, type 7).
    public static func quantile(_ values: [Double], _ fraction: Double) -> Double {
        guard !values.isEmpty else { return .nan }
        let sorted = values.sorted()
        let position = fraction * Double(sorted.count - 1)
        let below = Int(position.rounded(.down))
        let above = min(below + 1, sorted.count - 1)
        return sorted[below] + (sorted[above] - sorted[below]) * (position - Double(below))
    }

    /// Percentile bootstrap interval of `statistic` over all values together, resampled within each stratum: seeds are
    /// drawn with replacement task by task, since tasks are fixed and seeds are the chance (Agarwal et al., 2021).
    ///
    /// - Parameters:
    ///   - strata: one array of values a stratum (task).
    ///   - level: 0.95 for a 95% interval.
    ///   - seed: of the resampling, so that a report comes out the same again.
    /// - Returns: lower and upper end; nil where no stratum has two values, since then there is no spread to speak of.
    public static func bootstrapInterval(
        strata: [[Double]], level: Double = 0.95, replicates: Int = 2000, seed: UInt64 = 1,
        statistic: ([Double]) -> Double
    ) -> ClosedRange<Double>? {
        guard strata.contains(where: { $0.count > 1 }) else { return nil }
        var random = bootstrapStream(seed)
        var sample: [Double] = []
        sample.reserveCapacity(strata.reduce(0) { $0 + $1.count })
        let estimates = (0..<replicates).map { _ in
            sample.removeAll(keepingCapacity: true)
            for stratum in strata where !stratum.isEmpty {
                for _ in stratum { sample.append(stratum[random.index(below: stratum.count)]) }
            }
            return statistic(sample)
        }
        return percentileInterval(estimates, level: level)
    }

    /// Of all resampling.
    static func bootstrapStream(_ seed: UInt64) -> RandomStream { RandomStreams(seed: seed)["report/bootstrap"] }

    /// The middle `level` of resampled statistics; nil where one is not finite.
    static func percentileInterval(_ estimates: [Double], level: Double) -> ClosedRange<Double>? {
        guard !estimates.isEmpty, estimates.allSatisfy(\.isFinite) else { return nil }
        let sorted = estimates.sorted()
        let low = quantile(sorted, (1 - level) / 2), high = quantile(sorted, (1 + level) / 2)
        return low <= high ? low...high : nil
    }
}
