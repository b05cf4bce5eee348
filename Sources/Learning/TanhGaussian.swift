import CKernels

/// A Gaussian squashed into (-1, 1) by tanh: soft actor-critic's policy (Haarnoja et al., 2018, appendix C).
///
///     let policy = TanhGaussian(parameters: actor(observations))           // [batch, 2 actions]: mean | log std
///     let (action, logProbability) = policy.sample(noise: .normal([batch, actions], using: &stream))
public struct TanhGaussian: Sendable {
    /// [batch, 2 actions]: mean | log standard deviation, not clipped yet.
    let parameters: Tensor
    /// Where the log standard deviation is clipped; its gradient is 0 outside.
    let range: ClosedRange<Float>

    public static let logStdRange: ClosedRange<Float> = -20...2

    /// From a network's output [batch, 2 actions], mean | log std, the latter clipped to [-20, 2].
    public init(parameters: Tensor) {
        precondition(parameters.rank == 2 && parameters.columns.isMultiple(of: 2), "mean | log std expected, not shape \(parameters.shape)")
        self.parameters = parameters
        range = TanhGaussian.logStdRange
    }
    /// Both [batch, actions]; nothing is clipped.
    public init(mean: Tensor, logStd: Tensor) {
        parameters = concatenated([mean, logStd])
        range = -Float.infinity...Float.infinity
    }

    var size: Int { parameters.columns / 2 }
    /// Before the squash, [batch, actions].
    public var mean: Tensor { parameters.columns(0..<size) }
    /// [batch, actions], clipped.
    public var logStd: Tensor { parameters.columns(size..<(2 * size)).clamped(to: range) }
    /// The deterministic action, tanh of the mean.
    public var mode: Tensor { mean.tanh() }

    /// Action [batch, actions] and log probability [batch, 1] of u = mean + std noise squashed, with noise [batch, actions] held
    /// fixed: sum of log N(u) - log(1 - a^2 + 1e-6). One pass forward, one backward.
    public func sample(noise: Tensor) -> (action: Tensor, logProbability: Tensor) {
        precondition(noise.rows == parameters.rows && noise.columns == size, "noise of shape \(noise.shape) for a policy of \(size) actions")
        let packed = Tensor(uninitialized: .matrix(parameters.rows, size + 1))
        gk_tanh_gaussian(parameters.pointer, noise.pointer, range.lowerBound, range.upperBound, packed.pointer, parameters.rows, size)
        let noise = noise.detached(), range = range, size = size
        let result = recorded(packed, [parameters], if: parameters.requiresGradient) { dy, node, pass in
            let parameters = node.inputs[0]
            if pass.createGraph {
                pass.add(plainGradient(dy, at: parameters) { TanhGaussian.plain($0, noise, range) }, to: parameters)
            } else {
                let result = Tensor(uninitialized: parameters.dimensions)
                gk_tanh_gaussian_gradient(dy.pointer, parameters.pointer, noise.pointer, range.lowerBound, range.upperBound,
                                          result.pointer, parameters.rows, size)
                pass.add(result, to: parameters)
            }
        }
        return (result.columns(0..<size), result.columns(size..<(size + 1)))
    }

    /// The same in ordinary operations, which can be differentiated again: action | log probability.
    private static func plain(_ parameters: Tensor, _ noise: Tensor, _ range: ClosedRange<Float>) -> Tensor {
        let size = noise.columns
        let mean = parameters.columns(0..<size), logStd = parameters.columns(size..<(2 * size)).clamped(to: range)
        let action = (mean + logStd.exp() * noise).tanh()
        let terms = noise.squared() * -0.5 - logStd - 0.5 * logTwoPi - (1 - action.squared() + 1e-6).log()
        return concatenated([action, terms.sum(axis: 1, keepingDimension: true)])
    }
}

/// log(2 pi)
let logTwoPi: Float = 1.837877066
