import Agents
import Core

/// An agent type as the command line knows it: by name, with its settings as keys and values.
public struct AgentEntry: Sendable {
    /// As in commands: `pmeta-rl`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What its budget is counted in.
    public let budgetUnit: BudgetUnit
    /// Where its presets are read from; nil where it has none, so that every preset has the defaults.
    public internal(set) var presets: PresetFile?

    private let encodeDefaults: @Sendable () throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue
    private let makeAgent: @Sendable (Problem, ConfigurationValue, RandomStreams) throws -> any Agent

    public init<Type: Agent>(_ type: Type.Type) {
        name = Type.name
        summary = Type.summary
        budgetUnit = Type.budgetUnit
        encodeDefaults = { try ConfigurationValue(encoding: Type.Settings()) }
        check = { try $0.check(Type.Settings.self, origin: $1) }
        makeAgent = { problem, value, random in
            try Type(problem: problem, settings: value.decode(Type.Settings.self, origin: .program), random: random)
        }
    }

    /// Every setting with its default, in the order in which the agent declares them.
    public func defaults() throws -> ConfigurationValue { try encodeDefaults() }

    /// The settings of a preset with `overrides` laid over them, later ones winning, all of them checked and each value written in one way.
    /// Throws `ConfigurationError` naming file and line or option, the key, its value, what was expected, and for an unknown key the nearest
    /// one.
    public func settings(preset: Preset, family: String, overrides: [SettingOverride] = []) throws -> ConfigurationValue {
        var value = try encodeDefaults()
        if let presets {
            for override in try presets.overrides(preset: preset, family: family, settings: value.keys) { try value.overlay(override) }
            value = try check(value, .file(presets.path))
        }
        for override in overrides { try value.overlay(override) }
        return try check(value, overrides.last?.origin ?? .program)
    }

    /// Checks settings read from a run's configuration: exactly the agent's keys, of the right types, and valid.
    public func validate(_ settings: ConfigurationValue, origin: ConfigurationOrigin) throws {
        _ = try check(settings, origin)
    }

    /// Makes the agent from settings that were checked before.
    public func make(problem: Problem, settings: ConfigurationValue, random: RandomStreams) throws -> any Agent {
        try makeAgent(problem, settings, random)
    }
}
