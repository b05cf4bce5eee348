import Learning

/// The parts of a rollout that a policy-gradient step needs, all of them constants.
public struct PolicyBatch: Sendable {
    /// [steps, observation]
    public let observations: Tensor
    /// [steps, action], in the policy's normalised space
    public let actions: Tensor
    /// [steps, 1]: over a linear feature baseline fitted to the same rollout, normalised.
    public let advantages: Tensor
    /// The distributions of the policy that acted, at these observations.
    public let old: DiagonalGaussian
    /// [steps, 1]
    public let oldLogProbability: Tensor

    /// `policy` is the one that collected `rollout`, which has at least one step.
    public init(_ rollout: Rollout, collectedBy policy: GaussianPolicy, discount: Float, lambda: Float) {
        self.init(
            observations: rollout.observations, actions: rollout.actions,
            advantages: rollout.normalizedAdvantages(discount: discount, lambda: lambda), collectedBy: policy)
    }

    /// With advantages [steps, 1] that are taken as they are. `policy` is the one that acted.
    package init(observations: Tensor, actions: Tensor, advantages: Tensor, collectedBy policy: GaussianPolicy) {
        let old = withoutGradients {
            let now = policy(observations)
            return DiagonalGaussian(mean: now.mean.copied(), logStd: now.logStd.copied())
        }
        self.init(observations: observations, actions: actions, advantages: advantages, old: old)
    }

    /// With advantages [steps, 1] that are taken as they are. `old` are the distributions that the actions were drawn from.
    package init(observations: Tensor, actions: Tensor, advantages: Tensor, old: DiagonalGaussian) {
        self.observations = observations
        self.actions = actions
        self.advantages = advantages
        self.old = old
        oldLogProbability = withoutGradients { old.logProbability(of: actions) }
    }

    /// Mean divergence of `policy` from the one that acted, KL(old || policy): rank 0.
    public func divergence(of policy: GaussianPolicy) -> Tensor { old.kl(to: policy(observations)).mean() }
}

/// The loss whose gradient an inner step follows. Both have the same gradient at the policy that acted, and other curvatures, so the
/// gradient through the step differs.
public enum InnerSurrogate: String, Codable, Sendable {
    /// -mean(log pi(a|s) A), as in MAML (Finn et al. 2017, equation 4).
    case logLikelihood
    /// -mean(pi(a|s) / pi_old(a|s) A): the low-variance-curvature surrogate of ProMP (Rothfuss et al. 2019, equation 12), whose second
    /// derivative includes how the policy before the step influenced the samples.
    case likelihoodRatio
}

/// Adaptation by policy-gradient steps: theta' = theta - alpha grad L(theta), once for each batch (Finn et al. 2017, equation 1).
public struct InnerAdaptation: Sendable {
    /// alpha
    public var stepSize: Float
    public var surrogate: InnerSurrogate

    public init(stepSize: Float, surrogate: InnerSurrogate) {
        self.stepSize = stepSize
        self.surrogate = surrogate
    }

    /// The loss of an inner step: rank 0.
    public func loss(_ policy: GaussianPolicy, _ batch: PolicyBatch) -> Tensor {
        let distribution = policy(batch.observations)
        return switch surrogate {
        case .logLikelihood:
            PolicyGradient.logLikelihood(distribution, actions: batch.actions, advantages: batch.advantages)
        case .likelihoodRatio:
            PolicyGradient.likelihoodRatio(
                distribution, oldLogProbability: batch.oldLogProbability, actions: batch.actions, advantages: batch.advantages)
        }
    }

    /// The policy before the first step and after each: one more than there are batches. All of them have a history that reaches the
    /// parameters of `policy`, which must require gradients; with `throughGradients` it includes that of the steps' own gradients, without
    /// it these are constants.
    public func path(from policy: GaussianPolicy, _ batches: [PolicyBatch], throughGradients: Bool) -> [GaussianPolicy] {
        var path = [policy]
        for batch in batches {
            var next = path[path.count - 1]
            let parameters = next.parameters
            let slopes = gradients(of: loss(next, batch), withRespectTo: parameters, createGraph: throughGradients)
            next.parameters = zip(parameters, slopes).map { $0 - stepSize * $1 }
            path.append(next)
        }
        return path
    }

    /// The last policy of `path`.
    public func adapted(_ policy: GaussianPolicy, to batches: [PolicyBatch], throughGradients: Bool) -> GaussianPolicy {
        let path = path(from: policy, batches, throughGradients: throughGradients)
        return path[path.count - 1]
    }
}
