import Core
import Foundation

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

    /// alpha as these settings start it, for one of several discrete actions. Throws `SettingError` where it is tuned to an entropy that no
    /// choice among them has.
    public func entropy(choices: Int) throws -> EntropyCoefficient {
        if entropyTuning == .automatic, !(0..<logf(Float(max(2, choices)))).contains(targetEntropy) {
            throw SettingError(
                "targetEntropy", "with \(choices) discrete actions at least 0 and below log(\(choices)) expected, found \(targetEntropy); "
                    + "or set entropyTuning to fixed")
        }
        return entropy(actionSize: 1)
    }
}
