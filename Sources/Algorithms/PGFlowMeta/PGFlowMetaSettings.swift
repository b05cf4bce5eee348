import Agents
import Core
import Learning

/// Hyperparameters of pgflow-meta. The defaults are the paper's (Table 2) where it has them.
public struct PGFlowMetaSettings: AdaptingFlowSettings {
    /// Where the personalized networks of a round start.
    public enum Start: String, Codable, Sendable, CaseIterable {
        /// Where they were at the end of the round before.
        case keep
        /// At the meta network.
        case meta
    }

    // Networks and losses

    /// Hidden layers of all networks.
    public var hidden = [256, 256]
    /// Adam's learning rate of the personalized networks, alpha. It is also the factor of the pull's strength.
    public var learningRate: Float = 1e-3
    /// Adam's learning rate of log Z, which only trajectory balance learns.
    public var partitionLearningRate: Float = 0.1
    /// Trajectories of an update, the paper's K.
    public var batchTrajectories = 16
    /// `flowMatching`, `plainFlowMatching` (as printed in the paper), `trajectoryBalance` or `subTrajectoryBalance`.
    public var loss = FlowLoss.flowMatching
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    public var subTrajectoryDecay = 0.9

    // Personalization

    /// Updates of each task in a round, R.
    public var updatesPerRound = 20
    /// Gradient steps of the personalized network on the trajectories of one update.
    public var innerSteps = 1
    /// Gradient steps on one update's trajectories end where the gradient's norm, the pull included, is at most this, delta of
    /// Theorem 1; 0 for never.
    public var gradientTolerance: Float = 0
    /// Strength of the pull between a personalized network and its auxiliary network, lambda.
    public var proximalWeight: Float = 15
    /// Learning rate of the auxiliary networks, eta.
    public var auxiliaryLearningRate: Float = 0.005
    /// Share of the auxiliary networks' mean in the new meta network, beta; above 1 it goes beyond the mean.
    public var metaRate: Float = 1
    public var personalStart = Start.keep

    // Evaluation

    /// For each number, a policy that has adapted to its task by so many updates: `meta-u5` after 5.
    public var adaptationUpdates = [1, 5, 20]

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try validateFlows()
        try validateAdaptation()
        try SettingError.checkCounts([("updatesPerRound", updatesPerRound), ("innerSteps", innerSteps)])
        try SettingError.checkNotNegative([("gradientTolerance", gradientTolerance), ("proximalWeight", proximalWeight)])
        try SettingError.checkPositive([("auxiliaryLearningRate", auxiliaryLearningRate), ("metaRate", metaRate)])
        try SettingError.checkPull([("learningRate", learningRate), ("auxiliaryLearningRate", auxiliaryLearningRate)], weight: proximalWeight)
    }
}
