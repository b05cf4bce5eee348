import Agents
import Core
import Learning

/// Hyperparameters of RL2 (Duan et al. 2016; Wang et al. 2016), trained by PPO (Schulman et al. 2017). Names in brackets are the papers' symbols.
public struct RL2Settings: AgentSettings {
    // Policy

    /// Units of the GRU.
    public var hiddenSize = 64
    /// First logarithm of the policy's standard deviation, in its normalised space.
    public var initialLogStd: Float = 0
    /// From the policy's normalised space to the environment's -1...1, where actions are clipped.
    public var actionScale: Float = 0.1

    // Trials

    /// Episodes of a trial [n]: its length is so many times the episode limit, and the hidden state is kept until its end.
    public var episodesPerTrial = 2
    /// Tasks of an iteration (the meta-batch).
    public var metaBatch = 40
    /// Trials of each of them.
    public var trialsPerTask = 1
    /// How an iteration's tasks are drawn: `balanced`, every training task equally often as far as possible, or `replacement`.
    public var taskDraw = TaskSampling.balanced

    // Advantages

    /// What is subtracted from returns: `valueHead`, an output of the GRU, or `linearFeatures`, least squares on each task's own trials.
    public var baseline = Baseline.valueHead
    /// Discount factor [gamma].
    public var discount: Float = 0.99
    /// Decay of generalised advantage estimation [lambda].
    public var gaeLambda: Float = 0.95

    // Proximal policy optimization

    /// Learning rate of Adam.
    public var learningRate: Float = 1e-3
    /// Passes over an iteration's trials.
    public var epochs = 5
    /// Adam steps of a pass; each takes its share of the trials, whole ones.
    public var minibatches = 1
    /// How far the likelihood ratio may go from 1 before the objective is flat [epsilon].
    public var clip: Float = 0.2
    /// Divergence from the policy that collected, KL(old || new), beyond which an iteration takes no more steps; 0 for no bound.
    ///
    /// The clipped objective alone does not bound it: once the standard deviation is small, small steps of the mean are large steps in KL divergence.
    public var maxKL: Float = 0
    /// Weight of the policy's entropy in the objective.
    public var entropyWeight: Float = 0
    /// Weight of the value head's squared error, measured in units of mean reward.
    public var valueWeight: Float = 0.5
    /// Largest norm of the gradient; larger ones are scaled down.
    public var maxGradientNorm: Float = 1

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public enum Baseline: String, Codable, CaseIterable, Sendable { case valueHead, linearFeatures }
}

extension RL2Settings {
    public func validate() throws {
        try SettingError.checkCounts([("hiddenSize", hiddenSize)], in: 1...4096)
        try SettingError.checkCounts([("episodesPerTrial", episodesPerTrial)], in: 1...100)
        try SettingError.checkCounts([("epochs", epochs)], in: 1...1000)
        try SettingError.checkCounts([("metaBatch", metaBatch), ("trialsPerTask", trialsPerTask), ("minibatches", minibatches)], in: 1...10_000)
        guard metaBatch * trialsPerTask <= 10_000 else {
            throw SettingError("trialsPerTask", "at most 10000 trials an iteration expected, found \(metaBatch) * \(trialsPerTask)")
        }
        try SettingError.checkPositive([("actionScale", actionScale), ("learningRate", learningRate), ("maxGradientNorm", maxGradientNorm)])
        try SettingError.checkNotNegative([("maxKL", maxKL), ("entropyWeight", entropyWeight), ("valueWeight", valueWeight)])
        try SettingError.checkFractions([("clip", clip)])
        try SettingError.checkInitialLogStd(initialLogStd)
        try SettingError.checkDiscount(discount)
        try SettingError.checkNumbers([("gaeLambda", gaeLambda)], in: 0...1)
    }
}
