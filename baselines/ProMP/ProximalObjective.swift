import Agents
import Core
import Learning

/// The meta-objective (Rothfuss et al. 2019, equations 13-15): mean over tasks of the clipped surrogate of the adapted policy, plus a
/// penalty on how far the policies before each inner step went from those that acted. A loss: the paper's, negated.
///
/// Each task is processed on one thread, any of them, and results are summed in the order of the tasks.
public struct ProximalObjective: Sendable {
    /// Its parameters require gradients and are what the objective is a function of.
    public let policy: GaussianPolicy
    /// At least one.
    public let tasks: [AdaptedBatches]
    public let adaptation: InnerAdaptation
    /// Largest difference of a ratio from 1 that is rewarded [epsilon].
    public let clip: Float
    public let threads: Int

    public init(policy: GaussianPolicy, tasks: [AdaptedBatches], adaptation: InnerAdaptation, clip: Float, threads: Int) {
        self.policy = policy
        self.tasks = tasks
        self.adaptation = adaptation
        self.clip = clip
        self.threads = threads
    }

    /// Means over tasks.
    public struct Terms: Sendable {
        /// The clipped surrogate, negated.
        public var surrogate: Float = 0
        /// Divergence of the policies before each inner step from those that acted, mean over the steps.
        public var innerKL: Float = 0
        /// Divergence of the adapted policies from those that acted.
        public var outerKL: Float = 0
    }

    /// The gradient of surrogate + klPenalty * sum of the inner divergences.
    public func gradient(klPenalty: Float) -> (terms: Terms, gradient: [Tensor]) {
        let parts = mapInParallel(tasks.count, threads: threads) { index in
            let task = tasks[index]
            let path = adaptation.path(from: policy, task.inner, throughGradients: true)
            let surrogate = surrogate(of: path[path.count - 1], task)
            let divergence = innerDivergence(path, task)
            let loss = klPenalty > 0 ? surrogate + klPenalty * divergence : surrogate
            let terms = Terms(surrogate: surrogate.scalar, innerKL: divergence.scalar / Float(max(1, task.inner.count)))
            return (terms: terms, gradient: gradients(of: loss, withRespectTo: policy.parameters))
        }
        let mean = policy.parameters.map { Tensor.zeros($0.shape) }
        average(parts.map(\.gradient), into: mean, weight: 1)
        return (self.mean(parts.map(\.terms)), mean)
    }

    public func evaluate() -> Terms {
        mean(mapInParallel(tasks.count, threads: threads) { index in
            let task = tasks[index]
            let path = adaptation.path(from: policy, task.inner, throughGradients: false), adapted = path[path.count - 1]
            return withoutGradients {
                Terms(
                    surrogate: surrogate(of: adapted, task).scalar,
                    innerKL: innerDivergence(path, task).scalar / Float(max(1, task.inner.count)),
                    outerKL: task.outer.divergence(of: adapted).scalar)
            }
        })
    }

    /// Equation (14), of the adapted policy.
    private func surrogate(of adapted: GaussianPolicy, _ task: AdaptedBatches) -> Tensor {
        PolicyGradient.clippedRatio(
            adapted(task.outer.observations), oldLogProbability: task.outer.oldLogProbability, actions: task.outer.actions,
            advantages: task.outer.advantages, clip: clip)
    }

    /// Sum over the inner steps of the mean divergence before the step: rank 0.
    private func innerDivergence(_ path: [GaussianPolicy], _ task: AdaptedBatches) -> Tensor {
        zip(path, task.inner).reduce(Tensor(0)) { $0 + $1.1.divergence(of: $1.0) }
    }

    private func mean(_ terms: [Terms]) -> Terms {
        let count = Float(terms.count)
        return Terms(
            surrogate: terms.reduce(0) { $0 + $1.surrogate } / count, innerKL: terms.reduce(0) { $0 + $1.innerKL } / count,
            outerKL: terms.reduce(0) { $0 + $1.outerKL } / count)
    }
}
