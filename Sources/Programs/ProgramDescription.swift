import Core
import Environments
import Formats
import Foundation
import Runs

/// What Gait says first.
package struct Greeting: Codable {
    /// Of the protocol; a program that doesn't know it refuses.
    package var `protocol` = Greeting.version
    package var gait: String?

    /// The protocol's present version.
    package static let version = 1

    package init(gait: String? = nil) { self.gait = gait }
}

/// What a program says of itself: its reply to `hello`.
package struct ProgramDescription: Sendable, Equatable {
    package enum Role: String, Codable, Sendable { case agent, family }
    package var role: Role
    /// One sentence.
    package var summary: String
    /// Every setting with its default, in the program's order.
    package var settings: ConfigurationValue
    /// SHA-256 of the program's file.
    package var hash: String

    private struct Reply: Decodable {
        var `protocol`: Int
        var role: Role
        var summary: String?
        var settings: ConfigurationValue?
    }

    /// JSON is YAML, whose reader names the key that is wrong.
    init(reply: String, path: String) throws {
        let value = try ConfigurationValue(yaml: reply, origin: .program)
        let decoded = try value.decode(Reply.self, origin: .program)
        guard decoded.protocol == Greeting.version else {
            throw ChannelError.wrongMessage("it speaks version \(decoded.protocol) of the protocol, this Gait version \(Greeting.version)")
        }
        role = decoded.role
        summary = decoded.summary ?? "a program"
        settings = decoded.settings ?? ConfigurationValue(.mapping([]))
        if settings.content == .null { settings = ConfigurationValue(.mapping([])) }
        hash = SHA256.hash((try? readFile(path)).map { Array($0) } ?? [])
        guard case .mapping(let fields) = settings.content else { throw ChannelError.wrongMessage("hello: 'settings' is no object") }
        if let field = fields.first(where: { SettingKind($0.value) == nil }) {
            throw ChannelError.wrongMessage(
                "hello: the default of setting '\(field.key)' is \(field.value.inline); a number, true or false, a text, or a list of them expected")
        }
    }
}

/// The type of a program's setting, which is that of its default.
enum SettingKind: Equatable {
    case flag, integer, number, text
    indirect case list(SettingKind?)

    /// Nil for what is no setting's value.
    init?(_ value: ConfigurationValue) {
        switch value.content {
        case .null, .mapping: return nil
        case .scalar(_, quoted: true): self = .text
        case .scalar(let text, _) where ["true", "false"].contains(text): self = .flag
        case .scalar(let text, _) where Int(text) != nil: self = .integer
        case .scalar(let text, _): self = Double(text) == nil ? .text : .number
        case .list(let values):
            let kinds = values.map(SettingKind.init)
            guard !kinds.contains(nil) else { return nil }
            self = .list(kinds.contains(.number) ? .number : kinds.first ?? nil)
        }
    }

    var name: String {
        switch self {
        case .flag: "true or false"
        case .integer: "a whole number"
        case .number: "a number"
        case .text: "a text"
        case .list(let kind): "a list" + (kind.map { ", of each \($0.name)" } ?? "")
        }
    }

    /// The value written in the one way in which it is recorded; nil where it is of another type.
    func normal(_ value: ConfigurationValue) -> ConfigurationValue? {
        var result = value
        switch (self, value.content) {
        case (.text, .scalar(let text, _)): result.content = .scalar(text, quoted: true)
        case (.flag, .scalar("true", quoted: false)), (.flag, .scalar("false", quoted: false)): break
        case (.integer, .scalar(let text, quoted: false)):
            guard let number = Int(text) else { return nil }
            result.content = .scalar("\(number)", quoted: false)
        case (.number, .scalar(let text, quoted: false)):
            guard let number = Double(text), number.isFinite else { return nil }
            result.content = .scalar("\(number)", quoted: false)
        case (.list(let kind), .list(let values)):
            let normal = values.map { kind?.normal($0) ?? (kind == nil ? $0 : nil) }
            guard !normal.contains(nil) else { return nil }
            result.content = .list(normal.compactMap { $0 })
        default: return nil
        }
        return result
    }
}

extension ConfigurationValue {
    /// The value in JSON on one line.
    package var json: String {
        func quoted(_ text: String) -> String { jsonLine(text) ?? "\"\"" }
        switch content {
        case .null: return "null"
        case .scalar(let text, quoted: false) where ["true", "false"].contains(text) || Int(text) != nil: return text
        case .scalar(let text, quoted: false):
            if let number = Double(text), number.isFinite { return "\(number)" }
            return quoted(text)
        case .scalar(let text, _): return quoted(text)
        case .list(let values): return "[" + values.map(\.json).joined(separator: ", ") + "]"
        case .mapping(let fields): return "{" + fields.map { "\(quoted($0.key)): \($0.value.json)" }.joined(separator: ", ") + "}"
        }
    }

    /// Settings of a program, checked against their defaults: the same keys, values of the same types. Throws `ConfigurationError`.
    func checked(against defaults: ConfigurationValue, origin: ConfigurationOrigin) throws -> ConfigurationValue {
        func error(_ field: Field, _ reason: String) -> ConfigurationError {
            ConfigurationError(origin: origins[field.key] ?? origin, line: field.value.line, key: field.key, reason: reason)
        }
        for field in fields where defaults[field.key] == nil {
            throw error(field, unknownNameMessage(kind: "setting", name: field.key, known: defaults.keys))
        }
        return ConfigurationValue(.mapping(try defaults.fields.map { expected in
            guard let value = self[expected.key] else {
                throw ConfigurationError(origin: origin, key: expected.key, reason: "this setting is missing")
            }
            let field = Field(expected.key, value)
            guard let kind = SettingKind(expected.value) else { return field }
            guard let normal = kind.normal(value) else { throw error(field, "\(kind.name) expected, found \(value.inline)") }
            return Field(expected.key, normal)
        }))
    }
}
