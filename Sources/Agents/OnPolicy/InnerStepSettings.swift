import Core

/// Settings of the agents that adapt by inner policy-gradient steps.
public protocol InnerStepSettings: AgentSettings {
    var hidden: [Int] { get set }
    var initialLogStd: Float { get set }
    var actionScale: Float { get set }
    var metaBatch: Int { get set }
    var taskSampling: TaskSampling { get set }
    var trajectories: Int { get set }
    var innerSteps: Int { get set }
    var innerStepSize: Float { get set }
    var discount: Float { get set }
    var gaeLambda: Float { get set }
    var adaptationTrajectories: Int { get set }
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
