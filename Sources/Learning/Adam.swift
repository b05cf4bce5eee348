import CKernels
import Core
import Foundation

/// Adam (Kingma and Ba, 2015) with PyTorch's arithmetic, writing to the parameters in place.
public final class Adam {
    /// What it writes to, without history.
    public let parameters: [Tensor]
    public var learningRate: Float
    public let beta1, beta2, epsilon: Float
    /// Steps taken since the start or the last reset.
    public private(set) var steps = 0
    private let first: [Tensor]
    private let second: [Tensor]

    public init(_ parameters: [Tensor], learningRate: Float, beta1: Float = 0.9, beta2: Float = 0.999, epsilon: Float = 1e-8) {
        self.parameters = parameters.map { $0.detached() }
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        first = parameters.map { Tensor.full(0, $0.dimensions) }
        second = parameters.map { Tensor.full(0, $0.dimensions) }
    }

    /// One step along `gradients`, in the parameters' order.
    public func step(_ gradients: [Tensor]) {
        let kernel = nextStep(gradients)
        for i in parameters.indices {
            let p = parameters[i]
            gk_adam_step(kernel, p.pointer, first[i].pointer, second[i].pointer, gradients[i].pointer, p.count)
        }
    }

    /// One step with a pull to auxiliary parameters beside it (deep pMeta-RL, equations 12 and 13), in one pass over memory:
    /// p <- p - Adam's step - proximalRate (p - a), both from p and a before the step; then a <- a - auxiliaryRate (a - p).
    /// In the paper's letters proximalRate is alpha lambda and auxiliaryRate eta lambda.
    public func step(_ gradients: [Tensor], auxiliary: [Tensor], proximalRate: Float, auxiliaryRate: Float) {
        precondition(auxiliary.count == parameters.count, "\(auxiliary.count) auxiliary tensors for \(parameters.count) parameters")
        let kernel = nextStep(gradients)
        for i in parameters.indices {
            let p = parameters[i]
            precondition(auxiliary[i].dimensions == p.dimensions, "auxiliary shape \(auxiliary[i].shape) for a parameter of shape \(p.shape)")
            gk_adam_proximal_step(kernel, p.pointer, first[i].pointer, second[i].pointer, gradients[i].pointer, auxiliary[i].pointer,
                                  proximalRate, auxiliaryRate, p.count)
        }
    }

    private func nextStep(_ gradients: [Tensor]) -> gk_adam {
        precondition(gradients.count == parameters.count, "\(gradients.count) gradients for \(parameters.count) parameters")
        for (g, p) in zip(gradients, parameters) {
            precondition(g.dimensions == p.dimensions, "a gradient of shape \(g.shape) for a parameter of shape \(p.shape)")
        }
        steps += 1
        let t = Double(steps)
        let stepSize = Double(learningRate) / (1 - pow(Double(beta1), t))
        let correction = 1 / (1 - pow(Double(beta2), t)).squareRoot()
        return gk_adam(step_size: Float(stepSize), beta1: beta1, beta2: beta2, epsilon: epsilon,
                       second_correction: Float(correction))
    }

    /// Forgets the moments and the step count.
    public func reset() {
        steps = 0
        for moment in first + second { gk_fill(moment.pointer, 0, moment.count) }
    }

    /// Steps and both moments of each parameter, `prefix`.0.first and so on.
    public func store(in state: inout StateDictionary, at prefix: String) {
        state.store(steps, at: "\(prefix).steps")
        for i in parameters.indices {
            state.store(first[i].array, shape: first[i].shape, at: "\(prefix).\(i).first")
            state.store(second[i].array, shape: second[i].shape, at: "\(prefix).\(i).second")
        }
    }
    /// Throws `StateError` where an entry is missing or has another shape; then nothing is changed.
    public func restore(from state: StateDictionary, at prefix: String) throws {
        let steps = try state.integer("\(prefix).steps")
        guard steps >= 0 else { throw StateError.invalid("\(prefix).steps", "a count expected, \(steps) found") }
        let firsts = try first.enumerated().map { try state.floats("\(prefix).\($0).first", shape: $1.shape) }
        let seconds = try second.enumerated().map { try state.floats("\(prefix).\($0).second", shape: $1.shape) }
        self.steps = steps
        for i in parameters.indices {
            first[i].copy(from: firsts[i])
            second[i].copy(from: seconds[i])
        }
    }
}
