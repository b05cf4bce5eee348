import Agents
import Foundation
import Learning

/// PPO's loss on whole trials, and measures of the update.
public struct TrialLoss: Sendable {
    /// To be minimised; differentiable through time.
    public let total: Tensor
    /// Mean squared error of the value head, in units of mean reward; nil if it is not trained.
    public let valueError: Float?
    /// Mean of ratio - 1 - log ratio: an unbiased estimate of KL(old || new).
    public let kl: Float
    /// Share of the steps whose likelihood ratio is out of its range.
    public let clipFraction: Float
    /// Of the policy, in nats.
    public let entropy: Float

    /// By name, for the logs.
    var metrics: [String: Float] {
        var metrics = ["kl": kl, "clipFraction": clipFraction, "entropy": entropy]
        metrics["valueLoss"] = valueError
        return metrics
    }
}

extension RecurrentPolicy {
    /// -mean(min(ratio A, clip(ratio) A)) + valueWeight * mean((v - target)^2) - entropyWeight * entropy, the hidden states computed again
    /// from the trials' starts: gradients go back through all episodes of a trial.
    public func loss(_ trials: TrialMinibatch, settings: RL2Settings) -> TrialLoss {
        let hidden = hiddenStates(trials.inputs)
        let policy = distribution(hidden)
        let logProbability = policy.logProbability(of: trials.actions)
        var total = PolicyGradient.clippedRatio(
            logProbability: logProbability, oldLogProbability: trials.logProbabilities, advantages: trials.advantages, clip: settings.clip)
        var valueError: Float?
        if settings.baseline == .valueHead {
            let error = (value(hidden) - trials.targets).squared().mean()
            valueError = error.scalar
            total += settings.valueWeight * error
        }
        // The standard deviation is the same in all rows: so is the entropy.
        let entropy = DiagonalGaussian(mean: Tensor.zeros([1, logStd.count]), logStd: logStd).entropy.sum()
        if settings.entropyWeight > 0 { total -= settings.entropyWeight * entropy }
        var kl = 0.0, clipped = 0
        for (new, old) in zip(logProbability.array, trials.logProbabilities.array) {
            let logRatio = Double(new - old), ratio = exp(logRatio)
            kl += ratio - 1 - logRatio
            if abs(ratio - 1) > Double(settings.clip) { clipped += 1 }
        }
        let count = Double(max(1, trials.actions.rows))
        return TrialLoss(
            total: total, valueError: valueError, kl: Float(kl / count), clipFraction: Float(Double(clipped) / count),
            entropy: entropy.scalar)
    }
}
