import Core
import Environments
import Testing

@Suite struct SimulatedEnvironmentTests {
    /// Steps to the right, with resets, and returns everything that the batch said.
    private func play(_ environment: some Environment, steps: Int, _ batch: inout StepBatch) throws -> [[Float]] {
        try (0..<steps).map { _ in
            for copy in 0..<environment.copies where batch.terminated[copy] || batch.truncated[copy] {
                try environment.reset(copy, into: &batch)
            }
            try environment.step(Array(repeating: 1, count: environment.copies), into: &batch)
            return batch.observations + batch.rewards + batch.terminated.map { $0 ? 1 : 0 } + batch.truncated.map { $0 ? 1 : 0 }
        }
    }

    private func begun(_ environment: some Environment) throws -> StepBatch {
        var batch = StepBatch(copies: environment.copies, description: environment.description)
        for copy in 0..<environment.copies { try environment.reset(copy, into: &batch) }
        return batch
    }

    @Test func stepsDrawFromTheEnvironmentsOwnStream() throws {
        func run(seed: UInt64) throws -> [[Float]] {
            let environment = SlipperyLine.environment(copies: 3)
            environment.random = RandomStream(seed: seed)
            var batch = try begun(environment)
            return try play(environment, steps: 40, &batch)
        }
        #expect(try run(seed: 1) == run(seed: 1))
        #expect(try run(seed: 1) != run(seed: 2))
    }

    @Test func aRestoredEnvironmentGoesOnToTheSameBits() throws {
        let one = SlipperyLine.environment(copies: 3), other = SlipperyLine.environment(copies: 3)
        one.random = RandomStream(seed: 5)
        var batch = try begun(one)
        _ = try play(one, steps: 17, &batch)
        try StateCoder.restore(StateCoder.save(one), other)
        var copy = batch
        #expect(try play(one, steps: 50, &batch) == play(other, steps: 50, &copy))
        #expect(batch.actionMasks == copy.actionMasks)
    }

    @Test func statesOfOtherTasksCopiesOrNumbersAreRefused() throws {
        let state = StateCoder.save(SlipperyLine.environment(copies: 2))
        #expect(throws: StateError.self) { try StateCoder.restore(state, SlipperyLine.environment(copies: 3)) }
        #expect(throws: StateError.self) { try StateCoder.restore(state, SlipperyLine.environment(copies: 2, task: 2)) }
        for wrong in [[1.0, 7], [1, .nan], [1]] {
            var damaged = state
            damaged.store(wrong, at: "states")
            #expect(throws: StateError.self, "\(wrong)") { try StateCoder.restore(damaged, SlipperyLine.environment(copies: 2)) }
        }
    }

    @Test func masksTellWhichActionsExistAndOthersAreErrors() throws {
        let environment = SlipperyLine.environment()
        var batch = try begun(environment), seen: Set<[Bool]> = []
        for _ in 0..<60 {
            if batch.terminated[0] || batch.truncated[0] { try environment.reset(0, into: &batch) }
            let cell = batch.observations[0]
            #expect(batch.actionMasks == [cell > 0, true])
            seen.insert(batch.actionMasks)
            if cell == 0 {
                #expect(throws: EnvironmentError.wrongAction(0, known: [1])) { try environment.step([0], into: &batch) }
            }
            try environment.step([cell == 0 ? 1 : 0], into: &batch)
            if batch.terminated[0] { #expect(batch.actionMasks == [false, false]) }
        }
        #expect(seen.count == 2)
        if batch.terminated[0] || batch.truncated[0] { try environment.reset(0, into: &batch) }
        for wrong in [2, -1, 0.5, Float.nan, .infinity] {
            #expect(throws: EnvironmentError.self, "\(wrong)") { try environment.step([wrong], into: &batch) }
        }
    }

    @Test func episodesAreTruncatedAtTheirLimitAndTerminatedAtTheEnd() throws {
        let environment = SlipperyLine.environment()
        environment.random = RandomStream(seed: 3)
        var batch = try begun(environment), lengths: [(Int, Bool)] = [], length = 0
        for _ in 0..<600 {
            if batch.terminated[0] || batch.truncated[0] {
                #expect(batch.terminated[0] != batch.truncated[0])
                lengths.append((length, batch.terminated[0]))
                length = 0
                try environment.reset(0, into: &batch)
            }
            try environment.step([1], into: &batch)
            length += 1
        }
        #expect(lengths.contains { $0.0 == 12 && !$0.1 } && lengths.allSatisfy { $0.1 || $0.0 == 12 })
        #expect(lengths.contains { $0.0 < 12 && $0.1 })
    }

    @Test func anUnstableEpisodeEndsWithItsLastFiniteObservationAndIsCounted() throws {
        let environment = SlipperyLine.environment(blowsUpAt: 3)
        var batch = try begun(environment)
        while !batch.unstable[0] {
            if batch.truncated[0] { try environment.reset(0, into: &batch) }
            try environment.step([1], into: &batch)
        }
        #expect(batch.terminated[0] && batch.rewards[0] == 0 && batch.observations[0] < 3 && environment.unstableEpisodes == 1)
        try StateCoder.restore(StateCoder.save(environment), SlipperyLine.environment(blowsUpAt: 3))
    }
}
