import Core

/// Independent normal distributions; logStd is shaped as the mean or broadcasts to it ([actions]: independent of the state).
public struct DiagonalGaussian: Sendable {
    /// [batch, size]
    public let mean: Tensor
    /// [batch, size] or [size]
    public let logStd: Tensor

    public init(mean: Tensor, logStd: Tensor) {
        self.mean = mean
        self.logStd = logStd
    }

    /// log density of each row of x [batch, size]: [batch, 1].
    public func logProbability(of x: Tensor) -> Tensor {
        let deviation = (x - mean) / logStd.exp()
        return (deviation.squared() * -0.5 - logStd - 0.5 * logTwoPi).sum(axis: -1, keepingDimension: true)
    }

    /// [batch, 1]
    public var entropy: Tensor {
        (logStd + 0.5 * (1 + logTwoPi)).broadcast(to: mean.dimensions).sum(axis: -1, keepingDimension: true)
    }

    /// KL(self || other) of each row: [batch, 1].
    public func kl(to other: DiagonalGaussian) -> Tensor {
        let ratio = ((logStd - other.logStd) * 2).exp()
        let distance = ((mean - other.mean) / other.logStd.exp()).squared()
        return ((ratio + distance - 1) * 0.5 + other.logStd - logStd).sum(axis: -1, keepingDimension: true)
    }

    /// mean + std noise, differentiable.
    public func sample(noise: Tensor) -> Tensor { mean + logStd.exp() * noise }
}

/// A choice among the columns of each row.
public struct Categorical: Sendable {
    /// Normalised log probabilities, [batch, choices].
    public let logProbabilities: Tensor

    /// From unnormalised logits [batch, choices].
    public init(logits: Tensor) { logProbabilities = logits.logSoftmax() }

    /// [batch, choices]
    public var probabilities: Tensor { logProbabilities.exp() }
    /// log probability of one choice in each row: [batch, 1].
    public func logProbability(of choices: [Int]) -> Tensor { logProbabilities.picked(columns: choices) }
    /// [batch, 1]
    public var entropy: Tensor { -(probabilities * logProbabilities).sum(axis: -1, keepingDimension: true) }
    /// KL(self || other) of each row: [batch, 1].
    public func kl(to other: Categorical) -> Tensor {
        (probabilities * (logProbabilities - other.logProbabilities)).sum(axis: -1, keepingDimension: true)
    }

    /// One choice a row, by inverting the cumulative distribution at a uniform number.
    public func sample(using stream: inout RandomStream) -> [Int] {
        let p = withoutGradients { probabilities }, columns = p.columns
        return (0..<p.rows).map { row in
            let u = stream.uniform()
            var cumulative: Float = 0
            for column in 0..<columns {
                cumulative += p.pointer[row * columns + column]
                if u < cumulative { return column }
            }
            return (0..<columns).last { p.pointer[row * columns + $0] > 0 } ?? columns - 1
        }
    }
    /// The most likely choice of each row.
    public var mode: [Int] {
        let columns = logProbabilities.columns
        return (0..<logProbabilities.rows).map { row in
            (1..<max(columns, 1)).reduce(0) { best, column in
                logProbabilities.pointer[row * columns + column] > logProbabilities.pointer[row * columns + best] ? column : best
            }
        }
    }
}

/// A latent's posterior as PEARL infers it (Rakelly et al., 2019): the normalised product of one Gaussian factor per context
/// tuple; their order does not matter.
public struct GaussianPosterior: Sendable {
    /// [latent], or [tasks, latent]
    public let mean: Tensor
    /// [latent], or [tasks, latent]
    public let variance: Tensor

    /// Factor means and raw variances, both [tuples, latent] (or [tasks, tuples, latent]); a factor's variance is
    /// softplus(raw), at least 1e-7.
    public init(factorMean: Tensor, factorRaw: Tensor) {
        precondition(factorMean.rank >= 2 && factorMean.dimensions == factorRaw.dimensions,
                     "factors [tuples, latent] expected, not shapes \(factorMean.shape) and \(factorRaw.shape)")
        let precision = 1 / factorRaw.softplus().clamped(to: 1e-7...Float.infinity)
        variance = 1 / precision.sum(axis: -2)
        mean = variance * (factorMean * precision).sum(axis: -2)
    }
    /// From an inference network's output [tuples, 2 latent] (or [tasks, tuples, 2 latent]), means | raw variances.
    public init(factors: Tensor) {
        let latent = factors.columns / 2
        self.init(factorMean: factors.columns(0..<latent), factorRaw: factors.columns(latent..<(2 * latent)))
    }
    public init(mean: Tensor, variance: Tensor) {
        self.mean = mean
        self.variance = variance
    }
    /// N(0, I)
    public static func prior(latent: Int) -> GaussianPosterior {
        GaussianPosterior(mean: .zeros([latent]), variance: .ones([latent]))
    }

    /// KL to N(0, I), summed over everything: rank 0.
    public var klToPrior: Tensor { ((variance + mean.squared() - 1 - variance.log()) * 0.5).sum() }

    /// mean + sqrt(variance) noise; noise [latent], or [rows, latent] for a sample in each row.
    public func sample(noise: Tensor) -> Tensor { mean + variance.sqrt() * noise }
}
