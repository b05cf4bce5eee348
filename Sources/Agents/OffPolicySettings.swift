import Core

/// Settings of the agents that train soft actor-critic from replay buffers, conditioned on a latent z.
public protocol OffPolicySettings: AgentSettings {
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
    var latentSize: Int { get }
    var encoderHidden: [Int] { get }
    var encoderLearningRate: Float { get }
    var latentWeight: Float { get }
}

extension OffPolicySettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateOffPolicy() throws {
        try SettingError.checkCounts([("batchSize", batchSize), ("replayCapacity", replayCapacity), ("initialSteps", initialSteps)])
        try SettingError.checkDiscount(discount)
        try SettingError.checkRates([("targetRate", targetRate)])
        try SettingError.checkPositive([
            ("rewardScale", rewardScale), ("entropyCoefficient", entropyCoefficient), ("entropyLearningRate", entropyLearningRate),
            ("encoderLearningRate", encoderLearningRate),
        ])
        try SettingError.checkNotNegative([("policyRegularization", policyRegularization), ("latentWeight", latentWeight)])
        try SettingError.checkFinite([("targetEntropy", targetEntropy)])
        try SettingError.checkCounts([("latentSize", latentSize)], in: 1...4096)
        try SettingError.checkLayers([("encoderHidden", encoderHidden)])
    }

    /// alpha as these settings start it, for actions of so many columns.
    public func entropy(actionSize: Int) -> EntropyCoefficient {
        EntropyCoefficient(
            entropyTuning, value: entropyCoefficient, targetEntropy: targetEntropy, actionSize: actionSize,
            learningRate: entropyLearningRate)
    }
}

/// Settings of the agents whose meta-test begins with z from the prior.
public protocol LatentAdaptationSettings: AgentSettings {
    var priorEpisodes: Int { get }
    var metaTestActing: ActingMode { get }
}

extension LatentAdaptationSettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateLatentAdaptation() throws {
        try SettingError.checkCounts([("priorEpisodes", priorEpisodes)])
    }

    /// The meta-test of an actor and an encoder.
    public func adaptation(
        actor: TanhGaussianActor, encoder: ContextEncoder, contextHasNext: Bool, contextReward: ContextReward = .given
    ) -> LatentAdaptation {
        LatentAdaptation(
            actor: actor, encoder: encoder, contextHasNext: contextHasNext, contextReward: contextReward,
            priorEpisodes: priorEpisodes, acting: metaTestActing)
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
