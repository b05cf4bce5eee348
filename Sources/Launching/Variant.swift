import Core
import Foundation
import Runs

/// An agent or a family of an experiment: a registered one, perhaps with settings and a name of its own, so that several variants of one agent
/// stand side by side.
public struct Variant: Sendable, Equatable {
    /// As registered: `pmeta-rl`; or the whole path of a program.
    public var base: String
    /// As tables and figures show it; the base's name where the experiment gives none.
    public var name: String
    /// Laid over the preset's.
    public var settings: [SettingOverride] = []
    /// For an agent: names of the experiment's families that it plays on; nil for all.
    public var families: [String]?
    /// Line of the experiment's file.
    public var line: Int?

    public init(_ base: String, name: String? = nil, settings: [SettingOverride] = []) {
        self.base = base
        self.name = name ?? base
        self.settings = settings
    }

    /// A name or the path of a program, as a file has it: relative to the file's folder.
    init(program base: String, file: String, name: String? = nil) {
        let path = Registry.isPath(base) ? Registry.fullPath(base, from: (Registry.fullPath(file) as NSString).deletingLastPathComponent) : base
        self.init(path, name: name ?? Registry.standardName(base))
    }

    /// Its name where that is not the base's.
    public var ownName: String? { name == base ? nil : name }

    /// As its runs' folder is called.
    public var folder: String { RunDirectory.folderName(name) }
}

/// What is wrong with a name that begins with a dash, which `gait train` would take for an option; nil for other names.
func dashFault(_ name: String) -> String? { name.hasPrefix("-") ? "a name that does not begin with '-' expected, found '\(name)'" : nil }

extension [Variant] {
    /// Names as options have them, several in one text separated by commas. An empty text has one name, the empty one, which nothing is called:
    /// no names at all would stand for everything.
    public func names(in texts: [String]) -> [String] {
        // A name may have commas of its own.
        texts.flatMap { text in
            contains { $0.name == text }
                ? [text] : text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }

    /// By a variant's own name or the name of what it is a variant of.
    public func has(_ name: String) -> Bool { contains { $0.name == name || $0.base == name } }
}

extension Variant {
    /// Which list of an experiment a variant stands in.
    enum Kind: String {
        case agent, family
        var list: String { self == .agent ? "agents" : "families" }
    }

    /// Reads the list `agents` or `families`: names, or mappings such as
    /// `{agent: pmeta-rl, name: "pmeta-rl lambda 5", settings: {proximalWeight: 5}}`.
    static func list(_ kind: Kind, in root: ConfigurationValue, file: String) throws -> [Variant] {
        func error(_ value: ConfigurationValue?, _ reason: String, key: String = "") -> ConfigurationError {
            ConfigurationError(origin: .file(file), line: value?.line ?? root[kind.list]?.line, key: kind.list + key, reason: reason)
        }
        guard let value = root[kind.list], case .list(let items) = value.content else {
            throw error(root[kind.list], "a list expected, found \(root[kind.list]?.found ?? "nothing")")
        }
        if items.isEmpty { throw error(value, "at least one \(kind.rawValue) expected") }
        return try items.enumerated().map { index, item in
            var variant: Variant
            switch item.content {
            case .scalar(let name, _): variant = Variant(program: name, file: file)
            case .mapping: variant = try Item(item, kind, file: file, key: "\(kind.list).\(index)").variant
            default: throw error(item, "a name, or a mapping with the key '\(kind.rawValue)', expected, found \(item.found)", key: ".\(index)")
            }
            variant.line = item.line ?? value.line
            if let fault = variant.nameFault { throw error(item, "\(fault); the key 'name' gives another", key: ".\(index)") }
            return variant
        }
    }

    /// Why runs can't have its name; nil where they can.
    private var nameFault: String? {
        if folder.isEmpty { return "a name with ASCII letters or digits expected, because a folder is called after it, found '\(name)'" }
        return dashFault(name)
    }

    private struct Item {
        var variant: Variant

        init(_ value: ConfigurationValue, _ kind: Kind, file: String, key: String) throws {
            let known = [kind.rawValue, "name", "settings"] + (kind == .agent ? ["families"] : [])
            func error(_ value: ConfigurationValue, _ name: String, _ reason: String) -> ConfigurationError {
                ConfigurationError(origin: .file(file), line: value.line, key: "\(key).\(name)", reason: reason)
            }
            for field in value.fields where !known.contains(field.key) {
                throw error(field.value, field.key, unknownNameMessage(kind: "key", name: field.key, known: known))
            }
            func word(_ name: String) throws -> String? {
                try value[name].map { try $0.decode(String.self, origin: .file(file), key: "\(key).\(name)") }
            }
            guard let base = try word(kind.rawValue) else {
                throw ConfigurationError(origin: .file(file), line: value.line, key: key, reason: "the key '\(kind.rawValue)' is missing")
            }
            variant = Variant(program: base, file: file, name: try word("name"))
            if let settings = value["settings"] { variant.settings = try SettingOverride.all(in: settings, file: file) }
            if let families = value["families"] {
                variant.families = try families.decode([String].self, origin: .file(file), key: "\(key).families")
            }
        }
    }

    /// One variant for every combination of the values of `grid`, a mapping of settings to lists: `{proximalWeight: [1, 5]}`.
    /// The last setting changes fastest; each variant's name tells its values, as `--set` takes them.
    func combinations(_ grid: ConfigurationValue, key: String, file: String) throws -> [Variant] {
        func error(_ value: ConfigurationValue, _ name: String, _ reason: String) -> ConfigurationError {
            ConfigurationError(origin: .file(file), line: value.line, key: [key, name].filter { !$0.isEmpty }.joined(separator: "."), reason: reason)
        }
        guard case .mapping(let fields) = grid.content, !fields.isEmpty else {
            throw error(grid, "", "a mapping of settings to lists of values expected, found \(grid.found)")
        }
        var result = [self]
        for field in fields {
            guard case .list(let values) = field.value.content, !values.isEmpty else {
                throw error(field.value, field.key, "a list of values expected, found \(field.value.found)")
            }
            guard result.count * values.count <= 1000 else { throw error(field.value, field.key, "at most 1000 combinations expected") }
            result = result.flatMap { variant in
                values.map { value in
                    var next = variant
                    var value = value
                    value.line = value.line ?? field.value.line
                    next.name += " \(field.key)=\(value.inline)"
                    next.settings.append(SettingOverride(key: field.key, value: value, origin: .file(file)))
                    next.line = field.value.line
                    return next
                }
            }
        }
        return result
    }
}
