import Core

/// The size of a run: `quick` is a test of minutes, `laptop` takes about ten minutes, `long` has the networks of `laptop` and the
/// environment steps that on-policy agents need, `paper` has the sizes of the papers.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters.
public protocol AgentSettings: ValidatedSettings {
    /// The defaults; `assets/presets/AGENT.yaml` says what presets and families change.
    init()
}
