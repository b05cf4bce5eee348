import Agents
import Core
import Learning

/// The meta-objective (Finn et al. 2017, equation 4): mean over tasks of the adapted policies' surrogate, with the mean over tasks of the
/// adapted policies' KL divergence from those that acted. Both are functions of the parameters before adaptation.
///
/// Each task is processed on one thread, any of them, and results are summed in the order of the tasks.
public struct AdaptedObjective: TrustRegionObjective, Sendable {
    /// Its parameters require gradients and are what the objective is a function of.
    public let policy: GaussianPolicy
    /// At least one.
    public let tasks: [AdaptedBatches]
    public let adaptation: InnerAdaptation
    /// Gradients of the inner steps count as constants.
    public let firstOrder: Bool
    public let threads: Int

    public init(policy: GaussianPolicy, tasks: [AdaptedBatches], adaptation: InnerAdaptation, firstOrder: Bool, threads: Int) {
        self.policy = policy
        self.tasks = tasks
        self.adaptation = adaptation
        self.firstOrder = firstOrder
        self.threads = threads
    }

    /// Rows below which the graphs of the divergences' gradients are kept for all products with vectors, about 35 kB for each row with two
    /// layers of 64; with more rows they are computed again for each product.
    private static let keptRows = 20_000

    public func surrogate() -> (loss: Float, gradient: [Tensor]) {
        let parts = mapInParallel(tasks.count, threads: threads) { index in
            let task = tasks[index]
            let loss = surrogate(of: adapted(to: task, throughGradients: !firstOrder), task)
            return (loss: loss.scalar, gradient: gradients(of: loss, withRespectTo: policy.parameters))
        }
        return (mean(parts.map(\.loss)), mean(parts.map(\.gradient)))
    }

    public func curvature() -> ([Tensor]) -> [Tensor] {
        let rows = tasks.reduce(0) { $0 + $1.outer.observations.rows }
        let kept = rows <= Self.keptRows ? mapInParallel(tasks.count, threads: threads) { divergenceSlope(tasks[$0]) } : nil
        return { vector in
            mean(mapInParallel(tasks.count, threads: threads) { index in
                directionalGradient(
                    of: kept?[index] ?? divergenceSlope(tasks[index]), along: vector, withRespectTo: policy.parameters)
            })
        }
    }

    public func evaluate() -> (loss: Float, kl: Float) {
        let parts = mapInParallel(tasks.count, threads: threads) { index in
            let task = tasks[index]
            let adapted = adapted(to: task, throughGradients: false)
            return withoutGradients { (loss: surrogate(of: adapted, task).scalar, kl: task.outer.divergence(of: adapted).scalar) }
        }
        return (mean(parts.map(\.loss)), mean(parts.map(\.kl)))
    }

    private func adapted(to task: AdaptedBatches, throughGradients: Bool) -> GaussianPolicy {
        adaptation.adapted(policy, to: task.inner, throughGradients: throughGradients)
    }

    /// -mean(pi'(a|s) / pi'_old(a|s) A) of an adapted policy.
    private func surrogate(of adapted: GaussianPolicy, _ task: AdaptedBatches) -> Tensor {
        PolicyGradient.likelihoodRatio(
            adapted(task.outer.observations), oldLogProbability: task.outer.oldLogProbability, actions: task.outer.actions,
            advantages: task.outer.advantages)
    }

    /// The divergence's gradient, to be differentiated again.
    private func divergenceSlope(_ task: AdaptedBatches) -> [Tensor] {
        let divergence = task.outer.divergence(of: adapted(to: task, throughGradients: !firstOrder))
        return gradients(of: divergence, withRespectTo: policy.parameters, createGraph: true)
    }

    private func mean(_ numbers: [Float]) -> Float {
        Float(numbers.reduce(0) { $0 + Double($1) } / Double(numbers.count))
    }

    /// The tasks' mean, parameter by parameter.
    private func mean(_ lists: [[Tensor]]) -> [Tensor] {
        let result = policy.parameters.map { Tensor.zeros($0.shape) }
        average(lists, into: result, weight: 1)
        return result
    }
}
