import Core
import Environments
import Learning

/// Soft actor-critic with discrete actions (Christodoulou 2019), all of it conditioned on a latent: what PEARL trains where it chooses among
/// actions. Means over actions are exact, so that there is no network for the value of states; the critics bootstrap from slowly following
/// copies of themselves.
public final class DiscreteLatentActorCritic {
    public let actor: CategoricalActor
    /// An output for every action.
    public let critics: TwinCritic
    public let targets: TwinCritic
    public private(set) var entropy: EntropyCoefficient
    private let options: LatentActorCriticOptions
    /// The environment's observations, before they are encoded.
    private let observation: Space
    private let actorOptimizer: Adam
    private let criticOptimizer: Adam

    /// `options.action` is the number of actions, `options.observation` that of the columns of an encoded observation. There is nothing
    /// that `options.policyRegularization` applies to.
    public init(_ options: LatentActorCriticOptions, observation: Space, using random: inout RandomStream) {
        self.options = options
        self.observation = observation
        entropy = options.entropy
        let state = options.observation + options.latent
        let hidden = options.hidden, precision = options.precision
        actor = CategoricalActor(inputs: state, hidden: hidden, actionCount: options.action, precision: precision, using: &random)
        critics = TwinCritic(inputs: state, hidden: hidden, outputs: options.action, precision: precision, using: &random)
        targets = critics.frozenCopy()
        actorOptimizer = Adam(actor.parameters, learningRate: options.learningRate)
        criticOptimizer = Adam(critics.parameters, learningRate: options.learningRate)
    }
}

extension DiscreteLatentActorCritic: LatentLearner {
    public func update(
        _ batch: TransitionBatch, latent: Tensor, penalty: Tensor, inference: [Tensor], using random: inout RandomStream, count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor]) {
        try update(batch, latent: latent, penalty: penalty, inference: inference, count: count)
    }

    /// The same: nothing is drawn.
    package func update(
        _ batch: TransitionBatch, latent: Tensor, penalty: Tensor, inference: [Tensor], count: Int
    ) throws -> (losses: LatentLosses, inferenceGradients: [Tensor]) {
        let fixed = latent.detached()
        let target = SoftActorCritic.tdTarget(
            batch, latent: fixed, actor: actor, targets: targets, discount: options.discount, entropyCoefficient: entropy.value,
            rewardScale: options.rewardScale)
        let criticLoss = SoftActorCritic.discreteCriticLoss(batch, latent: latent, critics: critics, target: target)
        try TrainingError.check(criticLoss, "critic loss", count)
        try TrainingError.check(penalty, "KL term", count)
        let parameters = critics.parameters
        let all = gradients(of: criticLoss + penalty, withRespectTo: parameters + inference)
        criticOptimizer.step(Array(all[..<parameters.count]))

        let (actorLoss, logProbability) = SoftActorCritic.actorLoss(
            batch, latent: fixed, actor: actor, critics: critics, entropyCoefficient: entropy.value)
        try TrainingError.check(actorLoss, "actor loss", count)
        actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))
        entropy.update(logProbability: logProbability)
        softUpdate(targets.parameters, toward: critics.parameters, rate: options.targetRate)
        let losses = LatentLosses(critic: criticLoss.scalar, actor: actorLoss.scalar, policyEntropy: -logProbability)
        return (losses, Array(all[parameters.count...]))
    }

    public var parameters: [Tensor] { actor.parameters + critics.parameters }

    public func policy(at latent: [Float], frozen: Bool) -> any LatentPolicy {
        CategoricalLatentPolicy(actor: frozen ? actor.frozenCopy() : actor, observation: observation, latent: latent)
    }

    public func actionValues(observation row: [Float], actions: [Float], latent: [Float]) -> [Float] {
        let input = SpaceEncoder(observation).encoded(row) + latent
        let values = withoutGradients { critics.smaller(Tensor(input, shape: [1, input.count])).array }
        return actions.map { values[Int($0)] }
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("actor", actor)
        try coder.network("critics", critics)
        try coder.module("targets", targets)
        try coder.object("actorOptimizer", actorOptimizer)
        try coder.object("criticOptimizer", criticOptimizer)
        try coder.value("entropy", &entropy)
    }
}
