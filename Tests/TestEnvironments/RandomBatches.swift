import Agents
import Core
import Learning

/// Batches of random numbers as a small policy and its adapted ones would have collected them, to check meta-gradients on.
public enum RandomBatches {
    public static func policy(seed: UInt64 = 3) -> GaussianPolicy {
        var random = RandomStream(seed: seed)
        return GaussianPolicy(inputs: 2, hidden: [4], actionSize: 2, initialLogStd: -0.3, using: &random)
    }

    /// One of `steps` steps, as `policy` would have acted.
    public static func batch(_ policy: GaussianPolicy, steps: Int = 40, using random: inout RandomStream) -> PolicyBatch {
        let observations = Tensor.normal([steps, 2], using: &random)
        let noise = Tensor.normal([steps, 2], using: &random)
        let actions = withoutGradients { policy(observations).sample(noise: noise) }
        let half = steps / 2
        let rollout = Rollout(
            observations: observations, actions: actions, rewards: Tensor.normal([steps], using: &random).array,
            segments: [.init(rows: 0..<half, end: .truncated), .init(rows: half..<steps, end: .terminated)],
            finalObservations: Tensor.normal([2, 2], using: &random), unstableEpisodes: 0)
        return PolicyBatch(rollout, collectedBy: policy, discount: 0.9, lambda: 1)
    }

    /// `count` tasks, with a batch before each inner step and one after the last.
    public static func tasks(
        _ policy: GaussianPolicy, _ adaptation: InnerAdaptation, count: Int, innerSteps: Int, seed: UInt64 = 9
    ) -> [AdaptedBatches] {
        var random = RandomStream(seed: seed)
        return (0..<count).map { slot in
            var acting = policy, inner: [PolicyBatch] = []
            for _ in 0..<innerSteps {
                inner.append(batch(acting, using: &random))
                acting = adaptation.adapted(acting, to: [inner[inner.count - 1]], throughGradients: false).trainableCopy()
            }
            return AdaptedBatches(slot: slot, inner: inner, outer: batch(acting, using: &random))
        }
    }

    /// Moves a policy's parameters by `scale` times random numbers, in place.
    public static func perturb(_ policy: GaussianPolicy, scale: Float, seed: UInt64) {
        var random = RandomStream(seed: seed)
        for parameter in policy.parameters {
            parameter.copy(from: withoutGradients { parameter + scale * Tensor.normal(parameter.shape, using: &random) })
        }
    }

    /// Central differences of `value`, a function of the policy's parameters, in every one of them.
    public static func differences(_ policy: GaussianPolicy, by step: Float = 5e-3, _ value: () -> Float) -> [[Float]] {
        policy.parameters.map { parameter in
            let start = parameter.array
            return start.indices.map { i in
                var moved = start
                moved[i] = start[i] + step
                parameter.copy(from: moved)
                let above = value()
                moved[i] = start[i] - step
                parameter.copy(from: moved)
                let below = value()
                parameter.copy(from: start)
                return (above - below) / (2 * step)
            }
        }
    }

    /// The largest distance between numbers of `found`, one tensor a parameter, and those of `expected`.
    public static func largestError(_ found: [Tensor], _ expected: [[Float]]) -> Float {
        largestDistance(found.flatMap { $0.array }, expected.flatMap { $0 })
    }
}
