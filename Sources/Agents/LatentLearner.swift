import Core
import Environments
import Learning

/// Soft actor-critic conditioned on a latent: the part of PEARL that depends on the kind of actions. `LatentActorCritic` has continuous ones,
/// `DiscreteLatentActorCritic` chooses among several.
public protocol LatentLearner: StatefulObject {
    /// One gradient step of every network and alpha on a batch whose rows are conditioned on `latent` [batch, latent]. Also returns the gradient
    /// of the critics' loss plus `penalty` with respect to `inference`, parameters that `latent` came from: nothing else reaches them. `count`
    /// is the update's number, for the message of `TrainingError.nonFinite`.
    func update(
        _ batch: TransitionBatch, latent: Tensor, penalty: Tensor, inference: [Tensor], using random: inout RandomStream, count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor])

    /// alpha
    var entropy: EntropyCoefficient { get }

    /// All parameters that are learned, without target networks.
    var parameters: [Tensor] { get }

    /// The policy at a latent. One that is not `frozen` changes as its actor learns.
    func policy(at latent: [Float], frozen: Bool) -> any LatentPolicy

    /// The smaller critic's value of each of `actions` [count, action columns] at one observation and latent: [count].
    func actionValues(observation: [Float], actions: [Float], latent: [Float]) -> [Float]
}

/// The losses of one update, and the mean entropy of the policy.
public struct LatentLosses {
    public var critic: Float
    /// Of the state-value network; nil where there is none.
    public var value: Float?
    public var actor: Float
    public var policyEntropy: Float

    /// By the names of metrics.
    public var metrics: [(name: String, value: Float)] {
        [("criticLoss", critic)] + (value.map { [("valueLoss", $0)] } ?? []) + [("actorLoss", actor), ("policyEntropy", policyEntropy)]
    }
}

extension TrainingError {
    /// Throws `nonFinite` unless a loss of a learner of all tasks, called `name`, is finite.
    static func check(_ loss: Tensor, _ name: String, _ count: Int) throws {
        guard loss.scalar.isFinite else { throw TrainingError.nonFinite(name, update: count, task: 0) }
    }
}

extension Problem {
    /// A learner for the problem's kind of actions. Throws `UnsupportedSpace` where `agent` has none for it, `SettingError` where there is no
    /// training task or alpha is tuned to an entropy that no choice among the actions has.
    public func latentLearner(
        agent: String, settings: some LatentActorCriticSettings, using random: inout RandomStream
    ) throws -> any LatentLearner {
        guard !trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
        let columns = SpaceEncoder(environment.observation).columns
        switch (environment.action, environment.observation) {
        case (.box(let size, -1, 1), .box):
            return LatentActorCritic(settings.latentActorCritic(observation: columns, action: size), using: &random)
        case (.discrete(let count), _):
            var options = settings.latentActorCritic(observation: columns, action: count)
            options.entropy = try settings.entropy(choices: count)
            return DiscreteLatentActorCritic(options, observation: environment.observation, using: &random)
        default:
            throw UnsupportedSpace(
                agent: agent, needs: "discrete actions, or continuous observations and continuous actions in -1...1")
        }
    }
}
