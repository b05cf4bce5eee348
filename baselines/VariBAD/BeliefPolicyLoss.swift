import Agents
import Foundation
import Learning

/// Steps that the policy learns from, one a row. The belief is an input like the observation: no gradient reaches the encoder.
public struct PolicyMinibatch: Sendable {
    /// [rows, observation], normalised
    public var observations: Tensor
    /// [rows, 2 latent], normalised
    public var beliefs: Tensor
    /// [rows, action], as drawn
    public var actions: Tensor
    /// [rows, 1]: of the actions, before this iteration's first step
    public var logProbabilities: Tensor
    /// [rows, 1], normalised
    public var advantages: Tensor
    /// [rows, 1]: what the value should be, and what it was when the steps were collected
    public var returns, values: Tensor

    public init(
        observations: Tensor, beliefs: Tensor, actions: Tensor, logProbabilities: Tensor, advantages: Tensor, returns: Tensor, values: Tensor
    ) {
        self.observations = observations
        self.beliefs = beliefs
        self.actions = actions
        self.logProbabilities = logProbabilities
        self.advantages = advantages
        self.returns = returns
        self.values = values
    }

    func rows(_ indices: [Int]) -> PolicyMinibatch {
        PolicyMinibatch(
            observations: observations.gatheredRows(indices), beliefs: beliefs.gatheredRows(indices), actions: actions.gatheredRows(indices),
            logProbabilities: logProbabilities.gatheredRows(indices), advantages: advantages.gatheredRows(indices),
            returns: returns.gatheredRows(indices), values: values.gatheredRows(indices))
    }
}

/// PPO's loss and measures of the update.
public struct PolicyLoss: Sendable {
    /// To be minimised.
    public let total: Tensor
    /// Half the mean of the larger of the two Huber losses.
    public let valueLoss: Float
    /// Mean of ratio - 1 - log ratio: an unbiased estimate of KL(old || new).
    public let kl: Float
    /// Share of the steps whose likelihood ratio is out of its range.
    public let clipFraction: Float
    /// Of the policy, in nats.
    public let entropy: Float

    var metrics: [String: Float] { ["valueLoss": valueLoss, "kl": kl, "clipFraction": clipFraction, "entropy": entropy] }
}

extension BeliefPolicy {
    /// -mean(min(ratio A, clip(ratio) A)) + valueWeight * value loss - entropyWeight * entropy. The value's loss is half the mean of max(h(v), h(v
    /// clipped)), with the Huber loss h and v held within `clip` of what it was.
    public func loss(_ steps: PolicyMinibatch, settings: VariBADSettings) -> PolicyLoss {
        let inputs = inputs(steps.observations, steps.beliefs)
        let distribution = distribution(inputs), logProbability = distribution.logProbability(of: steps.actions)
        let surrogate = PolicyGradient.clippedRatio(
            logProbability: logProbability, oldLogProbability: steps.logProbabilities, advantages: steps.advantages, clip: settings.clip)
        let value = value(inputs), held = steps.values + (value - steps.values).clamped(to: -settings.clip...settings.clip)
        let valueLoss = 0.5 * maximum(huber(value - steps.returns), huber(held - steps.returns)).mean()
        let entropy = DiagonalGaussian(mean: Tensor.zeros([1, logStd.count]), logStd: distribution.logStd).entropy.sum()
        var kl = 0.0, clipped = 0
        for (new, old) in zip(logProbability.array, steps.logProbabilities.array) {
            let logRatio = Double(new - old), ratio = exp(logRatio)
            kl += ratio - 1 - logRatio
            if abs(ratio - 1) > Double(settings.clip) { clipped += 1 }
        }
        let count = Double(max(1, steps.actions.rows))
        return PolicyLoss(
            total: surrogate + settings.valueWeight * valueLoss - settings.entropyWeight * entropy, valueLoss: valueLoss.scalar,
            kl: Float(kl / count), clipFraction: Float(Double(clipped) / count), entropy: entropy.scalar)
    }
}

/// x^2 / 2 within -1...1, |x| - 1/2 beyond.
private func huber(_ x: Tensor) -> Tensor {
    let size = x.abs(), near = size.clamped(to: 0...1)
    return near.squared() * 0.5 + (size - near)
}
