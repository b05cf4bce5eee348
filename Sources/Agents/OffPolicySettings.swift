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

/// Settings of the agents whose meta-test begins with z from the prior.
public protocol LatentAdaptationSettings: AgentSettings {
    var priorEpisodes: Int { get }
    var metaTestActing: ActingMode { get }
    var contextLengths: [Int] { get }
}

extension LatentAdaptationSettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateLatentAdaptation() throws {
        try SettingError.checkCounts([("priorEpisodes", priorEpisodes)])
        for length in contextLengths { try SettingError.checkCounts([("contextLengths", length)], in: 1...10_000) }
        guard Set(contextLengths).count == contextLengths.count else {
            throw SettingError("contextLengths", "different numbers expected, found \(contextLengths)")
        }
    }

    /// A further policy for each of `contextLengths`, that of `stem` after so many adaptation episodes: `meta-k5`.
    public func policyNames(_ stem: String) -> [(name: String, episodes: Int)] {
        contextLengths.map { ("\(stem)-k\($0)", $0) }
    }

    /// The meta-test of a policy and an encoder.
    public func adaptation(policy: any LatentPolicy, encoder: ContextEncoder, contextHasNext: Bool) -> LatentAdaptation {
        LatentAdaptation(
            policy: policy, encoder: encoder, contextHasNext: contextHasNext, priorEpisodes: priorEpisodes, acting: metaTestActing)
    }

    /// How many episodes a policy of `policyNames(stem)` adapts on, and how many of them with z from the prior; of any other policy the
    /// `episodes` that the evaluation allows.
    public func terms(of policy: String, stem: String, episodes: Int) -> (episodes: Int, priorEpisodes: Int) {
        policyNames(stem).first { $0.name == policy }.map { ($0.episodes, 1) } ?? (episodes, priorEpisodes)
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
            entropy: entropy(actionSize: action), precision: precision)
    }
}
