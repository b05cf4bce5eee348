import CKernels

// Updates of parameters in place, one pass over memory each.

/// Plain gradient descent.
public final class SGD {
    public let parameters: [Tensor]
    public var learningRate: Float

    public init(_ parameters: [Tensor], learningRate: Float) {
        self.parameters = parameters.map { $0.detached() }
        self.learningRate = learningRate
    }
    /// p <- p - learningRate g
    public func step(_ gradients: [Tensor]) {
        precondition(gradients.count == parameters.count, "\(gradients.count) gradients for \(parameters.count) parameters")
        for (p, g) in zip(parameters, gradients) {
            precondition(g.dimensions == p.dimensions, "a gradient of shape \(g.shape) for a parameter of shape \(p.shape)")
            gk_axpy(-learningRate, g.pointer, p.pointer, p.count)
        }
    }
}

/// target <- target + rate (source - target), each.
public func softUpdate(_ targets: [Tensor], toward sources: [Tensor], rate: Float) {
    precondition(targets.count == sources.count, "\(targets.count) targets, \(sources.count) sources")
    for (target, source) in zip(targets, sources) {
        precondition(target.dimensions == source.dimensions, "a source of shape \(source.shape) for a target of shape \(target.shape)")
        gk_blend(target.pointer, source.pointer, rate, target.count)
    }
}

/// The common Euclidean norm of all tensors; not finite where one of their numbers is not.
public func euclideanNorm(_ tensors: [Tensor]) -> Float {
    Float(tensors.reduce(0) { $0 + gk_sum_of_squares($1.pointer, $1.count) }.squareRoot())
}

/// Scales all gradients, in place, so that their common Euclidean norm is at most `maxNorm`. Returns the norm before.
@discardableResult
public func clipGradients(_ gradients: [Tensor], maxNorm: Float) -> Float {
    let norm = euclideanNorm(gradients)
    if norm > maxNorm {
        let scale = maxNorm / (norm + 1e-6)
        for g in gradients { gk_scale(g.pointer, scale, 0, g.pointer, g.count) }
    }
    return norm
}

/// meta <- (1 - beta) meta + beta * the mean of the lists (deep pMeta-RL, equation 14).
public func average(_ lists: [[Tensor]], into meta: [Tensor], weight beta: Float) {
    precondition(!lists.isEmpty && lists.allSatisfy { $0.count == meta.count }, "lists of \(meta.count) tensors to average expected")
    for i in meta.indices {
        let target = meta[i], mean = Tensor.full(0, target.dimensions)
        for list in lists {
            precondition(list[i].dimensions == target.dimensions, "shape \(list[i].shape) averaged into \(target.shape)")
            gk_axpy(1 / Float(lists.count), list[i].pointer, mean.pointer, target.count)
        }
        gk_blend(target.pointer, mean.pointer, beta, target.count)
    }
}
