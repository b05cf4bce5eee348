import Agents
import Core

/// Hyperparameters of tabular pMeta-RL. Names in brackets are the symbols of the paper (equations 5-9).
public struct PMetaQSettings: TabularSettings {
    /// Where the personalized tables of a round start.
    public enum PersonalStart: String, Codable, Sendable, CaseIterable {
        /// At the meta table (Algorithm 1, line 7).
        case meta
        /// Where the round before left them, as in Algorithm 2 of the second paper, pGFlowMeta.
        case keep
    }

    /// Weight of the proximal term [lambda].
    public var proximalWeight = 10.0
    /// Learning rate of the personalized tables [alpha]. They diverge unless alpha * (1 + lambda) is below 2.
    public var learningRate = 0.1
    /// Learning rate of the auxiliary tables [eta]. They overshoot the personalized tables where eta * lambda is above 1, and diverge above 2.
    public var auxiliaryLearningRate = 0.1
    /// Weight of the tasks' mean in the meta update (9) [beta]. Above 1 the meta table goes beyond that mean.
    public var metaRate = 1.0
    /// Where the personalized tables of a round start; the auxiliary tables start at the meta table in both cases.
    public var personalStart = PersonalStart.keep
    /// Discount factor [gamma].
    public var discount = 0.95
    /// Probability of a random action while learning. Of actions with equal values one is drawn.
    public var explorationRate = 0.1
    /// Updates of a task in a round [R]: each learns from new episodes and moves the auxiliary table once.
    public var updatesPerRound = 3
    /// Inner iterations in an update [K].
    public var iterationsPerUpdate = 1
    /// Episodes in an inner iteration [M]. The tables learn from every step of them.
    public var episodesPerIteration = 10
    /// Values of tables are kept within plus and minus this. A run whose tables reach it has diverged.
    public var valueBound = 1e6

    public init() {}

    public func validate() throws {
        try validateTabular()
        try SettingError.checkNotNegative([("proximalWeight", proximalWeight)])
        try SettingError.checkPositive([("auxiliaryLearningRate", auxiliaryLearningRate), ("metaRate", metaRate)])
    }

    /// What a user should know of settings that are outside the range in which the updates are stable.
    var warnings: [String] {
        func text(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        var warnings: [String] = []
        let personal = learningRate * (1 + proximalWeight), auxiliary = auxiliaryLearningRate * proximalWeight
        if personal >= 2 {
            warnings.append("learningRate * (1 + proximalWeight) is \(text(personal)); from 2 on the personalized tables diverge")
        }
        if auxiliary > 1 {
            warnings.append(
                "auxiliaryLearningRate * proximalWeight is \(text(auxiliary)); above 1 the auxiliary tables overshoot the personalized ones")
        }
        if metaRate > 1 {
            warnings.append("metaRate is \(text(metaRate)); above 1 the meta table goes beyond the mean of the tasks' tables")
        }
        return warnings
    }
}
