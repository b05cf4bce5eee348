import Core
import DeepPMetaRL
import TestEnvironments
import Testing

@Suite struct LatentWeightTests {
    @Test func withoutABudgetItStays() {
        var weight = LatentWeight(initial: 0.02, budget: 0)
        for divergence: Float in [0, 5, 1e9] { weight.update(divergence: divergence) }
        #expect(weight.value == 0.02)
    }

    @Test func itRisesAboveTheBudgetAndFallsBelowIt() {
        var weight = LatentWeight(initial: 0.02, budget: 10)
        weight.update(divergence: 10)
        #expect(weight.value == 0.02)
        weight.update(divergence: 12)
        #expect(weight.value > 0.02)
        weight.update(divergence: 6)
        #expect(weight.value < 0.02)
    }

    /// However far off the divergence is and for however long.
    @Test(arguments: [(Float(0), Float(1e-4)), (1e30, 10)]) func itStaysInItsRange(divergence: Float, end: Float) {
        var weight = LatentWeight(initial: 0.02, budget: 10)
        for _ in 0..<10_000 { weight.update(divergence: divergence) }
        #expect(weight.value == end)
    }

    @Test func aWeightOutOfRangeBeginsWithinIt() {
        #expect(LatentWeight(initial: 0, budget: 10).value == 1e-4)
        #expect(LatentWeight(initial: 0, budget: 0).value == 0)
    }

    /// Left to itself the divergence ends far from either budget, so that only tuning brings it there.
    @Test func trainingBringsTheDivergenceToTheBudget() throws {
        func divergence(budget: Float) throws -> Double {
            var settings = smallSettings()
            settings.latentWeight = 0.002
            settings.latentBudget = budget
            let agent = try PMetaRL(problem: PointEnvironment.problem(steps: 10_000), settings: settings, random: RandomStreams(seed: 1))
            var last: [Double] = []
            try agent.train(with: TestSession { session in
                if let value = session.metrics.last?["latentKL"], agent.environmentSteps > 8000 { last.append(value) }
                return false
            })
            return last.reduce(0, +) / Double(last.count)
        }
        let free = try divergence(budget: 0)
        for budget in [2.0, 6] {
            let tuned = try divergence(budget: Float(budget))
            #expect(abs(tuned - budget) < 0.15 * budget, "KL \(tuned) for a budget of \(budget), \(free) without one")
            #expect(abs(free - budget) > 0.3 * budget, "KL \(free) without a budget is near \(budget) by itself")
        }
    }

    @Test func aStateWithoutTheWeightOrWithAnImpossibleOneIsRefused() throws {
        var weight = LatentWeight(initial: 0.02, budget: 10), state = StateDictionary()
        #expect(throws: StateError.missing("value")) { try StateCoder.restore(state) { try weight.codeState($0) } }
        state.store([Float(-1)], at: "value")
        #expect(throws: StateError.self) { try StateCoder.restore(state) { try weight.codeState($0) } }
        state.store([Float(0.5)], at: "value")
        try StateCoder.restore(state) { try weight.codeState($0) }
        #expect(weight.value == 0.5)
    }
}
