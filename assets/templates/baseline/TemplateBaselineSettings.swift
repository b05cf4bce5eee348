import Agents
import Core
import Learning

/// Hyperparameters of template-baseline: the keys of `--set` and of a run's config.yaml.
public struct TemplateBaselineSettings: AgentSettings {
    /// Hidden layers of the policy.
    public var hidden = [64, 64]
    /// Factor from the policy's normalised actions to the environment's.
    public var actionScale: Float = 1
    /// Environment steps a task collects for an update, about.
    public var stepsPerTask = 2000
    /// Learning rate of Adam.
    public var learningRate: Float = 3e-3
    /// Learning rate of the step that adapts to a task.
    public var adaptationRate: Float = 0.05
    /// Discount factor.
    public var discount: Float = 0.99
    /// Weight of longer sums in generalised advantages, 0...1.
    public var traceDecay: Float = 0.97

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkCounts([("stepsPerTask", stepsPerTask)])
        try SettingError.checkPositive([("actionScale", actionScale), ("learningRate", learningRate)])
        try SettingError.checkNotNegative([("adaptationRate", adaptationRate)])
        try SettingError.checkNumbers([("discount", discount), ("traceDecay", traceDecay)], in: 0...1)
    }
}
