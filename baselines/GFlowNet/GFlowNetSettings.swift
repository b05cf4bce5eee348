import Agents
import Core
import Learning

/// Hyperparameters of gflownet. Keys and defaults are those of pgflow-meta for the same parts.
public struct GFlowNetSettings: AdaptingFlowSettings {
    /// Hidden layers of the network.
    public var hidden = [256, 256]
    /// Adam's learning rate.
    public var learningRate: Float = 1e-3
    /// Adam's learning rate of log Z, which only trajectory balance learns.
    public var partitionLearningRate: Float = 0.1
    /// Trajectories of an update, from each task.
    public var batchTrajectories = 16
    /// `flowMatching`, `plainFlowMatching`, `trajectoryBalance` or `subTrajectoryBalance`.
    public var loss = FlowLoss.flowMatching
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    public var subTrajectoryDecay = 0.9
    /// Updates in a round. The agent can be evaluated at the end of a round; nothing else happens there.
    public var updatesPerRound = 20
    /// For each number, a policy that has adapted to its task by so many updates: `meta-u5` after 5.
    public var adaptationUpdates = [1, 5, 20]

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try validateFlows()
        try validateAdaptation()
        try SettingError.checkCounts([("updatesPerRound", updatesPerRound)])
    }
}

/// Hyperparameters of gflownet-per-task. Keys and defaults are those of pgflow-meta for the same parts.
public struct GFlowNetPerTaskSettings: FlowSettings {
    /// Hidden layers of each task's network.
    public var hidden = [256, 256]
    /// Adam's learning rate.
    public var learningRate: Float = 1e-3
    /// Adam's learning rate of log Z, which only trajectory balance learns.
    public var partitionLearningRate: Float = 0.1
    /// Trajectories of an update.
    public var batchTrajectories = 16
    /// `flowMatching`, `plainFlowMatching`, `trajectoryBalance` or `subTrajectoryBalance`.
    public var loss = FlowLoss.flowMatching
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    public var subTrajectoryDecay = 0.9
    /// Updates of each task in a round. The agent can be evaluated at the end of a round; nothing else happens there.
    public var updatesPerRound = 20

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try validateFlows()
        try SettingError.checkCounts([("updatesPerRound", updatesPerRound)])
    }
}
