import Core

/// How an iteration's tasks are drawn from the training tasks.
public enum TaskSampling: String, Codable, Sendable {
    /// Every task equally often, as far as the meta-batch allows; the rest is drawn at random without repetition.
    case balanced
    /// Each independently, as in the papers' code.
    case replacement
}

/// Settings of the agents that adapt by inner policy-gradient steps.
public protocol InnerStepSettings: AgentSettings {
    var hidden: [Int] { get }
    var initialLogStd: Float { get }
    var actionScale: Float { get }
    var metaBatch: Int { get }
    var taskSampling: TaskSampling { get }
    var trajectories: Int { get }
    var innerSteps: Int { get }
    var innerStepSize: Float { get }
    var discount: Float { get }
    var gaeLambda: Float { get }
    var adaptationTrajectories: Int { get }
}

extension InnerStepSettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateInnerStep() throws {
        guard !hidden.isEmpty, hidden.allSatisfy({ (1...4096).contains($0) }) else {
            throw SettingError("hidden", "one or more layer sizes in 1...4096 expected, found \(hidden)")
        }
        guard (-10...2).contains(initialLogStd) else {
            throw SettingError("initialLogStd", "a number in -10...2 expected, found \(initialLogStd)")
        }
        let counts = [("metaBatch", metaBatch), ("trajectories", trajectories), ("adaptationTrajectories", adaptationTrajectories)]
        for (key, value) in counts where !(1...10_000).contains(value) {
            throw SettingError(key, "a whole number in 1...10000 expected, found \(value)")
        }
        guard (0...100).contains(innerSteps) else {
            throw SettingError("innerSteps", "a whole number in 0...100 expected, found \(innerSteps)")
        }
        for (key, value) in [("actionScale", actionScale), ("innerStepSize", innerStepSize)] where !(value > 0 && value.isFinite) {
            throw SettingError(key, "a positive number expected, found \(value)")
        }
        for (key, value) in [("discount", discount), ("gaeLambda", gaeLambda)] where !(0...1).contains(value) {
            throw SettingError(key, "a number in 0...1 expected, found \(value)")
        }
    }
}
