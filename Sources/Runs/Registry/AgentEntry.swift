import Agents
import Core
import Learning

/// An agent type as the command line knows it: by name, with its settings as keys and values.
public struct AgentEntry: Sendable {
    /// As in commands: `pmeta-rl`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What its budget can be counted in, the usual unit first.
    public let budgetUnits: [BudgetUnit]
    /// Where its presets are read from; nil where it has none, so that every preset has the defaults.
    public internal(set) var presets: PresetFile?
    /// What reports call it where nobody says otherwise; nil: its name.
    public private(set) var standardName: String?
    /// SHA-256 of the file of an agent that is a program of its own.
    public private(set) var hash: String?

    private let encodeDefaults: @Sendable () throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue
    private let changes: [SettingChange]
    private let makeAgent: @Sendable (Problem, ConfigurationValue, RandomStreams) throws -> any Agent

    public init<Type: Agent>(_ type: Type.Type) {
        name = Type.name
        summary = Type.summary
        budgetUnits = Type.budgetUnits
        encodeDefaults = { try ConfigurationValue(encoding: Type.Settings()) }
        changes = Type.Settings.changes
        isBuiltIn = true
        check = { try $0.check(Type.Settings.self, origin: $1) }
        makeAgent = { problem, value, random in
            let settings = try value.decode(Type.Settings.self, origin: .program)
            try settings.precision.requireAvailable()
            return try Type(problem: problem, settings: settings, random: random)
        }
    }

    /// An agent that is no type of this program. `check` gives settings in the one way in which they are written, or throws
    /// `ConfigurationError`; `standardName` is what reports call it, and `hash` is of the file that it is.
    public init(
        name: String, summary: String, budgetUnits: [BudgetUnit] = [.steps], standardName: String, hash: String, defaults: ConfigurationValue,
        presets: PresetFile?, check: @escaping @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue,
        make: @escaping @Sendable (Problem, ConfigurationValue, RandomStreams) throws -> any Agent
    ) {
        self.name = name
        self.summary = summary
        self.budgetUnits = budgetUnits
        self.standardName = standardName
        self.hash = hash
        self.presets = presets
        encodeDefaults = { defaults }
        changes = []
        isBuiltIn = false
        self.check = check
        makeAgent = make
    }

    /// Names of the units that its budget can be counted in, for messages: `steps or trajectories`.
    func unitNames(prefix: String = "") -> String { budgetUnits.map { prefix + $0.rawValue }.joined(separator: " or ") }

    /// Every setting with its default, in the order in which the agent declares them.
    public func defaults() throws -> ConfigurationValue { try encodeDefaults() }

    /// Whether it has networks whose products can be computed in another precision.
    public var hasPrecision: Bool { get throws { try isBuiltIn && defaults().keys.contains("precision") } }
    /// A type of this program.
    private let isBuiltIn: Bool

    /// The settings of a preset with `overrides` laid over them, later ones winning, all of them checked and each value written in one way.
    /// Throws `ConfigurationError` naming file and line or option, the key, its value, what was expected, and for an unknown key the nearest
    /// one.
    public func settings(preset: Preset, family: String, overrides: [SettingOverride] = []) throws -> ConfigurationValue {
        var value = try encodeDefaults()
        if let presets {
            let family = Registry.standardName(family)
            for override in try presets.overrides(preset: preset, family: family, settings: value.keys) { try value.overlay(override) }
            value = try check(value, .file(presets.path))
        }
        for override in overrides { try value.overlay(override) }
        return try check(value, overrides.last?.origin ?? .program)
    }

    /// Settings from a run's configuration, checked: exactly the agent's keys, of the right types, and valid. Those of older runs are
    /// brought up to date first (`AgentSettings.changes`).
    public func settings(ofRun settings: ConfigurationValue, origin: ConfigurationOrigin) throws -> ConfigurationValue {
        try check(upToDate(settings, origin: origin), origin)
    }

    /// Throws `ConfigurationError` where a setting that was removed had another value than the one that the agent still has.
    func upToDate(_ settings: ConfigurationValue, origin: ConfigurationOrigin) throws -> ConfigurationValue {
        guard case .mapping(var fields) = settings.content else { return settings }
        for change in try changes + (hasPrecision ? [.added("precision", value: Precision.float32.rawValue)] : []) {
            switch change {
            case .removed(let key, let value, let instead):
                guard let field = fields.first(where: { $0.key == key }) else { continue }
                guard field.value.inline == value else {
                    throw ConfigurationError(
                        origin: origin, line: field.value.line, key: key,
                        reason: "\(name) no longer has this setting, and the run does not have its only remaining value, \(value); \(instead)")
                }
                fields.removeAll { $0.key == key }
            case .added(let key, let value):
                if !fields.contains(where: { $0.key == key }) { fields.append(.init(key, try ConfigurationValue(yaml: value, origin: origin))) }
            }
        }
        var result = settings
        result.content = .mapping(fields)
        return result
    }

    /// The same for the settings of a run in a report's raw data: by key, each on one line. Throws as the other.
    public func upToDate(_ settings: [String: String]) throws -> [String: String] {
        let fields = settings.sorted { $0.key < $1.key }.map { ConfigurationValue.Field($0.key, .plain($0.value)) }
        let current = try upToDate(ConfigurationValue(.mapping(fields)), origin: .program).fields
        return Dictionary(uniqueKeysWithValues: current.map { ($0.key, $0.value.inline) })
    }

    /// Makes the agent from settings that were checked before.
    public func make(problem: Problem, settings: ConfigurationValue, random: RandomStreams) throws -> any Agent {
        try makeAgent(problem, settings, random)
    }
}
