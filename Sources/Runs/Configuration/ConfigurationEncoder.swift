extension ConfigurationValue {
    /// Writes a Swift value, its keys in the order in which the type declares them (dictionaries: sorted); numbers as the
    /// shortest text that reads back to the same bits; an absent optional as null.
    public init<T: Encodable>(encoding value: T) throws {
        let slot = EncodingSlot()
        try slot.encode(value)
        self = slot.result
    }
}

/// A node being written; a class, since containers outlive the call that asks for them.
private final class EncodingSlot: Encoder {
    enum Kind { case none, value(ConfigurationValue), list, mapping }
    var kind = Kind.none
    var items: [(key: String, slot: EncodingSlot)] = []
    var sortsKeys = false

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var result: ConfigurationValue {
        switch kind {
        case .none: return ConfigurationValue(.mapping([]))
        case .value(let value): return value
        case .list: return ConfigurationValue(.list(items.map(\.slot.result)))
        case .mapping:
            let ordered = sortsKeys ? items.sorted { $0.key < $1.key } : items
            return ConfigurationValue(.mapping(ordered.map { .init($0.key, $0.slot.result) }))
        }
    }

    func add(_ key: String) -> EncodingSlot {
        let slot = EncodingSlot()
        items.append((key, slot))
        return slot
    }

    func encode<T: Encodable>(_ value: T) throws {
        switch value {
        case let value as ConfigurationValue: kind = .value(value)
        case let text as String: kind = .value(.text(text))
        case let flag as Bool: kind = .value(.plain(flag))
        case let number as any FixedWidthInteger: kind = .value(.plain(String(describing: number)))
        case let number as Float: kind = .value(.plain(number))
        case let number as Double: kind = .value(.plain(number))
        default:
            sortsKeys = value is [String: Any]
            try value.encode(to: self)
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        kind = .mapping
        return KeyedEncodingContainer(KeyedSlots<Key>(slot: self))
    }
    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        kind = .list
        return ListSlots(slot: self)
    }
    func singleValueContainer() -> any SingleValueEncodingContainer { ScalarSlot(slot: self) }
}

private struct KeyedSlots<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: EncodingSlot
    var codingPath: [any CodingKey] { [] }

    mutating func encodeNil(forKey key: Key) throws { slot.add(key.stringValue).kind = .value(ConfigurationValue(.null)) }
    mutating func encode<T: Encodable>(_ value: T, forKey key: Key) throws { try slot.add(key.stringValue).encode(value) }
    mutating func encodeIfPresent<T: Encodable>(_ value: T?, forKey key: Key) throws { try put(value, key) }
    // The standard library's own versions of these leave an absent value out.
    mutating func encodeIfPresent(_ value: Bool?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: String?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Double?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Float?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Int?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Int8?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Int16?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Int32?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: Int64?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: UInt?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: UInt8?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: UInt16?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: UInt32?, forKey key: Key) throws { try put(value, key) }
    mutating func encodeIfPresent(_ value: UInt64?, forKey key: Key) throws { try put(value, key) }
    private mutating func put<T: Encodable>(_ value: T?, _ key: Key) throws {
        if let value { try encode(value, forKey: key) } else { try encodeNil(forKey: key) }
    }
    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        slot.add(key.stringValue).container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        slot.add(key.stringValue).unkeyedContainer()
    }
    mutating func superEncoder() -> any Encoder { slot }
    mutating func superEncoder(forKey key: Key) -> any Encoder { slot.add(key.stringValue) }
}

private struct ListSlots: UnkeyedEncodingContainer {
    let slot: EncodingSlot
    var codingPath: [any CodingKey] { [] }
    var count: Int { slot.items.count }

    mutating func encodeNil() throws { slot.add("").kind = .value(ConfigurationValue(.null)) }
    mutating func encode<T: Encodable>(_ value: T) throws { try slot.add("").encode(value) }
    mutating func nestedContainer<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        slot.add("").container(keyedBy: type)
    }
    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { slot.add("").unkeyedContainer() }
    mutating func superEncoder() -> any Encoder { slot.add("") }
}

private struct ScalarSlot: SingleValueEncodingContainer {
    let slot: EncodingSlot
    var codingPath: [any CodingKey] { [] }
    mutating func encodeNil() throws { slot.kind = .value(ConfigurationValue(.null)) }
    mutating func encode<T: Encodable>(_ value: T) throws { try slot.encode(value) }
}
