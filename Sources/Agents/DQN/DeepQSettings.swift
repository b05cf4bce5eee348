import Core

/// What the end of an episode at its limit means for the value of its last observation.
public enum TruncationValue: String, Codable, CaseIterable, Sendable {
    /// It has one: the state is not terminal.
    case bootstrap
    /// It has none, as if the state were terminal.
    case terminal
}

/// Settings of the agents that learn with `QLearner`. `DQNSettings` explains the keys.
public protocol DeepQSettings: AgentSettings {
    var hidden: [Int] { get }
    var learningRate: Float { get }
    var batchSize: Int { get }
    var discount: Float { get }
    var returnSteps: Int { get }
    var doubleLearning: Bool { get }
    var truncation: TruncationValue { get }
    var targetInterval: Int { get }
    var replayCapacity: Int { get }
    var priorityExponent: Float { get }
    var importanceExponent: Float { get }
    var exploration: ActionExploration { get }
    var meanHold: Float { get }
    var epsilonStart: Float { get }
    var epsilonEnd: Float { get }
    var copies: Int { get }
    var initialSteps: Int { get }
    var iterationsPerRound: Int { get }
    var updatesPerIteration: Int { get }
}

extension DeepQSettings {
    /// Throws `SettingError` for the keys of this protocol.
    public func validateDeepQ() throws {
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkPositive([("learningRate", learningRate)])
        try SettingError.checkDiscount(discount)
        try SettingError.checkCounts([("batchSize", batchSize)], in: 1...65_536)
        try SettingError.checkCounts([("returnSteps", returnSteps), ("copies", copies)], in: 1...1000)
        try SettingError.checkCounts([("replayCapacity", replayCapacity)], in: 1...50_000_000)
        try SettingError.checkCounts([("initialSteps", initialSteps)], in: 1...50_000_000)
        try SettingError.checkCounts([
            ("targetInterval", targetInterval), ("iterationsPerRound", iterationsPerRound), ("updatesPerIteration", updatesPerIteration),
        ])
        try SettingError.checkNumbers(
            [
                ("priorityExponent", priorityExponent), ("importanceExponent", importanceExponent), ("epsilonStart", epsilonStart),
                ("epsilonEnd", epsilonEnd),
            ], in: 0...1)
        try SettingError.checkNumbers([("meanHold", meanHold)], in: 1...1_000_000)
    }
}
