import Agents

/// Hyperparameters of q-averaging and q-per-task. Keys and defaults are those of tabular pMeta-RL for the same parts.
public struct QLearningSettings: TabularSettings {
    /// Learning rate [alpha].
    public var learningRate = 0.1
    /// Discount factor [gamma].
    public var discount = 0.95
    /// Probability of a random action while learning. Of actions with equal values one is drawn.
    public var explorationRate = 0.1
    /// Updates of a task in a round [R]. For q-per-task a round is only where it is evaluated.
    public var updatesPerRound = 3
    /// Inner iterations in an update [K].
    public var iterationsPerUpdate = 1
    /// Episodes in an inner iteration [M]. The tables learn from every step of them.
    public var episodesPerIteration = 10
    /// Values of tables are kept within plus and minus this. A run whose tables reach it has diverged.
    public var valueBound = 1e6

    public init() {}
    public func validate() throws { try validateTabular() }
}
