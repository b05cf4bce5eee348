import Agents
import Core

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

    public init() {}

    public func validate() throws {
        guard !hidden.isEmpty, hidden.allSatisfy({ (1...4096).contains($0) }) else {
            throw SettingError("hidden", "one or more layer sizes in 1...4096 expected, found \(hidden)")
        }
        guard (1...1_000_000_000).contains(stepsPerTask) else {
            throw SettingError("stepsPerTask", "a whole number in 1...1000000000 expected, found \(stepsPerTask)")
        }
        for (key, value) in [("actionScale", actionScale), ("learningRate", learningRate)] where !(value > 0 && value.isFinite) {
            throw SettingError(key, "a positive number expected, found \(value)")
        }
        guard adaptationRate >= 0, adaptationRate.isFinite else {
            throw SettingError("adaptationRate", "a number of at least 0 expected, found \(adaptationRate)")
        }
        for (key, value) in [("discount", discount), ("traceDecay", traceDecay)] where !(0...1).contains(value) {
            throw SettingError(key, "a number in 0...1 expected, found \(value)")
        }
    }
}
