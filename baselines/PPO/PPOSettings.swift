import Agents
import Core
import Learning

/// Hyperparameters of ppo. The defaults are those that Bengio et al. 2021 compare GFlowNets with; networks and batches are those of pgflow-meta.
public struct PPOSettings: AgentSettings {
    /// Hidden layers of the policy and of the value network.
    public var hidden = [256, 256]
    /// Adam's learning rate of both.
    public var learningRate: Float = 1e-3
    /// Trajectories of an update.
    public var batchTrajectories = 16
    /// Gradient steps on the trajectories of one update.
    public var passes = 32
    /// How far a probability ratio may leave 1 and still be followed.
    public var clip: Float = 0.2
    /// Weight of the policy's entropy.
    public var entropyWeight: Float = 0.1
    /// Weight of the value network's loss.
    public var valueWeight: Float = 0.5
    /// Discount factor.
    public var discount: Float = 0.99
    /// Updates of each task in a round. The agent can be evaluated at the end of a round; nothing else happens there.
    public var updatesPerRound = 20

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkPositive([("learningRate", learningRate), ("clip", clip)])
        try SettingError.checkCounts([("batchTrajectories", batchTrajectories), ("passes", passes), ("updatesPerRound", updatesPerRound)])
        try SettingError.checkNotNegative([("entropyWeight", entropyWeight), ("valueWeight", valueWeight)])
        try SettingError.checkDiscount(discount)
    }
}
