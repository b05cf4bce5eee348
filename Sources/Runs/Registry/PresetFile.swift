import Agents
import Foundation

/// An agent's file of presets, read once when it is first needed.
public final class PresetFile: @unchecked Sendable {
    public let path: String
    /// For messages about misspelt ones.
    private let families: [String]
    private let lock = NSLock()
    private var content: AgentPresets?

    public init(path: String, families: [String]) {
        self.path = path
        self.families = families
    }

    /// Whether there is such a file; where there is none, the agent's defaults serve for every preset.
    public var isThere: Bool { access(path, F_OK) == 0 }

    /// What a preset changes for a family, later entries winning; nothing where the file is missing. Throws `ConfigurationError` or
    /// `GaitError.input` for mistakes anywhere in the file, settings that are none of `settings` included.
    func overrides(preset: Preset, family: String, settings: [String]) throws -> [SettingOverride] {
        guard isThere else { return [] }
        return try lock.withLock {
            let presets = try content ?? AgentPresets(contentsOf: path)
            try presets.check(settings: settings, families: families, family: family)
            content = presets
            return presets.overrides(preset: preset, family: family)
        }
    }
}
