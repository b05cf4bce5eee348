import Agents
import Core
import Foundation

/// What an agent's presets change: the content of `assets/presets/AGENT.yaml`.
///
///     small:                       # a group that presets build on
///       default: {hidden: [64, 64], learningRate: 1e-3}
///     quick:                       # a preset
///       like: small
///       default: {batchSize: 32}   # for every family
///       half-cheetah-vel: {batchSize: 64}   # for one family, on top
///
/// Later settings replace earlier ones: what `like` names, the preset's own `default`, its own entry for the family.
/// `include: FILE` at the top takes in another file's groups; each of them is laid under the group of the same name here.
public struct AgentPresets: Sendable {
    public let path: String
    private var groups: [String: Group] = [:]

    private struct Group: Sendable {
        /// Group to start from, and where that is written.
        var like: (name: String, file: String, line: Int?)?
        /// An included file's entries before this file's.
        var layers: [Layer] = []
        var file: String
        var line: Int?
    }

    /// One file's entries for a group, by `default` and family.
    private struct Layer: Sendable {
        var file: String
        var families: [ConfigurationValue.Field]
    }

    /// Reads the file and those that it includes. Throws `ConfigurationError` with file, line, key and the nearest valid name for a
    /// misspelt preset or group, or `GaitError.input` where a file can't be read.
    public init(contentsOf path: String) throws {
        self.path = path
        try add(path, including: [])
        try checkNames()
    }

    /// The settings for a preset and family, those that win last; empty where the file does not name the preset.
    public func overrides(preset: Preset, family: String) -> [SettingOverride] {
        overrides(group: preset.rawValue, family: family)
    }

    /// Throws `ConfigurationError` for a setting that is none of `settings`, in whatever preset it stands, and for an unknown family that looks
    /// like `family`, the one that is asked for, or like `default`, misspelt. Other families may be unknown: those of a build with other
    /// families, and programs, whose files may have names that are like those of `families`.
    public func check(settings: [String], families: [String], family own: String) throws {
        let known = ["default"] + families
        for group in groups.values {
            for layer in group.layers {
                for family in layer.families {
                    if !(known + [own]).contains(family.key), let meant = nearestName(to: family.key, among: known), ["default", own].contains(meant) {
                        throw ConfigurationError(
                            origin: .file(layer.file), line: family.value.line, key: family.key,
                            reason: unknownNameMessage(kind: "family", plural: "families", name: family.key, known: known))
                    }
                    for setting in family.value.fields where !settings.contains(setting.key) {
                        throw ConfigurationError(
                            origin: .file(layer.file), line: setting.value.line, key: setting.key,
                            reason: unknownNameMessage(kind: "setting", name: setting.key, known: settings))
                    }
                }
            }
        }
    }

    private func overrides(group name: String, family: String) -> [SettingOverride] {
        guard let group = groups[name] else { return [] }
        var result = group.like.map { overrides(group: $0.name, family: family) } ?? []
        for key in ["default", family] {
            for layer in group.layers {
                guard let settings = layer.families.first(where: { $0.key == key })?.value else { continue }
                result += settings.fields.map { SettingOverride(key: $0.key, value: $0.value, origin: .file(layer.file)) }
            }
        }
        return result
    }
}

// MARK: - Reading

extension AgentPresets {
    private mutating func add(_ file: String, including chain: [String]) throws {
        func error(_ value: ConfigurationValue, _ key: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(origin: .file(file), line: value.line, key: key, reason: reason)
        }
        let root = try ConfigurationValue(contentsOf: file)
        guard case .mapping(let fields) = root.content else { throw error(root, "", "a mapping of presets expected, found \(root.found)") }
        if let include = root["include"] {
            guard case .scalar(let name, _) = include.content else {
                throw error(include, "include", "the name of a file expected, found \(include.found)")
            }
            let included = (file as NSString).deletingLastPathComponent + "/" + name
            guard included != file, !chain.contains(included) else { throw error(include, "include", "\(name) includes itself") }
            guard access(included, R_OK) == 0 else { throw error(include, "include", "there is no readable file \(included)") }
            try add(included, including: chain + [file])
        }
        for field in fields where field.key != "include" {
            guard case .mapping(var families) = field.value.content else {
                throw error(field.value, field.key, "a mapping of `like`, `default` and families expected, found \(field.value.found)")
            }
            var group = groups[field.key] ?? Group(file: file, line: field.value.line)
            if let like = families.first(where: { $0.key == "like" })?.value {
                guard case .scalar(let name, _) = like.content else {
                    throw error(like, "\(field.key).like", "the name of a preset or group expected, found \(like.found)")
                }
                group.like = (name, file, like.line)
                families.removeAll { $0.key == "like" }
            }
            for family in families {
                guard case .mapping = family.value.content else {
                    throw error(family.value, "\(field.key).\(family.key)", "a mapping of settings expected, found \(family.value.found)")
                }
            }
            group.layers.append(Layer(file: file, families: families))
            groups[field.key] = group
        }
    }

    /// Every `like` names a group, none in a circle; a group that is no preset is one that a `like` names, or it is a misspelt preset.
    private func checkNames() throws {
        let names = groups.keys.sorted()
        for (name, group) in groups.sorted(by: { $0.key < $1.key }) {
            var chain = [name], next = group.like
            while let like = next {
                guard let target = groups[like.name] else {
                    throw ConfigurationError(
                        origin: .file(like.file), line: like.line, key: "like",
                        reason: unknownNameMessage(kind: "preset or group", plural: "ones", name: like.name, known: names))
                }
                if chain.contains(like.name) {
                    throw ConfigurationError(
                        origin: .file(like.file), line: like.line, key: "like",
                        reason: "\((chain + [like.name]).joined(separator: " is like ")): a circle")
                }
                chain.append(like.name)
                next = target.like
            }
            let isUsed = Preset(rawValue: name) != nil || groups.values.contains { $0.like?.name == name }
            if !isUsed {
                let presets = Preset.allCases.map(\.rawValue)
                throw ConfigurationError(
                    origin: .file(group.file), line: group.line, key: name,
                    reason: unknownNameMessage(kind: "preset", name: name, known: presets) + ". No `like` names it either")
            }
        }
    }
}
