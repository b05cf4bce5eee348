import Reports
import Testing

/// Expected numbers come from rliable 1.2 with 50,000 resamples, and from SciPy 1.13: Tests/peers/rliable_reference.py.
@Suite struct RliableTests {
    /// [task][run]; ties on purpose, and not as many runs of both.
    let x = transposed([
        [0.93, -0.59, 1.82, 0.25, 0.61], [1.01, -0.68, 0.47, 0.25, 0.72], [0.86, -0.44, 1.31, 0.31, 0.55], [0.87, -0.71, 0.90, 0.42, 0.83],
        [0.99, -0.53, 0.65, 0.17, 0.39],
    ])
    let y = transposed([
        [0.67, -0.59, 1.02, 0.25, 0.58], [0.98, -0.90, 0.33, 0.31, 0.77], [0.90, -0.48, 0.90, 0.10, 0.29], [0.61, -1.20, 0.71, 0.55, 0.66],
    ])

    @Test func aggregatesAreRliables() {
        let expected: [(([[Double]]) -> Double, Double, Double)] = [
            ({ Statistics.mean(tasks: $0) }, 0.4544, 0.323), ({ Statistics.median(tasks: $0) }, 0.62, 0.575),
            ({ Statistics.interquartileMean(tasks: $0) }, 0.5523076923076923, 0.496),
        ]
        for (statistic, ofX, ofY) in expected {
            #expect(abs(statistic(x) - ofX) < 1e-12)
            #expect(abs(statistic(y) - ofY) < 1e-12)
        }
    }

    @Test func probabilityOfImprovementIsRliables() {
        #expect(abs(Statistics.probabilityOfImprovement(x, over: y) - 0.615) < 1e-12)
        #expect(abs(Statistics.probabilityOfImprovement(y, over: x) - 0.385) < 1e-12)
        #expect(Statistics.probabilityOfImprovement(x, over: x) == 0.5)
        #expect(Statistics.probabilityOfImprovement(x, over: Array(y.prefix(2))).isNaN)
    }

    @Test func intervalsAreRliablesWithinResamplingError() throws {
        let ofX: [(([[Double]]) -> Double, Double, Double)] = [
            ({ Statistics.mean(tasks: $0) }, 0.3664, 0.5504), ({ Statistics.median(tasks: $0) }, 0.4880, 0.7420),
            ({ Statistics.interquartileMean(tasks: $0) }, 0.4708, 0.6323),
        ]
        for (statistic, low, high) in ofX {
            let interval = try #require(Statistics.bootstrapInterval(tasks: x, .stratified, replicates: 10_000, statistic: statistic))
            #expect(abs(interval.lowerBound - low) < 0.006 && abs(interval.upperBound - high) < 0.006)
        }
        let both = try #require(Statistics.bootstrapInterval(tasks: x, and: y, .stratified, replicates: 10_000) {
            Statistics.probabilityOfImprovement($0, over: $1)
        })
        #expect(abs(both.lowerBound - 0.44) < 0.011 && abs(both.upperBound - 0.78) < 0.011)
    }

    /// By hand: each run is as good as the others over its two tasks, so that whole runs leave the mean as it is.
    @Test func wholeRunsAreDrawnWithAllTheirTasks() throws {
        let opposite = [[0.0, 1, 2, 3], [3, 2, 1, 0]]
        #expect(Statistics.bootstrapInterval(tasks: opposite) { Statistics.mean(tasks: $0) } == 1.5...1.5)
        let apart = try #require(Statistics.bootstrapInterval(tasks: opposite, .stratified) { Statistics.mean(tasks: $0) })
        #expect(apart.lowerBound < 1 && apart.upperBound > 2)
    }

    /// Drawing only one agent's runs anew would make it narrower.
    @Test func bothAgentsRunsAreDrawnAnew() throws {
        let sure = [[5.0, 5, 5, 5]], wide = [[1.0, 4, 6, 9]]
        for (first, second) in [(sure, wide), (wide, sure)] {
            let interval = try #require(Statistics.bootstrapInterval(tasks: first, and: second) {
                Statistics.probabilityOfImprovement($0, over: $1)
            })
            #expect(interval == 0...1)
        }
        #expect(Statistics.bootstrapInterval(tasks: [[1.0]], and: wide) { _, _ in 0 } == nil)
    }

    @Test func theRankTestIsExactWithTiesToo() {
        let above = [0.14285714285714285, 0.2222222222222222, 0.30952380952380953, 0.5873015873015873, 0.4523809523809524]
        for (task, chance) in above.enumerated() { #expect(abs(RankTest(x[task], against: y[task]).pAbove - chance) < 1e-12) }
        let test = RankTest([1, 2, 3], against: [4, 5, 6])
        #expect(abs(test.pBelow - 0.05) < 1e-12 && abs(test.pAbove - 1) < 1e-12)
        #expect(RankTest([], against: [1]).pAbove.isNaN && RankTest([.nan], against: [1]).pAbove.isNaN)
    }

    @Test func threeSeedsEachAreTheFewestThatTell() {
        #expect(abs(RankTest.leastChance(3, 3) - 0.05) < 1e-12)
        #expect(abs(RankTest.leastChance(5, 4) - 1.0 / 126) < 1e-12)
        #expect(Order([10, 11, 12], against: [1, 2, 3]) == .above)
        #expect(Order([1, 2, 3], against: [10, 11, 12]) == .below)
        #expect(Order([1, 2, 11], against: [10, 11, 12]) == .undecided)
        #expect(Order([1, 2], against: [10, 11, 12]) == .tooFew)
        #expect(Order([], against: [1]) == .tooFew)
        #expect(Order([4, 4, 4], against: [4, 4, 4]) == .undecided)
    }
}

private func transposed(_ runs: [[Double]]) -> [[Double]] { runs[0].indices.map { task in runs.map { $0[task] } } }
