import Core
import Foundation
import Yams

extension ConfigurationValue {
    /// Reads YAML text. An empty text is an empty mapping. Throws `ConfigurationError` with the line.
    public init(yaml: String, origin: ConfigurationOrigin) throws {
        let node: Node?
        do { node = try Yams.compose(yaml: yaml) } catch let error as YamlError {
            throw ConfigurationError(origin: origin, line: error.line, key: "", reason: error.reason)
        }
        guard let node else {
            self.init(.mapping([]), line: 1)
            return
        }
        self = try ConfigurationValue(node: node, origin: origin)
    }

    /// Reads a YAML file. Throws `ConfigurationError`, or `GaitError.input` where there is no such readable text file.
    public init(contentsOf path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw GaitError.input("\(path): no such file, or it can't be read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw GaitError.input("\(path): a text file in UTF-8 expected")
        }
        try self.init(yaml: text, origin: .file(path))
    }

    private init(node: Node, origin: ConfigurationOrigin) throws {
        let line = node.mark?.line
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let isNull = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            self.init(isNull ? .null : .scalar(scalar.string, quoted: !isPlain), line: line)
        case .sequence(let sequence):
            self.init(.list(try sequence.map { try ConfigurationValue(node: $0, origin: origin) }), line: line)
        case .mapping(let mapping):
            var fields: [Field] = []
            for (key, value) in mapping {
                guard case .scalar(let name) = key else {
                    throw ConfigurationError(origin: origin, line: key.mark?.line, key: "", reason: "a key must be a word")
                }
                var value = try ConfigurationValue(node: value, origin: origin)
                value.line = key.mark?.line ?? value.line
                fields.append(Field(name.string, value))
            }
            self.init(.mapping(fields), line: line)
        case .alias:
            throw ConfigurationError(origin: origin, line: line, key: "", reason: "YAML aliases are not supported; write the value itself")
        }
    }
}

extension YamlError {
    fileprivate var line: Int? {
        switch self {
        case .scanner(_, _, let mark, _), .parser(_, _, let mark, _), .composer(_, _, let mark, _): mark.line
        case .duplicatedKeysInMapping(_, let context): context.mark.line
        default: nil
        }
    }

    fileprivate var reason: String {
        switch self {
        case .scanner(let context, let problem, _, _), .parser(let context, let problem, _, _),
            .composer(let context, let problem, _, _):
            "not valid YAML: " + (context.map { "\($0.text): " } ?? "") + problem
        case .reader(let problem, _, _, _): "not valid YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, _):
            "the key \(duplicates.sorted().map { "'\($0)'" }.joined(separator: ", ")) appears twice; keep one"
        default: "not valid YAML: \(self)"
        }
    }
}

// MARK: - Writing

extension ConfigurationValue {
    /// Block style for mappings and lists of mappings, `[a, b]` for lists of scalars. Ends with a newline. Reading it
    /// gives the same value again.
    public var yaml: String {
        var text = ""
        write(into: &text, indent: 0)
        return text
    }

    private func write(into text: inout String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        switch content {
        case .mapping(let fields) where !fields.isEmpty:
            for field in fields {
                text += margin + Self.quoted(field.key, forced: false) + ":"
                field.value.writeBelow(into: &text, indent: indent + 2)
            }
        case .list(let values) where values.contains(where: \.isNested):
            for value in values {
                var item = ""
                value.write(into: &item, indent: indent + 2)
                text += margin + "- " + item.dropFirst(value.isNested ? indent + 2 : 0)
                if !value.isNested { text += "\n" }
            }
        default: text += flow
        }
    }

    private func writeBelow(into text: inout String, indent: Int) {
        if isNested {
            text += "\n"
            write(into: &text, indent: indent)
        } else {
            text += " " + flow + "\n"
        }
    }

    private var isNested: Bool {
        switch content {
        case .mapping(let fields): !fields.isEmpty
        case .list(let values): values.contains(where: \.isNested)
        default: false
        }
    }

    /// On one line, as `--set` reads it; `{}` for a mapping.
    package var yamlOnOneLine: String { flow }

    private var flow: String {
        switch content {
        case .null: "null"
        case .scalar(let text, let quoted): Self.quoted(text, forced: quoted && Self.looksTyped(text))
        case .list(let values): "[" + values.map(\.flow).joined(separator: ", ") + "]"
        case .mapping: "{}"
        }
    }

    private static func looksTyped(_ text: String) -> Bool {
        Double(text) != nil || ["", "~", "null", "true", "false", "yes", "no", "on", "off"].contains(text.lowercased())
    }

    private static func quoted(_ text: String, forced: Bool) -> String {
        let safe = text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0) || "-_./+".unicodeScalars.contains($0)
        }
        if safe, !forced, !text.isEmpty, text != "-", !text.hasPrefix("---"), text != "..." { return text }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                result += "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
            // What YAML refuses as it is, or takes for the end of a line.
            case "\u{80}"..."\u{9F}", "\u{2028}", "\u{2029}", "\u{FEFF}", "\u{FFFE}", "\u{FFFF}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
