import Learning

/// One step of trust-region policy optimisation (Schulman et al. 2015): along the natural gradient, found by conjugate gradients on
/// exact Hessian-vector products of the KL divergence, as far as the trust region allows, then back until the surrogate improves and the
/// divergence fits.
public struct TrustRegion: Sendable {
    /// Largest mean KL divergence of a step (delta).
    public var maxKL: Float = 0.01
    public var conjugateGradientIterations = 10
    /// Added to the Hessian's diagonal.
    public var damping: Float = 1e-5
    /// A rejected step is shortened by this factor ...
    public var backtrackRatio: Float = 0.8
    /// ... at most so often; after that the parameters stay unchanged.
    public var maxBacktracks = 15

    public init() {}

    /// The result of a step.
    public struct Outcome: Sendable {
        /// The surrogate before and after; the same where the step was rejected.
        public var lossBefore: Float
        public var lossAfter: Float
        /// Mean KL divergence after the step.
        public var kl: Float
        public var backtracks: Int
        public var isAccepted: Bool
    }

    /// Steps `parameters` in place. `loss` and `kl` evaluate the surrogate and the divergence from the policy before the step at the
    /// present values of the parameters, as graphs that reach `parameters`.
    public func step(_ parameters: [Tensor], loss: @escaping () -> Tensor, kl: @escaping () -> Tensor) -> Outcome {
        step(parameters, GraphObjective(parameters: parameters, loss: loss, kl: kl))
    }

    /// Steps `parameters`, which `objective` reads, in place.
    public func step(_ parameters: [Tensor], _ objective: some TrustRegionObjective) -> Outcome {
        let (before, gradient) = objective.surrogate()
        var outcome = Outcome(lossBefore: before, lossAfter: before, kl: 0, backtracks: 0, isAccepted: false)
        let product = objective.curvature()
        let curvature = { (vector: [Tensor]) in
            let image = product(vector)
            return withoutGradients { zip(image, vector).map { $0 + damping * $1 } }
        }
        let direction = conjugateGradient(curvature, gradient, iterations: conjugateGradientIterations)
        let length = dot(direction, curvature(direction))
        guard length > 0, length.isFinite else { return outcome }
        let scale = Float((2 * Double(maxKL) / length).squareRoot())
        let start = parameters.map { $0.detached().copied() }
        var fraction: Float = 1
        for backtracks in 0...maxBacktracks {
            for i in parameters.indices {
                parameters[i].copy(from: withoutGradients { start[i] - (scale * fraction) * direction[i] })
            }
            let (after, distance) = objective.evaluate()
            if after < before, distance <= maxKL {
                (outcome.lossAfter, outcome.kl) = (after, distance)
                (outcome.backtracks, outcome.isAccepted) = (backtracks, true)
                return outcome
            }
            fraction *= backtrackRatio
        }
        for i in parameters.indices { parameters[i].copy(from: start[i]) }
        outcome.backtracks = maxBacktracks
        return outcome
    }
}

/// What a trust-region step needs of an objective, always at the present values of the parameters.
public protocol TrustRegionObjective {
    /// The surrogate loss and its gradient.
    func surrogate() -> (loss: Float, gradient: [Tensor])
    /// Products of vectors with the Hessian of the mean KL divergence from the policy before the step. Asked for before the step.
    func curvature() -> ([Tensor]) -> [Tensor]
    /// The surrogate loss and the mean KL divergence from the policy before the step.
    func evaluate() -> (loss: Float, kl: Float)
}

/// An objective of two graphs.
private struct GraphObjective: TrustRegionObjective {
    let parameters: [Tensor]
    let loss: () -> Tensor
    let kl: () -> Tensor

    func surrogate() -> (loss: Float, gradient: [Tensor]) {
        let loss = loss()
        return (loss.scalar, gradients(of: loss, withRespectTo: parameters))
    }
    func curvature() -> ([Tensor]) -> [Tensor] {
        let slope = gradients(of: kl(), withRespectTo: parameters, createGraph: true)
        return { directionalGradient(of: slope, along: $0, withRespectTo: parameters) }
    }
    func evaluate() -> (loss: Float, kl: Float) { withoutGradients { (loss().scalar, kl().scalar) } }
}

/// The gradient of (slope . vector): a Hessian-vector product, from a gradient that can be differentiated.
public func directionalGradient(of slope: [Tensor], along vector: [Tensor], withRespectTo parameters: [Tensor]) -> [Tensor] {
    var inner = Tensor(0)
    for (g, v) in zip(slope, vector) { inner += (g * v).sum() }
    guard inner.requiresGradient else { return parameters.map { Tensor.zeros($0.shape) } }
    return gradients(of: inner, withRespectTo: parameters)
}

/// Solves A x = b for a symmetric positive definite A given by its products with vectors (Hestenes and Stiefel 1952). No
/// operand may require gradients.
public func conjugateGradient(
    _ product: ([Tensor]) -> [Tensor], _ b: [Tensor], iterations: Int, tolerance: Double = 1e-10
) -> [Tensor] {
    var x = b.map { Tensor.zeros($0.shape) }
    var residual = b, direction = b
    var norm = dot(residual, residual)
    for _ in 0..<iterations where norm > tolerance {
        let image = product(direction)
        let curvature = dot(direction, image)
        guard curvature > 0, curvature.isFinite else { break }
        let rate = Float(norm / curvature)
        x = zip(x, direction).map { $0 + rate * $1 }
        residual = zip(residual, image).map { $0 - rate * $1 }
        let next = dot(residual, residual)
        direction = zip(residual, direction).map { $0 + Float(next / norm) * $1 }
        norm = next
    }
    return x
}

/// Sum of the products of all elements.
private func dot(_ a: [Tensor], _ b: [Tensor]) -> Double {
    zip(a, b).reduce(0) { $0 + Double(($1.0 * $1.1).sum().scalar) }
}
