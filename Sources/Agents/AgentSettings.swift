import Core

/// How much of the computing a preset spends: a smoke test of minutes, a laptop's coffee break, the laptop's networks with the
/// environment steps that on-policy agents need, or the paper's figures.
public enum Preset: String, Sendable, Codable, CaseIterable {
    case quick, laptop, long, paper
}

/// An agent's hyperparameters: a flat Codable struct of camelCase keys, every property with a default and a doc comment.
/// Configuration files and `--set key=value` address its properties by name.
public protocol AgentSettings: Codable, Sendable, Equatable {
    /// The settings for one family and preset; for a family that the agent has no entry for, its general defaults. The
    /// family's name only looks up a table of numbers here: the algorithm never sees it.
    static func preset(_ preset: Preset, family: String) -> Self
    /// Throws `SettingError` naming the key, its value and what would be right.
    func validate() throws
}

/// A setting that can't be right.
public struct SettingError: Error, CustomStringConvertible, ExitCodeProviding {
    /// The setting's name, camelCase.
    public var key: String
    /// What it is and what would be right.
    public var reason: String
    public init(_ key: String, _ reason: String) {
        self.key = key
        self.reason = reason
    }
    public var description: String { "setting '\(key)': \(reason)" }
    public var exitCode: Int32 { 64 }
}
