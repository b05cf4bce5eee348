import Agents
import Core
import Learning
import TestEnvironments
import Testing

private func policy(_ seed: UInt64 = 3) -> GaussianPolicy {
    var random = RandomStream(seed: seed)
    return GaussianPolicy(inputs: 2, hidden: [4], actionSize: 1, using: &random)
}

@Suite struct RolloutTests {
    /// Episodes of 3 steps that terminate, 10 that are truncated, 2 that become unstable.
    private static let script: ScriptedEnvironment.Script = [(3, .terminated), (10, .truncated), (2, .unstable)]

    private func collect(steps: Int, scale: Float = 1) throws -> Rollout {
        let collector = RolloutCollector(description: ScriptedEnvironment.spaces, actionScale: scale) {
            ScriptedEnvironment(Self.script, copies: $0)
        }
        var random = RandomStream(seed: 5)
        return try collector.collect(policy(), steps: steps, using: &random)
    }

    @Test func episodesLieInRowsOneAfterTheOtherAndEndAsTheyDid() throws {
        let rollout = try collect(steps: 24)  // two copies of 10 steps, one of 4
        let found = rollout.segments.map { [$0.rows.lowerBound, $0.rows.upperBound, $0.end.rawValue] }
        #expect(found == [[0, 3, 0], [3, 10, 2], [10, 13, 0], [13, 20, 2], [20, 23, 0], [23, 24, 2]])
        #expect(rollout.steps == 24)
        // Observations are [episode, step in it]: the row's step counts up from 0, whatever copy played it.
        let steps = rollout.observations.array.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        #expect(steps == [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 0])
        #expect(rollout.finalObservations.array.enumerated().filter { $0.offset % 2 == 1 }.map(\.element) == [3, 7, 3, 7, 3, 1])
        #expect(rollout.episodeReturns.count == 3)
        #expect(rollout.unstableEpisodes == 0)
    }

    @Test func rewardsBelongToTheirRowsActions() throws {
        let rollout = try collect(steps: 24, scale: 0.5)  // the script's reward is -a^2 of the clipped, scaled action
        for (action, reward) in zip(rollout.actions.array, rollout.rewards) {
            let taken = min(max(0.5 * action, -1), 1)
            #expect(abs(reward + taken * taken) < 1e-6)
        }
    }

    @Test func unstableEpisodesAreCounted() throws {
        let collector = RolloutCollector(description: ScriptedEnvironment.spaces, actionScale: 1) {
            ScriptedEnvironment([(2, .unstable)], copies: $0)
        }
        var random = RandomStream(seed: 5)
        let rollout = try collector.collect(policy(), steps: 20, using: &random)
        #expect(rollout.unstableEpisodes == 10)
        #expect(rollout.segments.allSatisfy { $0.end == .terminated && $0.rows.count == 2 })
    }

    @Test func aStoredRolloutComesBackAsItWasAndADamagedOneIsRefused() throws {
        var rollout = try collect(steps: 24), restored = Rollout(observationSize: 2, actionSize: 1)
        var state = StateCoder.save { try rollout.codeState($0) }
        try StateCoder.restore(state) { try restored.codeState($0) }
        #expect(StateCoder.save { try restored.codeState($0) } == state)
        state.store([0, 3, 0, 4, 24, 2], at: "segments")
        #expect(throws: StateError.self) { try StateCoder.restore(state) { try restored.codeState($0) } }
    }

    @Test func discountedReturnsEndWithTheEpisode() throws {
        var rollout = try collect(steps: 10)
        rollout.rewards = Array(repeating: 1, count: 10)
        let expected: [Float] = [1.75, 1.5, 1, 1.984375, 1.96875, 1.9375, 1.875, 1.75, 1.5, 1]
        #expect(rollout.discountedReturns(discount: 0.5) == expected)
    }

    @Test(arguments: [(1, 4, 4000, 200), (999, 4, 4000, 200), (400_000, 4, 4000, 200), (1_000_003, 40, 777, 200), (8000, 80, 4000, 200)])
    func collectionsAddUpToTheBudget(total: Int, collections: Int, steps: Int, limit: Int) throws {
        let schedule = try CollectionSchedule(
            budget: TrainingBudget(total), collectionsPerIteration: collections, stepsPerCollection: steps, episodeLimit: limit)
        let all = (0..<(schedule.iterations * collections)).map(schedule.steps(collection:))
        #expect(all.reduce(0, +) == total)
        #expect(all.allSatisfy { $0 >= 0 })
        if total >= collections * steps {
            #expect(all.allSatisfy { abs($0 - steps) <= max(limit, steps / 2) })
            #expect(all.dropLast().allSatisfy { $0 % limit == 0 })
        }
    }

    /// What is behind a run, and its iteration under way, are as they were; what is left is divided anew.
    @Test(arguments: [(0, 500_000), (150_000, 500_000), (150_001, 403_000), (400_000, 401_000), (399_000, 400_000), (150_001, 160_800)])
    func anotherLengthChangesOnlyWhatIsLeft(spent: Int, length: Int) throws {
        func schedule(_ budget: TrainingBudget) throws -> CollectionSchedule {
            try CollectionSchedule(budget: budget, collectionsPerIteration: 4, stepsPerCollection: 4000, episodeLimit: 200)
        }
        let before = try schedule(TrainingBudget(400_000))
        let after = try schedule(TrainingBudget(length, earlier: [EarlierBudget(amount: 400_000, spent: spent)]))
        let kept = (0...before.iterations).first { before.steps(before: 4 * $0) >= spent } ?? 0
        for index in 0..<(4 * kept) { #expect(after.steps(collection: index) == before.steps(collection: index)) }
        let rest = (4 * kept..<4 * after.iterations).map(after.steps(collection:))
        #expect(rest.reduce(before.steps(before: 4 * kept), +) == length)
        #expect(rest.allSatisfy { $0 > 0 && $0 < 8000 })
        // Twice another length.
        let again = try schedule(
            TrainingBudget(600_000, earlier: [EarlierBudget(amount: 400_000, spent: spent), EarlierBudget(amount: length, spent: length)]))
        #expect((0..<4 * again.iterations).map(again.steps(collection:)).reduce(0, +) == 600_000)
        #expect((0..<4 * after.iterations).allSatisfy { again.steps(collection: $0) == after.steps(collection: $0) })
    }

    @Test func aBudgetMustReachTheEndOfTheIterationUnderWay() throws {
        let error = #expect(throws: SettingError.self) {
            try CollectionSchedule(
                budget: TrainingBudget(17_000, earlier: [EarlierBudget(amount: 400_000, spent: 16_001)]), collectionsPerIteration: 4,
                stepsPerCollection: 4000, episodeLimit: 200)
        }
        #expect(error?.description == "setting 'steps': at least 32000 expected, where the iteration ends that is under way, found 17000")
    }
}

@Suite struct LinearFeatureBaselineTests {
    /// A rollout of one episode whose returns, undiscounted, are the given ones.
    private func rollout(_ observations: [Float], returns: [Float], end: Rollout.End = .truncated) -> Rollout {
        let rewards = returns.indices.map { $0 + 1 < returns.count ? returns[$0] - returns[$0 + 1] : returns[$0] }
        return Rollout(
            observations: Tensor(observations, shape: [observations.count, 1]), actions: .zeros([observations.count, 1]),
            rewards: rewards, segments: [.init(rows: 0..<observations.count, end: end)], finalObservations: .zeros([1, 1]),
            unstableEpisodes: 0)
    }

    @Test func whatIsLinearInItsFeaturesIsPredictedExactly() {
        var random = RandomStream(seed: 1)
        let s = (0..<150).map { _ in 4 * random.uniform() - 2 }
        let returns = s.indices.map { t in 3 * s[t] - 2 * s[t] * s[t] + 50 * Float(t) / 100 + 7 }
        var baseline = LinearFeatureBaseline(observationSize: 1)
        let data = rollout(s, returns: returns)
        baseline.fit(data, discount: 1)
        let (values, finals) = baseline.values(data)
        #expect(zip(values, returns).allSatisfy { abs($0 - $1) < 2e-2 })
        #expect(abs(finals[0] - (50 * 1.5 + 7)) < 0.1)  // s = 0 at t = 150
    }

    @Test func observationsAreClippedAtTen() {
        var baseline = LinearFeatureBaseline(observationSize: 1)
        let s = (0..<100).map { Float($0 % 20) }
        baseline.fit(rollout(s, returns: s.map { min($0, 10) }), discount: 1)
        let (values, _) = baseline.values(rollout([10, 1e6], returns: [0, 0]))
        #expect(abs(values[0] - values[1]) < 0.1)
    }

    @Test func constantObservationsDoNotBreakTheEquations() {
        var baseline = LinearFeatureBaseline(observationSize: 1)
        let data = rollout(Array(repeating: 0, count: 50), returns: Array(repeating: 5, count: 50))
        baseline.fit(data, discount: 1)
        #expect(baseline.values(data).steps.allSatisfy { abs($0 - 5) < 1e-2 })
    }

    @Test func advantagesBootstrapOnlyWhereAnEpisodeWasCut() {
        for (end, last) in [(Rollout.End.cut, Float(1 + 0.9 * 20 - 10)), (.truncated, 1 - 10), (.terminated, 1 - 10)] {
            let data = rollout([0, 0], returns: [2, 1], end: end)
            let found = data.advantages(values: [10, 10], finals: [20], discount: 0.9, lambda: 1)
            #expect(abs(found[1] - last) < 1e-5)
            #expect(abs(found[0] - (1 + 0.9 * 10 - 10 + 0.9 * last)) < 1e-5)
        }
    }
}
