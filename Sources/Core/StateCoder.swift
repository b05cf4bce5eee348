/// Saves a state, or restores one: a type describes its state once, in `codeState`, and the same description serves both.
///
///     func codeState(_ coder: StateCoder) throws {
///         try coder.count("updates", &updates)
///         try coder.value("random", &random)
///         try coder.scope("task-0") { try coder.object("replay", replay) }
///     }
///
/// While saving, each call stores the value under its key; while restoring, each call replaces the value by what the key holds,
/// or throws `StateError` naming the key. A restore that throws may have replaced some values already: what it was restoring must
/// then be thrown away, or restored again from a whole state.
///
/// Cost: one dictionary access a call, and a copy of the numbers.
public final class StateCoder {
    public private(set) var state: StateDictionary
    /// True while values are read out of `state` rather than stored in it.
    public let isRestoring: Bool
    private var prefix = ""

    private init(_ state: StateDictionary, isRestoring: Bool) {
        self.state = state
        self.isRestoring = isRestoring
    }

    /// Everything that `describe` visits. A description must not throw while saving; one that does is a programming
    /// error and ends the program.
    public static func save(_ describe: (StateCoder) throws -> Void) -> StateDictionary {
        let coder = StateCoder(StateDictionary(), isRestoring: false)
        do { try describe(coder) } catch { preconditionFailure("a state's description threw while saving: \(error)") }
        return coder.state
    }

    /// Everything that an object describes.
    public static func save(_ object: any StatefulObject) -> StateDictionary { save { try object.codeState($0) } }

    /// Everything that an object describes, where describing it may fail: it asks another program for a part of its state.
    public static func saving(_ object: any StatefulObject) throws -> StateDictionary {
        let coder = StateCoder(StateDictionary(), isRestoring: false)
        try object.codeState(coder)
        return coder.state
    }

    /// Replaces everything that `describe` visits by what `state` holds. Throws `StateError`.
    public static func restore(_ state: StateDictionary, _ describe: (StateCoder) throws -> Void) throws {
        try describe(StateCoder(state, isRestoring: true))
    }

    /// Replaces everything that an object describes. Throws `StateError`.
    public static func restore(_ state: StateDictionary, _ object: any StatefulObject) throws {
        try restore(state) { try object.codeState($0) }
    }

    /// The key in the state dictionary of a key in the present scope.
    public func path(_ key: String) -> String { prefix + key }

    /// Visits with `name` and a slash before every key.
    public func scope(_ name: String, _ body: () throws -> Void) rethrows {
        let outer = prefix
        prefix += name + "/"
        defer { prefix = outer }
        try body()
    }

    /// Visits with whole keys, whatever the present scope: for weights, all of which are below `networks/`.
    public func fromTop(_ body: () throws -> Void) rethrows {
        let outer = prefix
        prefix = ""
        defer { prefix = outer }
        try body()
    }
}

/// A value whose state is saved and restored through one description.
public protocol Stateful {
    mutating func codeState(_ coder: StateCoder) throws
}

/// An object whose state is saved and restored through one description.
public protocol StatefulObject: AnyObject {
    func codeState(_ coder: StateCoder) throws
}

extension StateCoder {
    /// A part with a description of its own; its keys are below `key`.
    public func value(_ key: String, _ part: inout some Stateful) throws {
        let outer = prefix
        prefix += key + "/"
        defer { prefix = outer }
        try part.codeState(self)
    }

    /// The same for an object.
    public func object(_ key: String, _ part: any StatefulObject) throws {
        try scope(key) { try part.codeState(self) }
    }
}

// MARK: Numbers

extension StateCoder {
    private func entry(_ key: String) throws -> StateDictionary.Entry {
        guard let entry = state[path(key)] else { throw StateError.missing(path(key)) }
        return entry
    }

    /// `StateError` that names a key of the present scope: for checks that a description makes itself.
    public func invalid(_ key: String, _ reason: String) -> StateError { .invalid(path(key), reason) }

    /// A whole number within `range`.
    public func integer(_ key: String, _ value: inout Int, in range: ClosedRange<Int> = .min ... .max) throws {
        guard isRestoring else { return state.store(value, at: path(key)) }
        let found = try state.integer(path(key))
        guard range.contains(found) else { throw invalid(key, "\(Self.text(range)) expected, found \(found)") }
        value = found
    }

    /// A whole number from 0 to `most`.
    public func count(_ key: String, _ value: inout Int, most: Int = .max) throws { try integer(key, &value, in: 0...most) }

    /// Whole numbers; `count` of them where given, each within `range`.
    public func integers(_ key: String, _ values: inout [Int], count: Int? = nil, in range: ClosedRange<Int> = .min ... .max) throws {
        guard isRestoring else { return state.store(values, at: path(key)) }
        let found = try state.integers(path(key), count: count)
        guard found.allSatisfy(range.contains) else { throw invalid(key, "numbers of \(Self.text(range)) expected, found \(found)") }
        values = found
    }

    /// True or false, stored as 1 or 0.
    public func flag(_ key: String, _ value: inout Bool) throws {
        var number = value ? 1 : 0
        try integer(key, &number, in: 0...1)
        value = number == 1
    }

    /// Flags, stored as ones and zeros; `count` of them where given.
    public func flags(_ key: String, _ values: inout [Bool], count: Int? = nil) throws {
        var numbers = values.map { $0 ? 1 : 0 }
        try integers(key, &numbers, count: count, in: 0...1)
        values = numbers.map { $0 == 1 }
    }

    /// Float32 numbers of a shape: as many axes and numbers as it says. One axis of any length where `shape` is nil.
    public func floats(_ key: String, _ values: inout [Float], shape: [Int]? = nil) throws {
        guard isRestoring else { return state.store(values, shape: shape, at: path(key)) }
        let found = try state.floats(path(key)), actual = try entry(key).shape
        if let shape, actual != shape { throw invalid(key, "shape \(shape) expected, \(actual) found") }
        values = found
    }

    /// One float32 number.
    public func float(_ key: String, _ value: inout Float) throws {
        var values = [value]
        try floats(key, &values, shape: [1])
        value = values[0]
    }

    /// Float64 numbers; `count` of them where given, all finite where `isFinite`.
    public func doubles(_ key: String, _ values: inout [Double], count: Int? = nil, areFinite: Bool = false) throws {
        guard isRestoring else { return state.store(values, at: path(key)) }
        let found = try state.doubles(path(key), count: count)
        guard !areFinite || found.allSatisfy(\.isFinite) else { throw invalid(key, "it holds numbers that are not finite") }
        values = found
    }

    /// One float64 number.
    public func double(_ key: String, _ value: inout Double) throws {
        var values = [value]
        try doubles(key, &values, count: 1)
        value = values[0]
    }

    /// Bytes that only their owner understands; one axis of any length.
    public func bytes(_ key: String, _ values: inout [UInt8]) throws {
        guard isRestoring else {
            state[path(key)] = .init(shape: [values.count], values: .uint8(values))
            return
        }
        guard case .uint8(let found) = try entry(key).values else { throw invalid(key, "bytes expected") }
        values = found
    }

    /// A random stream: four words, not all of them zero.
    public func stream(_ key: String, _ value: inout RandomStream) throws {
        guard isRestoring else { return state.store(value, at: path(key)) }
        value = try state.stream(path(key))
    }

    /// Random streams, each at `key`-0, `key`-1, ...
    public func streams(_ key: String, _ values: inout [RandomStream]) throws {
        for index in values.indices { try stream("\(key)-\(index)", &values[index]) }
    }

    /// A fact that a state must share with what it is restored into, such as which task it is of. `mismatch` says what is wrong
    /// where it does not.
    public func fact(_ key: String, _ value: UInt64, mismatch: String) throws {
        guard isRestoring else { return state[path(key)] = .init(shape: [1], values: .uint64([value])) }
        guard case .uint64(let words) = try entry(key).values, words.count == 1 else { throw invalid(key, "one uint64 expected") }
        if words[0] != value { throw invalid(key, mismatch) }
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        switch (range.lowerBound, range.upperBound) {
        case (.min, .max): "a whole number"
        case (let low, .max): "a whole number of at least \(low)"
        case (let low, let high): "a whole number in \(low)...\(high)"
        }
    }
}

extension StateDictionary {
    /// Stores everything that an object describes below `key`.
    public mutating func store(_ object: any StatefulObject, at key: String) {
        let part = StateCoder.save { try $0.object(key, object) }
        entries.merge(part.entries) { $1 }
    }

    /// Puts back what `store` stored. Throws `StateError`.
    public func restore(_ object: any StatefulObject, at key: String) throws {
        try StateCoder.restore(self) { try $0.object(key, object) }
    }
}
