import Agents
import Core
import Learning

/// Hyperparameters of sac-per-task. Keys, defaults and presets are those of deep pMeta-RL for the same parts.
public struct SACPerTaskSettings: SoftActorCriticSettings {
    // Networks and soft actor-critic

    /// Hidden layers of the actor.
    public var actorHidden = [512, 512]
    /// Hidden layers of each critic.
    public var criticHidden = [512, 512]
    /// Learning rate of the actor.
    public var actorLearningRate: Float = 1e-3
    /// Learning rate of the critics.
    public var criticLearningRate: Float = 1e-3
    /// Transitions in a mini-batch.
    public var batchSize = 256
    /// Transitions that a task's replay buffer holds.
    public var replayCapacity = 100_000
    /// Discount factor.
    public var discount: Float = 0.99
    /// Rate at which target critics follow the critics.
    public var targetRate: Float = 0.005
    /// Weight of the mean squares of the policy's mean and log standard deviation in the actor's loss.
    public var policyRegularization: Float = 1e-3

    // Entropy

    /// `automatic`: the entropy coefficient is tuned to the target entropy; `fixed`: it stays at `entropyCoefficient`.
    public var entropyTuning = EntropyTuning.automatic
    /// Fixed entropy coefficient, or the first value of the tuned one.
    public var entropyCoefficient: Float = 0.2
    /// Target entropy per action dimension of the tuned coefficient.
    public var targetEntropy: Float = -1
    /// Learning rate of the tuned coefficient.
    public var entropyLearningRate: Float = 1e-3
    /// Factor on rewards in the critics' targets.
    public var rewardScale: Float = 1

    // Schedule

    /// Updates of each task in a round. The agent can be evaluated at the end of a round; nothing else happens there.
    public var updatesPerRound = 50
    /// Environment steps per task and update.
    public var stepsPerUpdate = 1
    /// Environment steps per task before its first update.
    public var initialSteps = 1000

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try validateSoftActorCritic()
        try SettingError.checkLayers([("actorHidden", actorHidden), ("criticHidden", criticHidden)])
        try SettingError.checkCounts([("updatesPerRound", updatesPerRound), ("stepsPerUpdate", stepsPerUpdate)])
        try SettingError.checkPositive([("actorLearningRate", actorLearningRate), ("criticLearningRate", criticLearningRate)])
    }
}
