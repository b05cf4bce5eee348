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
}

extension Adam: StatefulObject {
    /// Steps, and both moments of each parameter in order: `0.first`, `0.second`, `1.first`, ...
    public func codeState(_ coder: StateCoder) throws {
        try coder.count("steps", &steps)
        try coder.tensors(parameters.indices.flatMap { [("\($0).first", first[$0]), ("\($0).second", second[$0])] })
    }
}
