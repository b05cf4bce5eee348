import Core

/// How much of the computing a preset spends: a smoke test of minutes, a laptop's coffee break, the laptop's networks with the
/// environment steps that on-policy agents need, or the paper's figures.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters.
public protocol AgentSettings: ValidatedSettings {
    /// The defaults; `assets/presets/AGENT.yaml` says what presets and families change.
    init()
}
