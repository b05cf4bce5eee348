import Core

/// Settings of the agents that train soft actor-critic from replay buffers.
public protocol SoftActorCriticSettings: AgentSettings {
    var batchSize: Int { get }
    var replayCapacity: Int { get }
    var initialSteps: Int { get }
    var discount: Float { get }
    var targetRate: Float { get }
    var rewardScale: Float { get }
    var policyRegularization: Float { get }
    var entropyTuning: EntropyTuning { get }
    var entropyCoefficient: Float { get }
    var targetEntropy: Float { get }
    var entropyLearningRate: Float { get }
}

extension SoftActorCriticSettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateSoftActorCritic() throws {
        try SettingError.checkCounts([("batchSize", batchSize), ("replayCapacity", replayCapacity), ("initialSteps", initialSteps)])
        try SettingError.checkDiscount(discount)
        try SettingError.checkRates([("targetRate", targetRate)])
        try SettingError.checkPositive([
            ("rewardScale", rewardScale), ("entropyCoefficient", entropyCoefficient), ("entropyLearningRate", entropyLearningRate),
        ])
        try SettingError.checkNotNegative([("policyRegularization", policyRegularization)])
        try SettingError.checkFinite([("targetEntropy", targetEntropy)])
    }

    /// alpha as these settings start it, for actions of so many columns.
    public func entropy(actionSize: Int) -> EntropyCoefficient {
        EntropyCoefficient(
            entropyTuning, value: entropyCoefficient, targetEntropy: targetEntropy, actionSize: actionSize,
            learningRate: entropyLearningRate)
    }
}
