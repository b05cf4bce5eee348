import Core

extension ConfigurationValue {
    /// Reads a Swift value. Stricter than most decoders: a key that the type does not ask for is an error that names the
    /// nearest one it does ask for. Throws `ConfigurationError` with file, line, key and what was expected.
    public func decode<T: Decodable>(_ type: T.Type, origin: ConfigurationOrigin, key: String = "") throws -> T {
        try ConfigurationDecoder(value: self, path: key.isEmpty ? [] : [key], origin: origin).decode(type)
    }
}

extension ConfigurationValue {
    /// The value as a `Settings` writes it: every number in one way, whatever way it came. Throws `ConfigurationError`, with the place where
    /// the value was written, unless this is exactly a `Settings` and valid.
    func check<Settings: ValidatedSettings>(_ type: Settings.Type, origin: ConfigurationOrigin) throws -> ConfigurationValue {
        let settings = try decode(type, origin: origin)
        do { try settings.validate() } catch let error as SettingError {
            throw ConfigurationError(
                origin: origins[error.key] ?? origin, line: self[error.key]?.line, key: error.key, reason: error.reason)
        }
        return try ConfigurationValue(encoding: settings)
    }
}

/// A part of a configuration that a Swift type keeps as it was written.
extension ConfigurationValue: Codable {
    public init(from decoder: any Decoder) throws {
        guard let decoder = decoder as? ConfigurationDecoder else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "a configuration expected"))
        }
        decoder.askedFor = nil
        self = decoder.value
    }

    /// Other encoders than a configuration's get its text.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(inline)
    }
}

struct ConfigurationKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(_ text: String) { stringValue = text }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// Decodes one node into a Swift type.
final class ConfigurationDecoder: Decoder {
    let value: ConfigurationValue
    let path: [String]
    let origin: ConfigurationOrigin
    /// Keys that the type asked for; nil if it accepts any key, as dictionaries do.
    var askedFor: Set<String>? = []

    var codingPath: [any CodingKey] { path.map(ConfigurationKey.init) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    init(value: ConfigurationValue, path: [String], origin: ConfigurationOrigin) {
        self.value = value
        self.path = path
        self.origin = origin
    }

    func error(_ reason: String) -> ConfigurationError {
        ConfigurationError(origin: origin, line: value.line, key: path.joined(separator: "."), reason: reason)
    }

    /// The error for a missing key. If an unknown key looks like it, that one is reported.
    func missing(_ key: String) -> ConfigurationError {
        let others = value.keys.filter { askedFor?.contains($0) != true }
        if let near = nearestName(to: key, among: others), let field = value.fields.first(where: { $0.key == near }) {
            return child(near, field.value).error("unknown key '\(near)'; did you mean '\(key)'?")
        }
        return error("the key '\(key)' is missing")
    }

    func child(_ key: String, _ value: ConfigurationValue) -> ConfigurationDecoder {
        ConfigurationDecoder(value: value, path: path + [key], origin: self.value.origins[key] ?? origin)
    }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        if type == Bool.self || type == String.self || type is any FixedWidthInteger.Type || type is any BinaryFloatingPoint.Type {
            guard let result = try scalar(type) as? T else { throw error("\(type) can't be read from a configuration") }
            return result
        }
        let result: T
        do { result = try T(from: self) } catch let error as DecodingError { throw readable(error, type) }
        if let known = askedFor, case .mapping(let fields) = value.content,
            let unknown = fields.first(where: { !known.contains($0.key) })
        {
            throw child(unknown.key, unknown.value).error(
                unknownNameMessage(kind: "key", name: unknown.key, known: known.sorted()))
        }
        return result
    }

    private func scalar(_ type: any Decodable.Type) throws -> Any {
        let text: String? = if case .scalar(let text, _) = value.content { text } else { nil }
        switch type {
        case is String.Type:
            if let text { return text }
            throw error("a word expected, found \(value.found)")
        case is Bool.Type:
            switch text?.lowercased() {
            case "true", "yes", "on": return true
            case "false", "no", "off": return false
            default: throw error("true or false expected, found \(value.found)")
            }
        case let integer as any FixedWidthInteger.Type:
            if let text, let result = Self.integer(text, integer) { return result }
            let range = integer.isSigned ? "an integer" : "a non-negative integer"
            throw error("\(range) expected, found \(value.found)")
        case is Float.Type:
            if let text, let result = Float(text) { return result }
        default:
            if let text, let result = Double(text) { return result }
        }
        throw error("a number expected, found \(value.found)")
    }

    /// `120000`, `120_000` or `1.2e5`.
    private static func integer<I: FixedWidthInteger>(_ text: String, _ type: I.Type) -> I? {
        let digits = text.filter { $0 != "_" }
        return I(digits) ?? Double(digits).flatMap { I(exactly: $0) }
    }

    private func readable(_ error: DecodingError, _ type: Any.Type) -> ConfigurationError {
        switch error {
        case .keyNotFound(let key, _):
            return missing(key.stringValue)
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            if let cases = (type as? any CaseIterable.Type).map({ Self.names($0) }), !cases.isEmpty {
                let nearest = nearestName(to: value.inline, among: cases).map { "; did you mean '\($0)'?" } ?? ""
                return self.error("one of \(cases.joined(separator: ", ")) expected, found \(value.found)\(nearest)")
            }
            return self.error(context.debugDescription)
        @unknown default: return self.error("\(error)")
        }
    }

    private static func names<C: CaseIterable>(_ type: C.Type) -> [String] {
        type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard case .mapping = value.content else { throw error("a mapping of keys expected, found \(value.found)") }
        return KeyedDecodingContainer(KeyedContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard case .list(let values) = value.content else { throw error("a list expected, found \(value.found)") }
        return ListContainer(decoder: self, values: values)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { ScalarContainer(decoder: self) }
}

private struct KeyedContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ConfigurationDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }

    var allKeys: [Key] {
        decoder.askedFor = nil
        return decoder.value.keys.compactMap(Key.init(stringValue:))
    }

    private func entry(_ key: Key) -> ConfigurationValue? {
        decoder.askedFor?.insert(key.stringValue)
        return decoder.value[key.stringValue]
    }

    private func child(_ key: Key) throws -> ConfigurationDecoder {
        guard let value = entry(key) else { throw decoder.missing(key.stringValue) }
        return decoder.child(key.stringValue, value)
    }

    func contains(_ key: Key) -> Bool { entry(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { entry(key)?.content ?? .null == .null }
    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T { try child(key).decode(type) }
    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try child(key).container(keyedBy: type)
    }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try child(key).unkeyedContainer() }
    func superDecoder() throws -> any Decoder { decoder }
    func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}

private struct ListContainer: UnkeyedDecodingContainer {
    let decoder: ConfigurationDecoder
    let values: [ConfigurationValue]
    var currentIndex = 0
    var codingPath: [any CodingKey] { decoder.codingPath }
    var count: Int? { values.count }
    var isAtEnd: Bool { currentIndex >= values.count }

    init(decoder: ConfigurationDecoder, values: [ConfigurationValue]) {
        self.decoder = decoder
        self.values = values
    }

    private mutating func next() throws -> ConfigurationDecoder {
        guard !isAtEnd else { throw decoder.error("a list of more than \(values.count) values expected") }
        var value = values[currentIndex]
        if value.line == nil { value.line = decoder.value.line }
        defer { currentIndex += 1 }
        return decoder.child(String(currentIndex), value)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, values[currentIndex].content == .null else { return false }
        currentIndex += 1
        return true
    }
    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try next().decode(type) }
    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        try next().container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct ScalarContainer: SingleValueDecodingContainer {
    let decoder: ConfigurationDecoder
    var codingPath: [any CodingKey] { decoder.codingPath }
    func decodeNil() -> Bool { decoder.value.content == .null }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try decoder.decode(type) }
}
