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

    private let encodePreset: @Sendable (Preset, String) throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> Void
    private let makeAgent: @Sendable (Problem, ConfigurationValue, RandomStreams) throws -> any Agent

    public init<Type: Agent>(_ type: Type.Type) {
        name = Type.name
        summary = Type.summary
        budgetUnit = Type.budgetUnit
        encodePreset = { preset, family in
            try ConfigurationValue(encoding: Type.Settings.preset(preset, family: family))
        }
        check = { try $0.check(Type.Settings.self, origin: $1) }
        makeAgent = { problem, value, random in
            try Type(problem: problem, settings: value.decode(Type.Settings.self, origin: .program), random: random)
        }
    }

    /// Every setting of a preset, in the order in which the agent declares them.
    public func settings(preset: Preset, family: String) throws -> ConfigurationValue {
        try encodePreset(preset, family)
    }

    /// The preset's settings with `overrides` laid over them, later ones winning, all of them checked.
    /// Throws `ConfigurationError` naming the key, its value, what was expected, and for an unknown key the nearest one.
    public func settings(preset: Preset, family: String, overrides: [SettingOverride]) throws -> ConfigurationValue {
        var value = try encodePreset(preset, family)
        for override in overrides { try value.overlay(override) }
        try check(value, overrides.last?.origin ?? .program)
        return value
    }

    /// Checks settings read from a run's configuration: exactly the agent's keys, of the right types, and valid.
    public func validate(_ settings: ConfigurationValue, origin: ConfigurationOrigin) throws {
        try check(settings, origin)
    }

    /// Makes the agent from settings that were checked before.
    public func make(problem: Problem, settings: ConfigurationValue, random: RandomStreams) throws -> any Agent {
        try makeAgent(problem, settings, random)
    }
}
