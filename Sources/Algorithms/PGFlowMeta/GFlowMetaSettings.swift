import Agents
import Core
import Learning

/// Hyperparameters of gflow-meta. The defaults are the paper's (Table 2) where it has them.
public struct GFlowMetaSettings: AdaptingFlowSettings {
    /// How a task's network is updated.
    public enum Optimizer: String, Codable, Sendable, CaseIterable {
        case adam
        /// Plain gradient descent, as Algorithm 1 has it.
        case gradientDescent
    }

    /// Hidden layers of all networks.
    public var hidden = [256, 256]
    public var optimizer = Optimizer.adam
    /// Learning rate of the optimizer.
    public var learningRate: Float = 1e-3
    /// Adam's learning rate of log Z, which only trajectory balance learns.
    public var partitionLearningRate: Float = 0.1
    /// Trajectories of an update, the paper's K.
    public var batchTrajectories = 16
    /// `flowMatching`, `plainFlowMatching` (as printed in the paper), `trajectoryBalance` or `subTrajectoryBalance`.
    public var loss = FlowLoss.flowMatching
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    public var subTrajectoryDecay = 0.9
    /// Updates of each task in a round, R.
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
        if optimizer == .gradientDescent && loss == .trajectoryBalance {
            throw SettingError("optimizer", "'adam' expected with trajectory balance, whose log Z has a learning rate of its own")
        }
    }
}
