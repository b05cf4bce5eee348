/// What went wrong while restoring a saved state.
public enum StateError: Error, CustomStringConvertible, Equatable {
    case missing(String)
    case invalid(String, String)

    public var description: String {
        switch self {
        case .missing(let key): "the saved state has no entry '\(key)'"
        case .invalid(let key, let reason): "the saved state's entry '\(key)' does not fit: \(reason)"
        }
    }
}

/// Named arrays: everything that a checkpoint keeps of an agent. Keys are dotted or slashed paths
/// (`task-0/actor.layers.1.weight`); those below `networks/` are weights that other tools may want to load, the rest is
/// optimizer moments, replay, simulation and random-stream state.
public struct StateDictionary: Sendable, Equatable {
    /// The numbers of one array, row-major.
    public enum Values: Sendable, Equatable {
        case float32([Float])
        case float64([Double])
        case int64([Int64])
        case uint64([UInt64])
        case uint8([UInt8])

        public var count: Int {
            switch self {
            case .float32(let v): v.count
            case .float64(let v): v.count
            case .int64(let v): v.count
            case .uint64(let v): v.count
            case .uint8(let v): v.count
            }
        }
    }

    /// An array: its sizes along each axis, and its numbers.
    public struct Entry: Sendable, Equatable {
        public var shape: [Int]
        public var values: Values
        public init(shape: [Int], values: Values) {
            precondition(shape.reduce(1, *) == values.count, "shape \(shape) does not hold \(values.count) values")
            self.shape = shape
            self.values = values
        }
    }

    public var entries: [String: Entry] = [:]

    public init() {}

    public subscript(key: String) -> Entry? {
        get { entries[key] }
        set { entries[key] = newValue }
    }
}

extension StateDictionary {
    /// Stores an array under `key`, in the place of what was there; one axis unless `shape` says otherwise.
    public mutating func store(_ values: [Float], shape: [Int]? = nil, at key: String) {
        entries[key] = Entry(shape: shape ?? [values.count], values: .float32(values))
    }
    public mutating func store(_ values: [Double], at key: String) {
        entries[key] = Entry(shape: [values.count], values: .float64(values))
    }
    public mutating func store(_ value: Int, at key: String) {
        entries[key] = Entry(shape: [1], values: .int64([Int64(value)]))
    }
    public mutating func store(_ values: [Int], at key: String) {
        entries[key] = Entry(shape: [values.count], values: .int64(values.map(Int64.init)))
    }
    public mutating func store(_ stream: RandomStream, at key: String) {
        entries[key] = Entry(shape: [4], values: .uint64(stream.words))
    }

    /// Float values; `count`, where given, is checked.
    public func floats(_ key: String, count: Int? = nil) throws -> [Float] {
        guard let entry = entries[key] else { throw StateError.missing(key) }
        guard case .float32(let values) = entry.values else { throw StateError.invalid(key, "float32 expected") }
        try check(key, values.count, count)
        return values
    }
    /// Like `floats`; `StateError` where the entry is missing, of another type or count.
    public func doubles(_ key: String, count: Int? = nil) throws -> [Double] {
        guard let entry = entries[key] else { throw StateError.missing(key) }
        guard case .float64(let values) = entry.values else { throw StateError.invalid(key, "float64 expected") }
        try check(key, values.count, count)
        return values
    }
    /// Like `floats`, of int64.
    public func integers(_ key: String, count: Int? = nil) throws -> [Int] {
        guard let entry = entries[key] else { throw StateError.missing(key) }
        guard case .int64(let values) = entry.values else { throw StateError.invalid(key, "int64 expected") }
        try check(key, values.count, count)
        return values.map(Int.init)
    }
    /// An entry of one int64.
    public func integer(_ key: String) throws -> Int { try integers(key, count: 1)[0] }
    /// A random stream; `StateError` where the entry is missing or is not four words.
    public func stream(_ key: String) throws -> RandomStream {
        guard let entry = entries[key] else { throw StateError.missing(key) }
        guard case .uint64(let words) = entry.values else { throw StateError.invalid(key, "uint64 expected") }
        return try RandomStream(words: words)
    }

    private func check(_ key: String, _ found: Int, _ expected: Int?) throws {
        if let expected, found != expected {
            throw StateError.invalid(key, "\(expected) values expected, \(found) found")
        }
    }
}
