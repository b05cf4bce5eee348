import Core

/// A task or a state that does not fit the environment it is given to.
public enum EnvironmentError: Error, CustomStringConvertible, Equatable {
    case missingParameter(key: String, family: String, task: String)
    case unknownParameter(key: String, family: String, known: [String])
    case wrongCount(key: String, family: String, expected: Int, found: Int)
    case wrongValue(key: String, family: String, value: Double, expected: String)
    case state(String)
    /// An action that the environment does not have, or not in its present state.
    case wrongAction(Float, known: [Int])
    /// A model file that compiles but is not the family's robot.
    case wrongModel(path: String, expected: String, found: String)

    public var description: String {
        switch self {
        case .missingParameter(let key, let family, let task): "task '\(task)' of \(family) has no parameter '\(key)'"
        case .unknownParameter(let key, let family, let known):
            "\(family) has no task parameter '\(key)'; it has \(known.joined(separator: ", "))"
        case .wrongCount(let key, let family, let expected, let found):
            "task parameter '\(key)' of \(family) takes \(expected) number\(expected == 1 ? "" : "s"), \(found) given"
        case .wrongValue(let key, let family, let value, let expected):
            "task parameter '\(key)' of \(family) is \(value), \(expected) expected"
        case .state(let reason): "the saved state does not fit this environment: \(reason)"
        case .wrongAction(let action, let known):
            "there is no action \(action) in this state; \(known.isEmpty ? "the episode has ended" : "valid ones: \(known)")"
        case .wrongModel(let path, let expected, let found):
            "model file '\(path)' is not this family's robot: it has \(found), \(expected) expected"
        }
    }
}

extension TaskDescription {
    /// Throws when there is a parameter that is not among `keys`.
    public func checkKeys(_ keys: [String], family: String) throws {
        if let key = parameters.keys.sorted().first(where: { !keys.contains($0) }) {
            throw EnvironmentError.unknownParameter(key: key, family: family, known: keys)
        }
    }

    /// The finite numbers of a parameter that must be there.
    public func numbers(_ key: String, count: Int, family: String) throws -> [Double] {
        guard let values = parameters[key] else {
            throw EnvironmentError.missingParameter(key: key, family: family, task: name)
        }
        guard values.count == count else {
            throw EnvironmentError.wrongCount(key: key, family: family, expected: count, found: values.count)
        }
        if let value = values.first(where: { !$0.isFinite }) {
            throw EnvironmentError.wrongValue(key: key, family: family, value: value, expected: "a finite number")
        }
        return values
    }

    /// The only parameter of a task that is one number.
    public func number(_ key: String, family: String) throws -> Double {
        try checkKeys([key], family: family)
        return try numbers(key, count: 1, family: family)[0]
    }
}

extension TaskDescription {
    /// A number that stands for a family and this task's parameters, so that a state of another task is recognised.
    public func fingerprint(family: String) -> UInt64 {
        var hash = stableHash(family.utf8)
        for key in parameters.keys.sorted() {
            hash = stableHash(key.utf8, start: hash)
            for value in parameters[key] ?? [] {
                hash = withUnsafeBytes(of: value.bitPattern.littleEndian) { stableHash($0, start: hash) }
            }
        }
        return hash
    }
}
