import Agents
import Core
import Learning

/// Hyperparameters of ProMP. Names in brackets are the symbols of the paper (Rothfuss et al. 2019, Algorithm 1).
public struct ProMPSettings: InnerStepSettings {
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
    /// Trajectories of a task before each inner step and after the last, in episode limits.
    public var trajectories = 20

    // Inner step

    /// Policy-gradient steps of adaptation.
    public var innerSteps = 1
    /// Step size of adaptation [alpha].
    public var innerStepSize: Float = 0.1
    /// Discount factor [gamma].
    public var discount: Float = 0.99
    /// Decay of generalised advantage estimation.
    public var gaeLambda: Float = 1

    // Outer steps

    /// Adam steps on an iteration's trajectories [N].
    public var outerSteps = 5
    /// Adam's learning rate [beta].
    public var learningRate: Float = 1e-3
    /// Clip range of the adapted policies' ratios [epsilon].
    public var clip: Float = 0.3
    /// Weight of the divergence before an inner step [eta]; at the start, where it is adaptive.
    public var innerKLPenalty: Float = 5e-4
    /// Target of the divergence: the weight is doubled or halved after an iteration to reach it. 0 keeps the weight fixed.
    public var innerKLTarget: Float = 0

    // Meta-test

    /// Episodes that each inner step of the meta-test learns from, for the policy `meta`. `meta-k2` always learns from two.
    public var adaptationTrajectories = 20

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    /// Equation (12).
    var adaptation: InnerAdaptation { InnerAdaptation(stepSize: innerStepSize, surrogate: .likelihoodRatio) }

    public func validate() throws {
        try validateInnerStep()
        try SettingError.checkCounts([("outerSteps", outerSteps)], in: 1...1000)
        try SettingError.checkPositive([("learningRate", learningRate)])
        try SettingError.checkFractions([("clip", clip)])
        try SettingError.checkNotNegative([("innerKLPenalty", innerKLPenalty), ("innerKLTarget", innerKLTarget)])
        if innerKLTarget > 0, innerKLPenalty == 0 {
            throw SettingError("innerKLPenalty", "a positive number expected if innerKLTarget is not 0, found 0")
        }
    }
}
