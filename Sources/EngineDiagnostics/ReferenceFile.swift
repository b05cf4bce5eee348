import Diagnostics
import Foundation

/// One JSON file of recorded numbers, read by key paths that fail with a message naming the file and the key.
struct ReferenceFile {
    let url: URL
    let content: [String: Any]

    /// `models/half_cheetah.json`: the folder and the file, as cases are named.
    var name: String { Self.caseName(url) }
    /// `half_cheetah`
    var stem: String { url.deletingPathExtension().lastPathComponent }

    static func caseName(_ url: URL) -> String {
        "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)"
    }

    /// Throws `ReferenceError` when the file is not a JSON object.
    init(_ url: URL) throws {
        self.url = url
        do {
            let parsed = try JSONSerialization.jsonObject(with: Data(contentsOf: url))
            guard let object = parsed as? [String: Any] else {
                throw ReferenceError("\(url.path): a JSON object expected")
            }
            content = object
        } catch let error as ReferenceError {
            throw error
        } catch {
            throw ReferenceError("\(url.path) can't be read as JSON: \(Self.reason(error))")
        }
    }

    private static func reason(_ error: any Error) -> String {
        let details = (error as NSError).userInfo["NSDebugDescription"] as? String
        return details ?? String(describing: error)
    }

    /// Every `.json` file of a folder, by name. Throws when there is no such folder.
    static func files(in folder: URL) throws -> [URL] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw ReferenceError("there is no reference folder '\(folder.path)'")
        }
        return names.filter { $0.hasSuffix(".json") }.sorted().map { folder.appendingPathComponent($0) }
    }

    func numbers(_ key: String) throws -> [Double] { try Self.numbers(content, key, in: url) }
    func number(_ key: String) throws -> Double { try Self.number(content, key, in: url) }

    func string(_ key: String) throws -> String {
        guard let value = content[key] as? String else { throw ReferenceError("\(url.path): '\(key)' must be a string") }
        return value
    }

    func objects(_ key: String) throws -> [[String: Any]] {
        guard let value = content[key] as? [[String: Any]] else {
            throw ReferenceError("\(url.path): '\(key)' must be an array of objects")
        }
        return value
    }

    /// An array of numbers, or one number, or one truth value (as 0 or 1).
    static func numbers(_ object: [String: Any], _ key: String, in url: URL) throws -> [Double] {
        guard let value = object[key] else { throw ReferenceError("\(url.path): '\(key)' is missing") }
        if let numbers = value as? [NSNumber] { return numbers.map(\.doubleValue) }
        if let number = value as? NSNumber { return [number.doubleValue] }
        throw ReferenceError("\(url.path): '\(key)' must be a number or an array of numbers")
    }

    static func number(_ object: [String: Any], _ key: String, in url: URL) throws -> Double {
        let values = try numbers(object, key, in: url)
        guard values.count == 1 else { throw ReferenceError("\(url.path): '\(key)' must be one number") }
        return values[0]
    }
}

/// A reference file with an error.
struct ReferenceError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// The largest error over everything that a case compares, and where it is.
struct Comparison {
    private(set) var largestError = 0.0
    private(set) var place = "nothing compared"
    private(set) var compared = 0
    /// Values below this are compared as if they were this large.
    var floor = 1.0

    mutating func compare(_ found: [Double], _ expected: [Double], _ label: @autoclosure () -> String) {
        guard found.count == expected.count else {
            fail("\(label()): \(expected.count) numbers expected, \(found.count) found")
            return
        }
        for (index, (x, y)) in zip(found, expected).enumerated() {
            let error = x == y ? 0 : abs(x - y) / max(floor, abs(y))
            compared += 1
            guard error.isFinite else { return fail("\(label())[\(index)] is \(x), \(y) expected") }
            if error > largestError || compared == 1 {
                largestError = max(error, largestError)
                place = "\(label())[\(index)]"
            }
        }
    }

    mutating func fail(_ reason: String) {
        largestError = .infinity
        place = reason
    }

    func result(_ name: String, tolerance: Double) -> VerificationResult {
        let error = compared == 0 ? .infinity : largestError
        return VerificationResult(
            name: name, largestError: error, tolerance: tolerance,
            detail: error.isFinite ? "\(compared) numbers, largest error at \(place)" : place)
    }
}

extension VerificationResult {
    /// A case that could not be run.
    static func failure(_ name: String, tolerance: Double, _ error: any Error) -> VerificationResult {
        VerificationResult(name: name, largestError: .infinity, tolerance: tolerance, detail: String(describing: error))
    }
}
