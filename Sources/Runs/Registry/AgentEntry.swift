import Agents
import Core

/// An agent type as the command line knows it: by name, with its settings as keys and values.
public struct AgentEntry: Sendable {
    /// As in commands: `pmeta-rl`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// Where its presets are read from; nil where it has none, so that every preset has the defaults.
    public internal(set) var presets: PresetFile?

    private let encodeDefaults: @Sendable () throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue
    private let makeAgent: @Sendable (MetaProblem, ConfigurationValue, RandomStreams) throws -> any MetaAgent

    public init<Agent: MetaAgent>(_ type: Agent.Type) {
        name = Agent.name
        summary = Agent.summary
        encodeDefaults = { try ConfigurationValue(encoding: Agent.Settings()) }
        check = { try $0.check(Agent.Settings.self, origin: $1) }
        makeAgent = { problem, value, random in
            try Agent(problem: problem, settings: value.decode(Agent.Settings.self, origin: .program), random: random)
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
    public func make(problem: MetaProblem, settings: ConfigurationValue, random: RandomStreams) throws -> any MetaAgent {
        try makeAgent(problem, settings, random)
    }
}
