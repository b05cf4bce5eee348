import Core

/// Where a configuration value was written, for error messages.
public enum ConfigurationOrigin: Equatable, Sendable {
    /// A file's path.
    case file(String)
    /// A word of the command line: `--set`.
    case option(String)
    /// The program's own presets.
    case program
}

/// One node of a configuration: what YAML can say, without guessing types. A scalar stays text until a Swift type asks
/// for it, so that numbers survive reading and writing unchanged.
public struct ConfigurationValue: Sendable, Equatable {
    public indirect enum Content: Sendable, Equatable {
        case null
        case scalar(String, quoted: Bool)
        case list([ConfigurationValue])
        /// In the order written.
        case mapping([Field])

        /// Whether a scalar was written in quotes does not count.
        public static func == (a: Self, b: Self) -> Bool {
            switch (a, b) {
            case (.null, .null): true
            case (.scalar(let a, _), .scalar(let b, _)): a == b
            case (.list(let a), .list(let b)): a == b
            case (.mapping(let a), .mapping(let b)): a == b
            default: false
            }
        }
    }

    public struct Field: Sendable, Equatable {
        public var key: String
        public var value: ConfigurationValue
        public init(_ key: String, _ value: ConfigurationValue) {
            self.key = key
            self.value = value
        }
    }

    public var content: Content
    /// Line in its file, from 1; nil where it was not read from one.
    public var line: Int?
    /// Keys of a mapping that were overridden, and where.
    public var origins: [String: ConfigurationOrigin] = [:]

    public init(_ content: Content, line: Int? = nil) {
        self.content = content
        self.line = line
    }

    /// Lines and origins do not count.
    public static func == (a: Self, b: Self) -> Bool { a.content == b.content }

    public static func text(_ text: String) -> Self { Self(.scalar(text, quoted: true)) }
    public static func plain(_ text: some CustomStringConvertible) -> Self { Self(.scalar(text.description, quoted: false)) }

    /// A mapping's fields; empty for everything else.
    public var fields: [Field] {
        if case .mapping(let fields) = content { return fields }
        return []
    }
    public var keys: [String] { fields.map(\.key) }

    public subscript(key: String) -> ConfigurationValue? { fields.first { $0.key == key }?.value }

    /// Of two mappings the fields whose keys both have.
    func common(with other: Self) -> (Self, Self) {
        func only(_ keys: [String], of value: Self) -> Self { Self(.mapping(value.fields.filter { keys.contains($0.key) })) }
        return (only(other.keys, of: self), only(keys, of: other))
    }

    /// The value as text on one line.
    public var inline: String {
        switch content {
        case .null: "null"
        case .scalar(let text, _): text
        case .list(let values): "[" + values.map(\.inline).joined(separator: ", ") + "]"
        case .mapping(let fields): "{" + fields.map { "\($0.key): \($0.value.inline)" }.joined(separator: ", ") + "}"
        }
    }

    /// A word for its shape, for "an integer expected, found ...".
    package var found: String {
        switch content {
        case .null: "nothing"
        case .scalar(let text, _): "'\(text)'"
        case .list: "the list \(inline)"
        case .mapping: "a mapping"
        }
    }
}

/// A configuration value that can't be used: where it is, which key, and what would be right.
public struct ConfigurationError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    public var origin: ConfigurationOrigin
    public var line: Int?
    /// Dotted from the root: `settings.batchSize`; empty for the root itself.
    public var key: String
    public var reason: String

    public init(origin: ConfigurationOrigin, line: Int? = nil, key: String, reason: String) {
        self.origin = origin
        self.line = line
        self.key = key
        self.reason = reason
    }

    public var description: String {
        var parts: [String] = []
        switch origin {
        case .file(let path): parts.append(line.map { "\(path), line \($0)" } ?? path)
        case .option(let option): parts.append(option)
        case .program: break
        }
        if !key.isEmpty { parts.append("key '\(key)'") }
        return (parts + [reason]).joined(separator: ": ")
    }

    /// Invalid usage if it was on the command line, bad input if it was in a file.
    public var exitCode: Int32 {
        if case .file = origin { return 65 }
        return 64
    }
}

/// One `key=value` that replaces a setting of the preset.
public struct SettingOverride: Sendable, Equatable {
    public var key: String
    public var value: ConfigurationValue
    public var origin: ConfigurationOrigin

    public init(key: String, value: ConfigurationValue, origin: ConfigurationOrigin) {
        self.key = key
        self.value = value
        self.origin = origin
    }

    /// From `--set key=value`; the value is read as YAML, so `[64, 64]` is a list. Throws `ConfigurationError`.
    public init(option text: String) throws {
        let origin = ConfigurationOrigin.option("--set \(text)")
        guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
            throw ConfigurationError(origin: origin, key: "", reason: "key=value expected, for example --set batchSize=256")
        }
        let written = String(text[text.index(after: equals)...])
        let value: ConfigurationValue
        do { value = try ConfigurationValue(yaml: written, origin: origin) } catch let error as ConfigurationError {
            throw ConfigurationError(origin: origin, key: String(text[..<equals]), reason: error.reason)
        }
        let isBlank = written.allSatisfy(\.isWhitespace)
        self.init(key: String(text[..<equals]), value: isBlank ? ConfigurationValue(.null) : value, origin: origin)
        self.value.line = nil
    }

    /// Settings of the agent and of the family, which are written `family.KEY`, each in their order.
    public static func split(_ overrides: [SettingOverride]) -> (agent: [SettingOverride], family: [SettingOverride]) {
        let prefix = "family."
        return (
            overrides.filter { !$0.key.hasPrefix(prefix) },
            overrides.filter { $0.key.hasPrefix(prefix) }.map {
                SettingOverride(key: String($0.key.dropFirst(prefix.count)), value: $0.value, origin: $0.origin)
            })
    }

    /// One override a key of a YAML mapping.
    public static func all(in mapping: ConfigurationValue, file: String) throws -> [SettingOverride] {
        guard case .mapping(let fields) = mapping.content else {
            throw ConfigurationError(
                origin: .file(file), line: mapping.line, key: "", reason: "a mapping of settings expected, found \(mapping.found)")
        }
        return fields.map { SettingOverride(key: $0.key, value: $0.value, origin: .file(file)) }
    }
}

extension ConfigurationValue {
    /// Replaces the value of a key that the mapping already has. Throws `ConfigurationError` naming the nearest known key.
    mutating func overlay(_ override: SettingOverride) throws {
        var fields = self.fields
        guard let index = fields.firstIndex(where: { $0.key == override.key }) else {
            throw ConfigurationError(
                origin: override.origin, line: override.value.line, key: override.key,
                reason: unknownNameMessage(kind: "setting", name: override.key, known: keys))
        }
        fields[index].value = override.value
        content = .mapping(fields)
        origins[override.key] = override.origin
    }
}
