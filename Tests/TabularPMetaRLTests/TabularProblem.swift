import Agents
import Core
import Environments
import Grids
import TestEnvironments
import Testing

/// The training tasks of gridworld for an agent, with a budget of rounds.
func gridworld(
    rounds: Int, sizes: [Int] = [4, 5, 6, 7, 8], landmark: GridworldSettings.Landmark = .random, seed: UInt64 = 1, threads: Int = 1
) throws -> Problem {
    var settings = GridworldSettings()
    (settings.sizes, settings.landmark) = (sizes, landmark)
    let family = try Gridworld(settings: settings, assets: FamilyAssets())
    return Problem(
        environment: family.description, trainTasks: family.tasks(.train, seed: seed), budget: TrainingBudget(rounds, .rounds), threads: threads,
        makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
}

extension Agent {
    /// A table of the agent's state.
    func table(_ name: String) throws -> [Double] { try StateCoder.save(self).doubles("networks/\(name)") }

    func policy(_ name: String, task: Int) throws -> any Policy {
        let policy = try #require(policies.first { $0.name == name })
        guard case .ready(let make) = policy.origin else { throw StateError.missing(name) }
        return try #require(try make(task).first)
    }

    /// The return of a policy's greedy episode on each training task, less the best possible one.
    func regrets(_ name: String, _ problem: Problem) throws -> [Double] {
        try problem.trainTasks.enumerated().map { index, task in
            let environment = try problem.makeEnvironment(task, 1), model = try #require(environment as? any ModelledEnvironment).model
            var player = EpisodePlayer(environment), random = RandomStream(seed: 1)
            let best = model.bestReturn(limit: environment.description.episodeLimit)
            return try best - player.play(policy(name, task: index), using: &random).episodeReturn
        }
    }
}
