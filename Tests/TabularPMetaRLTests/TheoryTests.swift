import TabularPMetaRL
import Testing

/// The numbers of an independent prototype of the same check, as far as they do not depend on random draws.
@Suite struct TheoryTests {
    @Test func thePersonalizedOperatorContracts() throws {
        let claim = TheoryCheck.contraction(seed: 0)
        let bound = try #require(claim.bounds.first)
        // Tables that differ by a constant reach gamma / (1 + lambda); random ones stay below it, but not far: the largest of many differences
        // is seldom one of a greedy value.
        #expect(bound.holds && abs(bound.value - 1) < 1e-9, "\(bound)")
        for (random, shifted) in zip(claim.series[0].points, claim.series[1].points) {
            #expect(abs(shifted.y - 0.9 / shifted.x) < 1e-12 && random.y < shifted.y && random.y > 0.2 * shifted.y, "\(random), \(shifted)")
        }
        #expect(claim.series.allSatisfy { abs($0.slope + 1) < 1e-9 })
    }

    @Test func theoremOnesErrorFallsWithTheRootOfTheIterations() throws {
        let claim = TheoryCheck.samplingError(seed: 0)
        #expect(claim.series.count == 2 && claim == TheoryCheck.samplingError(seed: 0) && claim != TheoryCheck.samplingError(seed: 1))
        #expect(abs(claim.series[0].slope - -0.5) < 0.05 && abs(claim.series[1].slope - -0.33) < 0.05, "\(claim.series.map(\.slope))")
        // The prototype's one run: 0.037, 0.0077, 0.0021, 0.0008 after 10, 100, 1000, 10,000.
        for (k, error) in [(10.0, 0.037), (100, 0.0077), (1000, 0.0021), (10_000, 0.0008)] {
            let found = try #require(claim.series[0].points.first { $0.x == k }).y
            #expect(found > 0.6 * error && found < 1.4 * error, "\(k): \(found)")
        }
    }

    @Test func theoremTwosGradientFallsAsOneOverTheRounds() {
        let claim = TheoryCheck.gradientNorm()
        #expect(claim.series.map(\.name) == ["lambda 3", "lambda 10", "lambda 30"])
        for (series, slope) in zip(claim.series, [-1.0, -0.94, -0.71]) {
            #expect(abs(series.slope - slope) < 0.03, "\(series.name): \(series.slope)")
        }
        #expect(claim.conditions[0].measured.contains("0.00902 / L") && !claim.conditions[0].isMet)
    }

    @Test func theDistanceFallsWithTheSquareOfLambda() {
        let claim = TheoryCheck.distanceAgainstWeight(), points = claim.series[0].points
        for (point, (weight, distance)) in zip(points, [(1.0, 0.0246), (3, 0.00353), (10, 0.000359), (30, 4.13e-5), (100, 3.77e-6)]) {
            #expect(point.x == weight && abs(point.y / distance - 1) < 0.01, "lambda \(weight): \(point.y)")
        }
        #expect(abs(claim.series[1].slope - -2) < 0.02 && abs(claim.series[0].slope - -1.9) < 0.05)
    }

    @Test func theDistanceGrowsWithTheSquareOfTheDiversity() {
        let claim = TheoryCheck.distanceAgainstDiversity()
        for series in claim.series { #expect(abs(series.slope - 2) < 0.02, "\(series.slope)") }
        for (point, (diversity, scaled)) in zip(claim.series[1].points, [(0.25, 0.00236), (0.5, 0.00942), (1, 0.0377), (2, 0.151)]) {
            #expect(point.x == diversity && abs(point.y * 10_000 / scaled - 1) < 0.01)
        }
    }
}
