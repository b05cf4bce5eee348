import Core
import Learning

/// The actor of discrete soft actor-critic (Christodoulou 2019): an MLP whose outputs are the logits of all actions.
public struct CategoricalActor: Module {
    public var network: MLP

    /// `inputs` is observation + latent columns.
    public init(inputs: Int, hidden: [Int], actionCount: Int, precision: Precision = .float32, using random: inout RandomStream) {
        network = MLP(
            inputs: inputs, hidden: hidden, outputs: actionCount, activation: .relu, precision: precision, using: &random)
    }

    public var actionCount: Int { network.layers[network.layers.count - 1].outputs }

    /// Input [batch, observation + latent]; `mask` [batch, actions] is 1 where an action exists and 0 where it does not, nil where all of them
    /// do. An action that does not exist has probability 0.
    public func callAsFunction(_ input: Tensor, mask: Tensor?) -> Categorical {
        let logits = network(input)
        return Categorical(logits: mask.map { logits + ($0 - 1) * Self.exclusion } ?? logits)
    }

    /// What takes a logit out of a softmax: its exponential is 0 in float32.
    private static let exclusion: Float = 1e9

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        network.forEachParameter { body("network.\($0)", &$1) }
    }
}

/// The losses of soft actor-critic with discrete actions (Christodoulou 2019): critics have an output for every action, and means over the
/// policy's actions are exact sums. Masks are those of the batch. `latent` [batch, latent] as in the other losses.
extension SoftActorCritic {

    /// V(s) = sum over a of pi(a | s) * (min Q(s, a) - alpha * log pi(a | s)), [batch, 1]; `values` [batch, actions] are the smaller critics'.
    /// An action of probability 0 adds 0.
    public static func softValue(_ policy: Categorical, values: Tensor, entropyCoefficient: Float) -> Tensor {
        (policy.probabilities * (values - entropyCoefficient * policy.logProbabilities)).sum(axis: -1, keepingDimension: true)
    }

    /// y = r + gamma * (1 - terminated) * V(s', z), V being that of the target critics; [batch, 1], no gradient.
    public static func tdTarget(
        _ batch: TransitionBatch, latent: Tensor?, actor: CategoricalActor, targets: TwinCritic, discount: Float, entropyCoefficient: Float,
        rewardScale: Float
    ) -> Tensor {
        withoutGradients {
            let input = stateInput(batch.nextObservation, latent)
            let value = softValue(
                actor(input, mask: batch.nextActionMask), values: targets.smaller(input), entropyCoefficient: entropyCoefficient)
            return rewardScale * batch.reward + discount * (1 - batch.terminated) * value
        }
    }

    /// mean (Q1(s, z)[a] - y)^2 + mean (Q2(s, z)[a] - y)^2; the batch's actions are one-hot, [batch, actions].
    public static func discreteCriticLoss(_ batch: TransitionBatch, latent: Tensor?, critics: TwinCritic, target: Tensor) -> Tensor {
        let (first, second) = critics(stateInput(batch.observation, latent))
        func error(_ values: Tensor) -> Tensor { (values * batch.action).sum(axis: -1, keepingDimension: true) - target }
        return error(first).squared().mean() + error(second).squared().mean()
    }

    /// mean over the batch of sum over a of pi(a | s, z) * (alpha * log pi(a | s, z) - min Q(s, a, z)), which is -V. Also returns the policy's
    /// mean log probability for the tuning of alpha.
    public static func actorLoss(
        _ batch: TransitionBatch, latent: Tensor?, actor: CategoricalActor, critics: TwinCritic, entropyCoefficient: Float
    ) -> (loss: Tensor, logProbability: Float) {
        let input = stateInput(batch.observation, latent)
        let policy = actor(input, mask: batch.actionMask), values = withoutGradients { critics.smaller(input) }
        let loss = -softValue(policy, values: values, entropyCoefficient: entropyCoefficient).mean()
        return (loss, withoutGradients { -policy.entropy.mean().scalar })
    }
}
