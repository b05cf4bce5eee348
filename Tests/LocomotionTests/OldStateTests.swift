import Core
import Environments
import Locomotion
import Testing

/// States of before version 0.2: one array of numbers at the environment's own key.
@Suite struct OldStateTests {
    /// The array as it was written then.
    private func oldState(_ episode: Episode, family: String, task: TaskDescription, elapsed: [Int]) throws -> [Double] {
        let environment = episode.environment, fingerprint = task.fingerprint(family: family) & ((1 << 52) - 1)
        var state = [Double(fingerprint), Double(environment.copies), Double(environment.unstableEpisodes)]
        for copy in 0..<environment.copies {
            state.append(Double(elapsed[copy]))
            state += try environment.simulations.values(.bodyPosition, named: "torso", copy)
            state += environment.observation(copy)
            state += environment.positions(copy)
            state += environment.velocities(copy)
            state += environment.simulations.saveState(copy)
        }
        return state
    }

    private func dictionary(_ numbers: [Double]) -> StateDictionary {
        var state = StateDictionary()
        state.store(numbers, at: "task-0/environment")
        return state
    }

    @Test(arguments: ["half-cheetah-dir", "half-cheetah-vel", "ant-fwd-back", "walker-2d-params"]) func anOldStateGoesOnToTheSameBits(name: String) throws {
        let task = try family(name).tasks(.train, seed: 1337)[1]
        var one = try Episode(family(name), task, copies: 2), other = try Episode(family(name), task, copies: 2)
        var noise = RandomStream(seed: 5)
        try one.reset(0, &noise)
        for _ in 0..<3 { try one.step(noise.actions(2 * one.columns).map { 0.3 * $0 }) }
        try one.reset(1, &noise)
        for _ in 0..<4 { try one.step(noise.actions(2 * one.columns).map { 0.3 * $0 }) }
        let old = try oldState(one, family: name, task: task, elapsed: [7, 4])
        try dictionary(old).restore(other.environment, at: "task-0/environment")
        #expect(StateCoder.save(other.environment) == StateCoder.save(one.environment))
        for _ in 0..<10 {
            let actions = noise.actions(2 * one.columns).map { 0.3 * $0 }
            try one.step(actions)
            try other.step(actions)
            #expect(one.batch.observations == other.batch.observations && one.batch.rewards == other.batch.rewards)
        }
    }

    @Test func damagedOldStatesAreErrorsNamingTheKey() throws {
        let task = try family("ant-fwd-back").tasks(.train, seed: 1)[0]
        let good = try oldState(Episode(family("ant-fwd-back"), task), family: "ant-fwd-back", task: task, elapsed: [0])
        func message(_ change: (inout [Double]) -> Void) throws -> String {
            var numbers = good
            change(&numbers)
            let environment = try Episode(family("ant-fwd-back"), task).environment
            do { try dictionary(numbers).restore(environment, at: "task-0/environment") } catch { return "\(error)" }
            return "restored"
        }
        #expect(try message { _ in } == "restored")
        let changes: [(inout [Double]) -> Void] = [
            { $0.removeLast() }, { $0[0] += 1 }, { $0[1] = 2 }, { $0[2] = -1 }, { $0[3] = 0.5 }, { $0[20] = .nan },
        ]
        for change in changes { #expect(try message(change).contains("'task-0/environment'")) }
    }
}
