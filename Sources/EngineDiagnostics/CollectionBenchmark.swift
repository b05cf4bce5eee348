import Agents
import Core
import Diagnostics
import Environments
import Locomotion
import MuJoCo
import Runs

/// How much of a thread's time physics takes while an on-policy agent collects: the rest is its policy, random numbers and bookkeeping.
public enum CollectionBenchmark {
    /// The on-policy agents' sizes at `laptop`: two layers of 64, five episodes at a time.
    static let hidden = [64, 64], episodes = 5

    /// `collection/FAMILY` in %: time of a bare mj_step loop under the very controls of a rollout, in the same process, by the time that
    /// collecting the rollout took. Both run in turns, in the thread's own processor time, and the median of the turns' shares counts.
    public static func run(family: any TaskFamily, actionScale: Float = 0.5, turns: Int = 7) throws -> BenchmarkResult {
        let description = family.description
        let steps = episodes * description.episodeLimit
        var random = RandomStream(seed: 1)
        let policy = GaussianPolicy(
            inputs: description.observation.columns, hidden: hidden, actionSize: description.action.columns, initialLogStd: -0.5,
            using: &random)
        guard let task = try family.tasks(.train, seed: RunRequest.standardTaskSeed).first else {
            throw GaitError.failure("\(family.name) has no training task to collect on")
        }
        guard let physics = try family.makeEnvironment(task, copies: 1) as? any PhysicsEnvironment else {
            throw GaitError.failure("\(family.name) is not simulated by MuJoCo: there is no bare loop to compare with")
        }
        let collector = RolloutCollector(description: description, actionScale: actionScale) {
            try family.makeEnvironment(task, copies: $0)
        }
        let bare = try SimulationBatch(model: physics.simulations.models[0], count: 1)
        _ = try collector.collect(policy, steps: steps, using: &random)  // makes the environments
        var shares: [Double] = []
        for _ in 0..<turns {
            let start = threadProcessorTime()
            let rollout = try collector.collect(policy, steps: steps, using: &random)
            let seconds = threadProcessorTime() - start
            let controls = rollout.actions.array.map { Double(scaledAction($0, actionScale)) }
            let physicsSeconds = try bare.timeBareLoop(
                0, controls: controls, frameSkip: physics.frameSkip, episode: description.episodeLimit)
            shares.append(100 * physicsSeconds / seconds)
        }
        return BenchmarkResult(name: "collection/\(family.name)", threads: 1, value: shares.sorted()[turns / 2], unit: "%")
    }
}
