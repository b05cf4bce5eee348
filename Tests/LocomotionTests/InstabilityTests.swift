import Core
import Environments
import Foundation
import Testing

@Suite struct InstabilityTests {
    @Test(arguments: familyNames)
    func unstablePhysicsEndsTheEpisodeAndIsCounted(name: String) throws {
        var episode = try Episode(family(name), copies: 2)
        var noise = RandomStream(seed: 6)
        for copy in 0..<2 { try episode.reset(copy, &noise) }
        let environment = episode.environment
        let velocities = environment.velocities(0).map { _ in 1e9 }
        for absurd in 1...3 {
            try environment.setState(0, positions: environment.positions(1), velocities: velocities)
            let last = environment.observation(0)
            try episode.step(noise.actions(2 * episode.columns))
            #expect(episode.batch.unstable == [true, false])
            #expect(episode.batch.terminated[0] && !episode.batch.truncated[0])
            #expect(episode.batch.rewards[0] == 0)
            #expect(environment.observation(0) == last && episode.batch.observations.allSatisfy(\.isFinite))
            #expect(environment.unstableEpisodes == absurd)
            #expect(environment.velocities(0).allSatisfy { $0 == 0 }, "the default pose")
            try StateCoder.restore(StateCoder.save(environment), Episode(family(name), copies: 2).environment)
            try episode.reset(1, &noise)
        }
        try episode.reset(0, &noise)
        try episode.step(noise.actions(2 * episode.columns))
        #expect(episode.batch.unstable == [false, false] && environment.unstableEpisodes == 3)
        #expect(!FileManager.default.fileExists(atPath: "MUJOCO_LOG.TXT"))

        let saved = StateCoder.save(environment)
        let other = try Episode(family(name), copies: 2).environment
        try StateCoder.restore(saved, other)
        #expect(other.unstableEpisodes == 3)
    }

    @Test(arguments: familyNames)
    func nonFiniteActionsNeverReachAnAgentAsRewards(name: String) throws {
        for value in [Float.nan, .infinity, .greatestFiniteMagnitude] {
            var episode = try Episode(family(name))
            var noise = RandomStream(seed: 6)
            try episode.reset(&noise)
            try episode.step(Array(repeating: value, count: episode.columns))
            #expect(episode.batch.rewards[0].isFinite && episode.batch.observations.allSatisfy(\.isFinite))
            #expect(episode.batch.unstable[0] && episode.batch.terminated[0])
            try StateCoder.restore(StateCoder.save(episode.environment), Episode(family(name)).environment)
        }
    }

    @Test func statesThatAreNotFiniteAreRefused() throws {
        let environment = try Episode(family("half-cheetah-dir")).environment
        let zeros = Array(repeating: 0.0, count: 9)
        var broken = zeros
        broken[4] = .nan
        #expect(throws: EnvironmentError.self) { try environment.setState(0, positions: broken, velocities: zeros) }
        #expect(throws: EnvironmentError.self) { try environment.setState(0, positions: zeros, velocities: [1]) }
    }
}
