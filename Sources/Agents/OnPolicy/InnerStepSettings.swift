import Core

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
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkInitialLogStd(initialLogStd)
        try SettingError.checkCounts(
            [("metaBatch", metaBatch), ("trajectories", trajectories), ("adaptationTrajectories", adaptationTrajectories)], in: 1...10_000)
        try SettingError.checkCounts([("innerSteps", innerSteps)], in: 0...100)
        try SettingError.checkPositive([("actionScale", actionScale), ("innerStepSize", innerStepSize)])
        try SettingError.checkNumbers([("discount", discount), ("gaeLambda", gaeLambda)], in: 0...1)
    }
}

extension SettingError {
    /// The first logarithm of a Gaussian policy's standard deviation, the setting `initialLogStd`.
    public static func checkInitialLogStd(_ value: Float) throws {
        try checkNumbers([("initialLogStd", value)], in: -10...2)
    }
}
