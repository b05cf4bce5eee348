import Core

/// How much of the computing a preset spends: a smoke test of minutes, a laptop's coffee break, the laptop's networks with the
/// environment steps that on-policy agents need, or the paper's figures.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters.
public protocol AgentSettings: ValidatedSettings {
    /// The settings for one family and preset; for a family that the agent has no entry for, its general defaults. The
    /// family's name only looks up a table of numbers here: the algorithm never sees it.
    static func preset(_ preset: Preset, family: String) -> Self
}
