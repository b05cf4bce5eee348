import ClassicControl
import Diagnostics
import Grids
import Testing

@Suite struct SteppingBenchmarkTests {
    /// Random actions of hyper-grid must be those that are not masked, or the environment throws.
    @Test func familiesWithoutAnEngineAreMeasured() throws {
        for result in try SteppingBenchmark.run(family: CartPole(), steps: 800) + SteppingBenchmark.run(family: HyperGrid(), steps: 800) {
            #expect(["physics/cart-pole", "physics/hyper-grid"].contains(result.name) && result.unit == "steps/s" && result.value > 100)
        }
    }
}
