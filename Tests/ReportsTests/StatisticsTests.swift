import Reports
import Testing

/// Expected numbers come from numpy 2 and scipy 1 (`trim_mean`, `quantile`, `std(ddof=1)`).
@Suite struct StatisticsTests {
    let values = [3.5, -1.25, 7.0, 2.0, 11.5, -4.0, 0.5, 6.25, 9.0, 1.75]

    @Test func meanDeviationAndErrorAreNumpys() {
        #expect(abs(Statistics.mean(values) - 3.625) < 1e-12)
        #expect(abs(Statistics.standardDeviation(values) - 4.7961935138422245) < 1e-12)
        #expect(abs(Statistics.standardError(values) - 1.5166895602667747) < 1e-12)
    }

    @Test func interquartileMeanIsScipysTrimmedMean() {
        #expect(abs(Statistics.interquartileMean(values) - 3.5) < 1e-12)
        #expect(abs(Statistics.interquartileMean(Array(values.prefix(7))) - 2.35) < 1e-12)
        #expect(abs(Statistics.interquartileMean(Array(values.prefix(3))) - 3.0833333333333335) < 1e-12)
    }

    @Test func quantilesInterpolateAsNumpys() {
        let expected = [(0.025, -3.38125), (0.1, -1.525), (0.5, 2.75), (0.975, 10.9375)]
        for (fraction, value) in expected { #expect(abs(Statistics.quantile(values, fraction) - value) < 1e-12) }
    }

    /// 400,000 resamples in numpy: mean [6.9, 14.0], interquartile mean [6.0, 12.667].
    @Test func stratifiedBootstrapAgreesWithNumpy() throws {
        let strata = [[1.0, 2, 4, 8, 3], [10.0, 14, 9, 30, 21]]
        let mean = try #require(
            Statistics.bootstrapInterval(strata: strata, replicates: 20_000, statistic: Statistics.mean))
        #expect(abs(mean.lowerBound - 6.9) <= 0.15 && abs(mean.upperBound - 14.0) <= 0.2)
        let middle = try #require(
            Statistics.bootstrapInterval(strata: strata, replicates: 20_000, statistic: Statistics.interquartileMean))
        #expect(abs(middle.lowerBound - 6.0) <= 0.2 && abs(middle.upperBound - 12.667) <= 0.35)
    }

    /// Without strata the spread between tasks would enter; with them only the spread between seeds does.
    @Test func strataKeepTaskDifferencesOutOfTheInterval() throws {
        let strata = [[0.0, 0, 0], [1000.0, 1000, 1000]]
        let interval = try #require(Statistics.bootstrapInterval(strata: strata, statistic: Statistics.mean))
        #expect(interval == 500...500)
    }

    @Test func aSeedGivesTheSameIntervalAgainAndAnotherSeedAnother() {
        func interval(_ seed: UInt64) -> ClosedRange<Double>? {
            Statistics.bootstrapInterval(strata: [[1.1, 2.7, 9.3, 4.4]], replicates: 101, seed: seed, statistic: Statistics.mean)
        }
        #expect(interval(7) == interval(7))
        #expect(interval(7) != interval(8))
    }

    @Test func nothingToSummarizeIsNotZero() {
        #expect(Statistics.mean([]).isNaN)
        #expect(Statistics.interquartileMean([]).isNaN)
        #expect(Statistics.standardDeviation([3]).isNaN)
        #expect(Statistics.bootstrapInterval(strata: [[1], [2]], statistic: Statistics.mean) == nil)
    }
}
