import ClassicControl
import Diagnostics
import Environments
import Grids
import Testing

@Suite struct SteppingBenchmarkTests {
    /// Random actions of hyper-grid must be those that are not masked, or the environment throws.
    @Test func familiesWithoutAnEngineAreMeasured() throws {
        for family in [try CartPole(), try MountainCar(), try HyperGrid()] as [any TaskFamily] {
            let results = try SteppingBenchmark.run(family: family, steps: 800)
            #expect(results.count == 1 && results[0].name == "physics/\(family.name)")
            #expect(results[0].unit == "steps/s" && results[0].value > 0)
        }
    }
}
