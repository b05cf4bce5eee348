import Core

/// Settings of the agents that condition soft actor-critic on a latent z.
public protocol OffPolicySettings: SoftActorCriticSettings {
    var latentSize: Int { get }
    var encoderHidden: [Int] { get }
    var encoderLearningRate: Float { get }
    var latentWeight: Float { get }
}

extension OffPolicySettings {
    /// Throws `SettingError` for the keys of this protocol and those of `SoftActorCriticSettings`.
    public func validateOffPolicy() throws {
        try validateSoftActorCritic()
        try SettingError.checkPositive([("encoderLearningRate", encoderLearningRate)])
        try SettingError.checkNotNegative([("latentWeight", latentWeight)])
        try SettingError.checkCounts([("latentSize", latentSize)], in: 1...4096)
        try SettingError.checkLayers([("encoderHidden", encoderHidden)])
    }
}

/// Settings of the agents that train a `LatentActorCritic` in iterations, on batches of several tasks.
public protocol LatentActorCriticSettings: OffPolicySettings {
    var hidden: [Int] { get }
    var learningRate: Float { get }
    var collectionTasks: Int { get }
    var updatesPerIteration: Int { get }
    var metaBatch: Int { get }
}

extension LatentActorCriticSettings {
    /// Throws `SettingError` for the keys of this protocol and those of `OffPolicySettings`.
    public func validateLatentActorCritic() throws {
        try validateOffPolicy()
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkPositive([("learningRate", learningRate)])
        try SettingError.checkCounts([
            ("collectionTasks", collectionTasks), ("updatesPerIteration", updatesPerIteration), ("metaBatch", metaBatch),
        ])
    }

    /// Of a policy conditioned on z; `observation` and `action` are columns.
    public func latentActorCritic(observation: Int, action: Int) -> LatentActorCriticOptions {
        LatentActorCriticOptions(
            observation: observation, action: action, latent: latentSize, hidden: hidden, learningRate: learningRate,
            discount: discount, targetRate: targetRate, rewardScale: rewardScale, policyRegularization: policyRegularization,
            entropy: entropy(actionSize: action))
    }
}
