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
    /// Episodes that each inner step of the meta-test learns from, for the policy `meta`.
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

extension InnerStepSettings {
    /// Name of the policy that adapts on two episodes, as many as the agents that infer a latent get.
    public static var policyOfTwoEpisodes: String { AgentPolicy.metaName + "-k2" }

    /// The meta-policy after inner steps on `adaptationTrajectories` episodes each, as in the authors' meta-test, and the one
    /// after inner steps on two; only the first where both are the same. Titles say the number of episodes.
    public var policies: [AgentPolicy] {
        let names = [AgentPolicy.metaName] + (adaptationTrajectories == 2 || innerSteps == 0 ? [] : [Self.policyOfTwoEpisodes])
        return names.map { name in
            let episodes = innerSteps * trajectories(adaptingAs: name), plural = episodes == 1 ? "" : "s"
            return .adapted(name, title: "meta-policy, after \(episodes) adaptation episode\(plural)")
        }
    }

    /// Episodes that each inner step of the meta-test learns from, for one of `policies`.
    public func trajectories(adaptingAs policy: String) -> Int { policy == Self.policyOfTwoEpisodes ? 2 : adaptationTrajectories }
}

extension SettingError {
    /// The first logarithm of a Gaussian policy's standard deviation, the setting `initialLogStd`.
    public static func checkInitialLogStd(_ value: Float) throws {
        try checkNumbers([("initialLogStd", value)], in: -10...2)
    }
}
