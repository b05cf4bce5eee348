import Learning

/// Surrogate losses of on-policy agents. Actions [steps, action] in the policy's space; advantages and log probabilities [steps, 1].
public enum PolicyGradient {
    /// -mean(log pi(a|s) A): its gradient is the vanilla policy gradient.
    public static func logLikelihood(_ policy: DiagonalGaussian, actions: Tensor, advantages: Tensor) -> Tensor {
        -(policy.logProbability(of: actions) * advantages).mean()
    }

    /// -mean(pi(a|s) / pi_old(a|s) A), with `oldLogProbability` held fixed.
    public static func likelihoodRatio(
        _ policy: DiagonalGaussian, oldLogProbability: Tensor, actions: Tensor, advantages: Tensor
    ) -> Tensor {
        -((policy.logProbability(of: actions) - oldLogProbability.detached()).exp() * advantages).mean()
    }

    /// PPO's -mean(min(ratio A, clip(ratio, 1 - clip, 1 + clip) A)) (Schulman et al. 2017, equation 7).
    public static func clippedRatio(
        _ policy: DiagonalGaussian, oldLogProbability: Tensor, actions: Tensor, advantages: Tensor, clip: Float
    ) -> Tensor {
        clippedRatio(
            logProbability: policy.logProbability(of: actions), oldLogProbability: oldLogProbability, advantages: advantages, clip: clip)
    }

    /// The same from log probabilities, of any policy.
    public static func clippedRatio(logProbability: Tensor, oldLogProbability: Tensor, advantages: Tensor, clip: Float) -> Tensor {
        let ratio = (logProbability - oldLogProbability.detached()).exp()
        return -minimum(ratio * advantages, ratio.clamped(to: (1 - clip)...(1 + clip)) * advantages).mean()
    }

    /// Shifted to mean 0 and scaled to standard deviation 1; only shifted if they are almost equal.
    public static func normalized(_ advantages: [Float]) -> [Float] {
        guard !advantages.isEmpty else { return [] }
        let count = Double(advantages.count)
        let mean = advantages.reduce(0) { $0 + Double($1) } / count
        let variance = advantages.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / count
        let scale = variance > 1e-16 ? 1 / (variance.squareRoot() + 1e-8) : 1
        return advantages.map { Float((Double($0) - mean) * scale) }
    }
}

extension Rollout {
    /// Generalised advantages of all steps, [steps]. `values` are a baseline's of every step, `finals` of what followed each segment:
    /// used where an episode was cut off. At the episode limit nothing is added, because these agents maximise
    /// the return of an episode and their baseline knows the time.
    public func advantages(values: [Float], finals: [Float], discount: Float, lambda: Float) -> [Float] {
        var result = [Float](repeating: 0, count: steps)
        for (segment, final) in zip(segments, finals) {
            var terminated = [Bool](repeating: false, count: segment.rows.count)
            terminated[terminated.count - 1] = segment.end != .cut
            let found = generalizedAdvantages(
                rewards: Array(rewards[segment.rows]), values: Array(values[segment.rows]) + [final], terminated: terminated,
                gamma: discount, lambda: lambda)
            result.replaceSubrange(segment.rows, with: found)
        }
        return result
    }

    /// Normalised advantages [steps, 1] over a linear feature baseline fitted to this rollout.
    public func normalizedAdvantages(discount: Float, lambda: Float) -> Tensor {
        var baseline = LinearFeatureBaseline(observationSize: observations.columns)
        baseline.fit(self, discount: discount)
        let (values, finals) = baseline.values(self)
        let found = advantages(values: values, finals: finals, discount: discount, lambda: lambda)
        return Tensor(PolicyGradient.normalized(found), shape: [steps, 1])
    }
}
