import Core
import Learning

/// Sizes and rates of a `LatentActorCritic`.
public struct LatentActorCriticOptions: Sendable {
    /// Columns of an observation.
    public var observation: Int
    /// Columns of an action.
    public var action: Int
    /// Columns of what the networks are conditioned on.
    public var latent: Int
    /// Hidden layers of each network.
    public var hidden: [Int]
    /// Adam's learning rate of each network.
    public var learningRate: Float
    /// gamma
    public var discount: Float
    /// Rate at which the target networks follow: the value network's, or the critics' where actions are discrete.
    public var targetRate: Float
    /// Factor on rewards in the critics' targets.
    public var rewardScale: Float
    /// Weight of the mean squares of the policy's mean and log standard deviation in the actor's loss.
    public var policyRegularization: Float
    /// alpha at the start.
    public var entropy: EntropyCoefficient
    /// Of the networks' products.
    public var precision: Precision

    public init(
        observation: Int, action: Int, latent: Int, hidden: [Int], learningRate: Float, discount: Float, targetRate: Float,
        rewardScale: Float, policyRegularization: Float, entropy: EntropyCoefficient, precision: Precision = .float32
    ) {
        self.observation = observation
        self.action = action
        self.latent = latent
        self.hidden = hidden
        self.learningRate = learningRate
        self.discount = discount
        self.targetRate = targetRate
        self.rewardScale = rewardScale
        self.policyRegularization = policyRegularization
        self.entropy = entropy
        self.precision = precision
    }
}

/// Soft actor-critic with a state-value network (Haarnoja et al. 2018a), all of it conditioned on a latent: what PEARL trains,
/// batches of all tasks in one product.
public final class LatentActorCritic {
    public let actor: TanhGaussianActor
    public let critics: TwinCritic
    public let value: MLP
    public let targetValue: MLP
    public private(set) var entropy: EntropyCoefficient
    private let options: LatentActorCriticOptions
    private let actorOptimizer: Adam
    private let criticOptimizer: Adam
    private let valueOptimizer: Adam

    public init(_ options: LatentActorCriticOptions, using random: inout RandomStream) {
        self.options = options
        entropy = options.entropy
        let state = options.observation + options.latent
        let hidden = options.hidden, precision = options.precision
        actor = TanhGaussianActor(inputs: state, hidden: hidden, actionSize: options.action, precision: precision, using: &random)
        critics = TwinCritic(inputs: state + options.action, hidden: hidden, precision: precision, using: &random)
        value = MLP(inputs: state, hidden: hidden, outputs: 1, activation: .relu, precision: precision, using: &random)
        targetValue = value.frozenCopy()
        actorOptimizer = Adam(actor.parameters, learningRate: options.learningRate)
        criticOptimizer = Adam(critics.parameters, learningRate: options.learningRate)
        valueOptimizer = Adam(value.parameters, learningRate: options.learningRate)
    }

    /// One gradient step of critics, value network, actor and alpha, in this order, on a batch whose rows are conditioned on
    /// `latent` [batch, latent]; in next states on `nextLatent` (default: `latent`). Also returns the gradient of the critics' loss plus
    /// `penalty` with respect to `inference`, parameters that `latent` came from: nothing else reaches them. `count` is the update's number,
    /// for the message of `TrainingError.nonFinite`.
    public func update(
        _ batch: TransitionBatch, latent: Tensor, nextLatent: Tensor? = nil, penalty: Tensor? = nil, inference: [Tensor] = [],
        using random: inout RandomStream, count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor]) {
        try update(
            batch, latent: latent, nextLatent: nextLatent, penalty: penalty, inference: inference,
            noise: .normal([latent.rows, options.action], using: &random), count: count)
    }

    /// The same with the `noise` [batch, action] of the actions that the actor's and the value network's losses draw.
    package func update(
        _ batch: TransitionBatch, latent: Tensor, nextLatent: Tensor?, penalty: Tensor?, inference: [Tensor], noise: Tensor, count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor]) {
        let fixed = latent.detached()
        let target = SoftActorCritic.tdTarget(
            batch, latent: nextLatent ?? fixed, targetValue: targetValue, discount: options.discount, rewardScale: options.rewardScale)
        let criticLoss = SoftActorCritic.criticLoss(batch, latent: latent, critics: critics, target: target)
        try TrainingError.check(criticLoss, "critic loss", count)
        if let penalty { try TrainingError.check(penalty, "KL term", count) }
        let parameters = critics.parameters
        let all = gradients(of: penalty.map { criticLoss + $0 } ?? criticLoss, withRespectTo: parameters + inference)
        criticOptimizer.step(Array(all[..<parameters.count]))

        let (actorLoss, softValue, logProbability) = SoftActorCritic.policyEvaluation(
            batch, latent: fixed, actor: actor, critics: critics, noise: noise, entropyCoefficient: entropy.value,
            regularization: options.policyRegularization)
        try TrainingError.check(actorLoss, "actor loss", count)
        let valueLoss = SoftActorCritic.valueLoss(batch, latent: fixed, value: value, softValue: softValue)
        try TrainingError.check(valueLoss, "value loss", count)
        valueOptimizer.step(gradients(of: valueLoss, withRespectTo: value.parameters))
        actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))
        entropy.update(logProbability: logProbability)
        softUpdate(targetValue.parameters, toward: value.parameters, rate: options.targetRate)
        let losses = LatentLosses(
            critic: criticLoss.scalar, value: valueLoss.scalar, actor: actorLoss.scalar, policyEntropy: -logProbability)
        return (losses, Array(all[parameters.count...]))
    }

    /// All parameters that are learned, without the target network.
    public var parameters: [Tensor] { actor.parameters + critics.parameters + value.parameters }
}

extension LatentActorCritic: LatentLearner {
    public func update(
        _ batch: TransitionBatch, latent: Tensor, penalty: Tensor, inference: [Tensor], using random: inout RandomStream, count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor]) {
        try update(batch, latent: latent, nextLatent: nil, penalty: penalty, inference: inference, using: &random, count: count)
    }

    public func policy(at latent: [Float], frozen: Bool) -> any LatentPolicy {
        GaussianLatentPolicy(actor: frozen ? actor.frozenCopy() : actor, observationSize: options.observation, latent: latent)
    }

    public func actionValues(observation: [Float], actions: [Float], latent: [Float]) -> [Float] {
        critics.values(observation: observation, actions: actions, latent: latent)
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("actor", actor)
        try coder.network("critics", critics)
        try coder.network("value", value)
        try coder.module("targetValue", targetValue)
        try coder.object("actorOptimizer", actorOptimizer)
        try coder.object("criticOptimizer", criticOptimizer)
        try coder.object("valueOptimizer", valueOptimizer)
        try coder.value("entropy", &entropy)
    }
}

extension Tensor {
    /// Each row `times` times in a row: [rows, columns] -> [rows * times, columns].
    public func repeatedRows(_ times: Int) -> Tensor {
        reshaped([rows, 1, columns]).broadcast(to: [rows, times, columns]).reshaped([rows * times, columns])
    }
}
