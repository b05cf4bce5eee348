import Agents
import Core
import DQNPMetaRL
import Environments
import Learning

/// Throughput of deep Q-learning's updates: the agents' own learner at the paper's sizes.
public enum DQNBenchmark {
    /// CartPole's sizes: 4 observations, 2 actions, hidden [512, 512], batches of 64.
    static let observationSize = 4, actionCount = 2

    /// An update on a batch drawn from 20,000 transitions, with new priorities and, where `isPulled`, the pull of pMeta-RL.
    static func update(isPulled: Bool) -> () -> Void {
        let settings = PMetaDQNSettings()
        var random = RandomStream(seed: 1)
        let network = MLP(inputs: observationSize, hidden: settings.hidden, outputs: actionCount, using: &random)
        let task = PMetaDQNTask(
            learner: QLearner(index: 0, network: network, settings: settings, random: RandomStream(seed: 2)), settings: settings)
        for _ in 0..<20_000 {
            let numbers = (0..<2 * observationSize).map { _ in random.normal() }
            numbers.withUnsafeBufferPointer { numbers in
                guard let first = numbers.baseAddress else { return }
                task.learner.replay.append(
                    observation: first, action: random.index(below: actionCount), discountedReturn: random.normal(),
                    nextObservation: first + observationSize, bootstrap: 0.97)
            }
        }
        return {
            // Losses of this random problem are finite.
            try? task.learner.update(pull: isPulled ? task.pull : nil)
        }
    }
}
