import Core
import Environments

/// A family type as the command line knows it: by name, with its settings as keys and values.
public struct FamilyEntry: Sendable {
    /// As in commands: `half-cheetah-vel`.
    public let name: String
    /// One sentence.
    public let summary: String
    /// What reports call it where nobody says otherwise; nil: its name.
    public private(set) var standardName: String?
    /// SHA-256 of the file of a family that is a program of its own.
    public private(set) var hash: String?
    /// MuJoCo simulates it, so that another version of MuJoCo gives other episodes.
    public let usesMuJoCo: Bool

    private let encodeDefaults: @Sendable () throws -> ConfigurationValue
    private let check: @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue
    private let makeFamily: @Sendable (ConfigurationValue?, FamilyAssets) throws -> any TaskFamily

    public init<Family: TaskFamily>(_ type: Family.Type, usesMuJoCo: Bool = false) {
        self.usesMuJoCo = usesMuJoCo
        name = Family.name
        summary = Family.summary
        encodeDefaults = { try ConfigurationValue(encoding: Family.Settings()) }
        check = { try $0.check(Family.Settings.self, origin: $1) }
        makeFamily = { value, assets in
            let settings = try value?.decode(Family.Settings.self, origin: .program) ?? Family.Settings()
            return try Family(settings: settings, assets: assets)
        }
    }

    /// A family that is no type of this program; see `AgentEntry`.
    public init(
        name: String, summary: String, standardName: String, hash: String, defaults: ConfigurationValue,
        check: @escaping @Sendable (ConfigurationValue, ConfigurationOrigin) throws -> ConfigurationValue,
        make: @escaping @Sendable (ConfigurationValue, FamilyAssets) throws -> any TaskFamily
    ) {
        usesMuJoCo = false
        self.name = name
        self.summary = summary
        self.standardName = standardName
        self.hash = hash
        encodeDefaults = { defaults }
        self.check = check
        makeFamily = { try make($0 ?? defaults, $1) }
    }

    /// Every setting with its default, in the order in which the family declares them; an empty mapping where it has none.
    public func settings() throws -> ConfigurationValue { try encodeDefaults() }

    /// The defaults with `overrides` laid over them, later ones winning, all of them checked. Keys are those of the family, without
    /// the `family.` of the command line. Throws `ConfigurationError` naming the key, its value, what was expected, and for an unknown
    /// key the nearest one.
    public func settings(overrides: [SettingOverride]) throws -> ConfigurationValue {
        var value = try encodeDefaults()
        for override in overrides { try value.overlay(override) }
        return try check(value, overrides.last?.origin ?? .program)
    }

    /// Checks settings read from a run's configuration: exactly the family's keys, of the right types, and valid.
    public func validate(_ settings: ConfigurationValue, origin: ConfigurationOrigin) throws { _ = try check(settings, origin) }

    /// Makes the family; touches no file. `settings` were checked before; nil means the defaults.
    public func make(settings: ConfigurationValue? = nil, assets: FamilyAssets) throws -> any TaskFamily {
        try makeFamily(settings, assets)
    }
}
