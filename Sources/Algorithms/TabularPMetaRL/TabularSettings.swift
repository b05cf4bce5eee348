import Agents
import Core

/// The settings that all agents of this folder have: how their tables learn.
protocol TabularSettings: AgentSettings {
    /// Learning rate [alpha].
    var learningRate: Double { get }
    /// Discount factor [gamma].
    var discount: Double { get }
    /// Probability of a random action while learning [epsilon].
    var explorationRate: Double { get }
    /// Updates of a task in a round [R].
    var updatesPerRound: Int { get }
    /// Inner iterations in an update [K].
    var iterationsPerUpdate: Int { get }
    /// Episodes in an inner iteration [M]. The tables learn from every step of them.
    var episodesPerIteration: Int { get }
    /// Values of tables are kept within plus and minus this. A run whose tables reach it has diverged.
    var valueBound: Double { get }
}

extension TabularSettings {
    /// Throws `SettingError` unless all of these are in order.
    func validateTabular() throws {
        try SettingError.checkRates([("learningRate", learningRate)])
        try SettingError.checkDiscount(discount)
        try SettingError.checkNumbers([("explorationRate", explorationRate)], in: 0...1)
        try SettingError.checkCounts([
            ("updatesPerRound", updatesPerRound), ("iterationsPerUpdate", iterationsPerUpdate), ("episodesPerIteration", episodesPerIteration),
        ])
        try SettingError.checkPositive([("valueBound", valueBound)])
    }
}
