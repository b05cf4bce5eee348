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

extension Problem {
    /// The same rewards, for learning only: the environments' own are their negatives.
    var withRewardsForLearning: Problem {
        var problem = self
        problem.environment.hasLearningReward = true
        problem.makeEnvironment = { [makeEnvironment] task, copies in
            guard let inner = try makeEnvironment(task, copies) as? any ModelledEnvironment else { throw StateError.missing("a model") }
            return LearningRewardEnvironment(inner)
        }
        return problem
    }
}

private final class LearningRewardEnvironment: ModelledEnvironment {
    private let inner: any ModelledEnvironment
    var description: EnvironmentDescription {
        var description = inner.description
        description.hasLearningReward = true
        return description
    }
    var model: TransitionModel { inner.model }
    var copies: Int { inner.copies }
    var unstableEpisodes: Int { inner.unstableEpisodes }
    var random: RandomStream {
        get { inner.random }
        set { inner.random = newValue }
    }

    init(_ inner: any ModelledEnvironment) { self.inner = inner }

    func reset(_ copy: Int, into batch: inout StepBatch) throws { try inner.reset(copy, into: &batch) }
    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        try inner.step(actions, into: &batch)
        batch.learningRewards = batch.rewards
        for copy in 0..<copies { batch.rewards[copy] *= -1 }
    }
    func codeState(_ coder: StateCoder) throws { try inner.codeState(coder) }
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
