import Environments
import Foundation
import Learning

/// A recorded learning case: a JSON object of numbers and nested arrays. Errors name the entry that is missing or has a wrong shape.
struct LearningCaseFile {
    let object: [String: Any]
    let path: String
    /// Those whose environments a case may name.
    var families: [any TaskFamily] = []

    struct Malformed: Error, CustomStringConvertible { var description: String }

    init(contentsOf url: URL) throws {
        let data: Data
        do { data = try Data(contentsOf: url) } catch { throw Malformed(description: "can't be read: \(error.localizedDescription)") }
        guard let json = try? JSONSerialization.jsonObject(with: data) else { throw Malformed(description: "is not valid JSON") }
        guard let object = json as? [String: Any] else { throw Malformed(description: "is not a JSON object") }
        self.init(object: object, path: "")
    }
    private init(object: [String: Any], path: String) {
        self.object = object
        self.path = path
    }

    private func value(_ key: String) throws -> Any {
        guard let value = object[key] else { throw Malformed(description: "has no entry '\(path)\(key)'") }
        return value
    }

    func part(_ key: String) throws -> LearningCaseFile {
        guard let part = try value(key) as? [String: Any] else { throw Malformed(description: "'\(path)\(key)' is not an object") }
        return LearningCaseFile(object: part, path: "\(path)\(key).")
    }
    /// At least one.
    func parts(_ key: String) throws -> [LearningCaseFile] {
        try LearningCaseFile.parts(try value(key), "\(path)\(key)")
    }
    /// A list of lists of objects, none of them empty.
    func nestedParts(_ key: String) throws -> [[LearningCaseFile]] {
        guard let lists = try value(key) as? [Any] else { throw Malformed(description: "'\(path)\(key)' is not a list") }
        return try lists.enumerated().map { try LearningCaseFile.parts($1, "\(path)\(key)[\($0)]") }
    }
    private static func parts(_ value: Any, _ name: String) throws -> [LearningCaseFile] {
        guard let list = value as? [[String: Any]], !list.isEmpty else { throw Malformed(description: "'\(name)' is not a list of at least one object") }
        return list.enumerated().map { LearningCaseFile(object: $1, path: "\(name)[\($0)].") }
    }

    func number(_ key: String) throws -> Double {
        guard let number = try value(key) as? NSNumber else { throw Malformed(description: "'\(path)\(key)' is not a number") }
        return number.doubleValue
    }
    /// A size or a number of repetitions, at least 1.
    func count(_ key: String, upTo most: Int = 999) throws -> Int {
        try LearningCaseFile.count(try number(key), 1...most, "'\(path)\(key)'")
    }
    /// A list of whole numbers, 0 or more.
    func counts(_ key: String) throws -> [Int] {
        try tensor(key, rank: 1).array.enumerated().map { try LearningCaseFile.index(Double($1), "'\(path)\(key)[\($0)]'") }
    }
    /// A whole number of a list: a row, an action, a length.
    static func index(_ number: Double, _ name: String) throws -> Int { try count(number, 0...100_000, name) }
    private static func count(_ number: Double, _ range: ClosedRange<Int>, _ name: String) throws -> Int {
        guard let count = Int(exactly: number), range.contains(count) else {
            throw Malformed(description: "has \(name) = \(number), where a whole number from \(range.lowerBound) to \(range.upperBound) is expected")
        }
        return count
    }
    func text(_ key: String) throws -> String {
        guard let text = try value(key) as? String else { throw Malformed(description: "'\(path)\(key)' is not a text") }
        return text
    }
    /// Nested arrays, whose shape is found from their first entries and checked.
    func tensor(_ key: String, rank: Int? = nil) throws -> Tensor { try LearningCaseFile.tensor(try value(key), "\(path)\(key)", rank) }
    /// Rows of numbers in float64, not necessarily of the same length.
    func matrix(_ key: String) throws -> [[Double]] { try LearningCaseFile.matrix(try value(key), "\(path)\(key)") }
    /// A list of such rows.
    func lists(_ key: String) throws -> [[[Double]]] {
        guard let list = try value(key) as? [Any] else { throw Malformed(description: "'\(path)\(key)' is not a list") }
        return try list.enumerated().map { try LearningCaseFile.matrix($1, "\(path)\(key)[\($0)]") }
    }
    private static func matrix(_ value: Any, _ name: String) throws -> [[Double]] {
        guard let rows = value as? [[NSNumber]] else { throw Malformed(description: "'\(name)' is not a list of rows of numbers") }
        return rows.map { $0.map(\.doubleValue) }
    }
    /// A list of nested arrays, each of its own shape.
    func tensors(_ key: String) throws -> [Tensor] {
        guard let list = try value(key) as? [Any] else { throw Malformed(description: "'\(path)\(key)' is not a list") }
        return try list.enumerated().map { try LearningCaseFile.tensor($1, "\(path)\(key)[\($0)]", nil) }
    }

    private static func tensor(_ value: Any, _ name: String, _ rank: Int?) throws -> Tensor {
        var shape: [Int] = [], level: Any = value
        while let list = level as? [Any] {
            shape.append(list.count)
            guard let first = list.first else { break }
            level = first
        }
        guard !shape.contains(0), shape.count <= 3, rank == nil || shape.count == rank else {
            throw Malformed(description: "'\(name)' has shape \(shape), where \(rank.map(String.init) ?? "one to three") axes are expected")
        }
        var values: [Float] = []
        func collect(_ value: Any, _ depth: Int) throws {
            if depth == shape.count {
                guard let number = value as? NSNumber else { throw Malformed(description: "'\(name)' contains something other than numbers") }
                values.append(number.floatValue)
            } else {
                guard let list = value as? [Any], list.count == shape[depth] else {
                    throw Malformed(description: "'\(name)' is not rectangular: shape \(shape) was expected throughout")
                }
                for entry in list { try collect(entry, depth + 1) }
            }
        }
        try collect(value, 0)
        return Tensor(values, shape: shape)
    }

    /// Layers of a multilayer perceptron, which must fit one after another.
    func layers(_ key: String) throws -> [Linear] { try LearningCaseFile.layers(try parts(key)) }
    static func layers(_ parts: [LearningCaseFile]) throws -> [Linear] {
        var layers: [Linear] = []
        for part in parts {
            let weight = try part.tensor("weight", rank: 2), bias = try part.tensor("bias", rank: 1)
            guard bias.count == weight.columns, layers.last.map({ $0.outputs == weight.rows }) ?? true else {
                throw Malformed(description: "'\(part.path)weight' of shape \(weight.shape) does not fit its bias or the layer before")
            }
            layers.append(Linear(weight: weight.trainableCopy(), bias: bias.trainableCopy()))
        }
        guard !layers.isEmpty else { throw Malformed(description: "has a network without layers") }
        return layers
    }

    /// Layers of several multilayer perceptrons, the same activation between all of them.
    func networks(_ key: String, activation: Activation) throws -> [MLP] {
        try nestedParts(key).map { MLP(layers: try LearningCaseFile.layers($0), activation: activation) }
    }
    func network(_ key: String, activation: Activation) throws -> MLP { MLP(layers: try layers(key), activation: activation) }

    func require(_ condition: Bool, _ message: @autoclosure () -> String) throws {
        if !condition { throw Malformed(description: message()) }
    }
}

/// Keeps the largest error over everything compared.
struct LearningComparison {
    /// Infinite where nothing was compared.
    private(set) var largest = Double.infinity
    private(set) var place = "nothing was compared"
    private var isEmpty = true

    /// Error of each element relative to its size, or to a hundredth of the array's largest element where it is smaller than that.
    mutating func compare<Number: BinaryFloatingPoint>(_ name: String, _ found: [Number], _ expected: [Number]) {
        if found.count != expected.count { return note(.infinity, "\(name): \(expected.count) numbers expected, \(found.count) found") }
        let scale = expected.reduce(0) { max($0, abs(Double($1))) }
        for i in expected.indices {
            let error = abs(Double(found[i]) - Double(expected[i])) / max(abs(Double(expected[i])), 0.01 * scale, 1e-12)
            note(error, "\(name)[\(i)]: \(expected[i]) expected, \(found[i]) found")
        }
    }
    mutating func compare(_ name: String, _ found: Tensor, _ expected: Tensor) { compare(name, found.array, expected.array) }
    mutating func compare(_ name: String, _ found: Tensor, _ expected: Double) { compare(name, found.array, [Float(expected)]) }

    /// Tensor by tensor, in their order.
    mutating func compare(_ name: String, _ found: [Tensor], _ expected: [Tensor]) {
        if found.count != expected.count { return note(.infinity, "\(name): \(expected.count) tensors expected, \(found.count) found") }
        for i in found.indices { compare("\(name)[\(i)]", found[i], expected[i]) }
    }
    /// Parameter by parameter.
    mutating func compare(_ name: String, _ found: some Module, _ expected: some Module) {
        compare(name, found.parameters, expected.parameters)
    }

    private mutating func note(_ error: Double, _ place: @autoclosure () -> String) {
        guard isEmpty || !largest.isNaN && !(error <= largest) else { return }  // NaN is an error too, and it stays
        (isEmpty, largest, self.place) = (false, error, place())
    }
}
