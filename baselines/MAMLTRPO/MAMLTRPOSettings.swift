import Agents
import Core
import Learning

/// Hyperparameters of MAML with a trust-region outer step. Names in brackets are the symbols of the paper (Finn et al. 2017, Algorithm 3).
public struct MAMLTRPOSettings: InnerStepSettings {
    // Policy

    /// Hidden tanh layers of the policy's mean.
    public var hidden = [64, 64]
    /// Logarithm of the standard deviation at the start, in the policy's normalised space. It does not depend on the state and is
    /// learned and adapted like every other parameter.
    public var initialLogStd: Float = 0
    /// Factor from the policy's normalised actions to the environment's -1...1.
    public var actionScale: Float = 0.1

    // An iteration

    /// Tasks of an iteration.
    public var metaBatch = 40
    /// How an iteration's tasks are drawn: `balanced` (every task equally often) or `replacement` (each at random).
    public var taskSampling = TaskSampling.replacement
    /// Trajectories of a task before each inner step and after the last, in episode limits [K].
    public var trajectories = 20

    // Inner step

    /// Policy-gradient steps of adaptation. 0 is plain TRPO on all tasks at once.
    public var innerSteps = 1
    /// Step size of adaptation [alpha].
    public var innerStepSize: Float = 0.1
    /// Loss of an inner step: `logLikelihood` (equation 4) or `likelihoodRatio` (ProMP's, of other curvature).
    public var innerSurrogate = InnerSurrogate.logLikelihood
    /// Leaves the second derivatives out of the meta-gradient.
    public var firstOrder = false
    /// Discount factor [gamma].
    public var discount: Float = 0.99
    /// Decay of generalised advantage estimation [lambda].
    public var gaeLambda: Float = 1

    // Outer step: trust-region policy optimisation (Schulman et al. 2015)

    /// Largest mean KL divergence of the adapted policies in a step [delta].
    public var maxKL: Float = 0.01
    /// Iterations of conjugate gradients.
    public var conjugateGradientIterations = 10
    /// Added to the diagonal of the KL's Hessian.
    public var damping: Float = 1e-5
    /// A rejected step is shortened by this factor ...
    public var backtrackRatio: Float = 0.8
    /// ... at most so often; after that the parameters stay unchanged.
    public var maxBacktracks = 15

    // Meta-test

    /// Episodes that each inner step of the meta-test learns from, for the policy `meta`. `meta-k2` always learns from two.
    public var adaptationTrajectories = 20

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    package var trustRegion: TrustRegion {
        var region = TrustRegion()
        region.maxKL = maxKL
        region.conjugateGradientIterations = conjugateGradientIterations
        region.damping = damping
        region.backtrackRatio = backtrackRatio
        region.maxBacktracks = maxBacktracks
        return region
    }

    public func validate() throws {
        try validateInnerStep()
        try SettingError.checkPositive([("maxKL", maxKL)])
        try SettingError.checkNotNegative([("damping", damping)])
        try SettingError.checkFractions([("backtrackRatio", backtrackRatio)])
        try SettingError.checkCounts(
            [("conjugateGradientIterations", conjugateGradientIterations), ("maxBacktracks", maxBacktracks)], in: 1...1000)
    }
}
