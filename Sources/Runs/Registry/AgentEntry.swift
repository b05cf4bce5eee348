import Agents
import Core

/// An agent type as the command line knows it: by name, with its settings as keys and values.
public struct AgentEntry: Sendable {
    /// As in commands: `pmeta-rl`.
    public let name: String
    /// One sentence.
    public let summary: String

    private let encodePreset: @Sendable (Preset, String) throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> Void
    private let makeAgent: @Sendable (MetaProblem, ConfigurationValue, RandomStreams) throws -> any MetaAgent

    public init<Agent: MetaAgent>(_ type: Agent.Type) {
        name = Agent.name
        summary = Agent.summary
        encodePreset = { preset, family in
            try ConfigurationValue(encoding: Agent.Settings.preset(preset, family: family))
        }
        check = { try $0.check(Agent.Settings.self, origin: $1) }
        makeAgent = { problem, value, random in
            try Agent(problem: problem, settings: value.decode(Agent.Settings.self, origin: .program), random: random)
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
    public func make(problem: MetaProblem, settings: ConfigurationValue, random: RandomStreams) throws -> any MetaAgent {
        try makeAgent(problem, settings, random)
    }
}
