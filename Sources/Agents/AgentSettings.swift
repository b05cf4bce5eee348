import Core
import Learning

/// The size of a run: `quick` is a test of minutes, `laptop` takes about ten minutes, `long` has the networks of `laptop` and the
/// environment steps that on-policy agents need, `paper` has the sizes of the papers.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters.
public protocol AgentSettings: ValidatedSettings {
    /// The defaults; `assets/presets/AGENT.yaml` says what presets and families change.
    init()

    /// How the keys differ from those in the configurations of older runs, which can be read all the same.
    static var changes: [SettingChange] { get }

    /// Of the agent's networks; a setting of every agent that has some.
    var precision: Precision { get }
}

extension AgentSettings {
    public static var changes: [SettingChange] { [] }
    public var precision: Precision { .float32 }
}

/// A setting that runs of an earlier version have and that no longer exists, or that they do not have because it came later.
public enum SettingChange: Sendable {
    /// The agent now always does what it did with `value`. `instead` tells users of other values what to do.
    case removed(_ key: String, value: String, instead: String)
    /// Earlier runs did what the agent now does with `value`, which is written as in YAML.
    case added(_ key: String, value: String)
}
