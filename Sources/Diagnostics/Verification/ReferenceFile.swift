import Environments
import Foundation

/// One JSON file of recorded numbers, read by key paths that fail with a message naming the file and the key.
package struct ReferenceFile {
    package let url: URL
    package let content: [String: Any]

    /// `models/half_cheetah.json`: the folder and the file, as cases are named.
    package var name: String { Self.caseName(url) }
    /// `half_cheetah`
    package var stem: String { url.deletingPathExtension().lastPathComponent }

    package static func caseName(_ url: URL) -> String {
        "\(url.deletingLastPathComponent().lastPathComponent)/\(url.lastPathComponent)"
    }

    /// Throws `ReferenceError` when the file is not a JSON object.
    package init(_ url: URL) throws {
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

    /// Every `.json` file of a folder, by name. Throws when there is no such folder, or no such file in it.
    package static func files(in folder: URL) throws -> [URL] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
            throw ReferenceError("there is no reference folder '\(folder.path)'")
        }
        let files = names.filter { $0.hasSuffix(".json") }.sorted()
        if files.isEmpty { throw ReferenceError("\(folder.path): no .json file there, where recorded cases are expected") }
        return files.map { folder.appendingPathComponent($0) }
    }

    package func numbers(_ key: String) throws -> [Double] { try Self.numbers(content, key, in: url) }
    package func number(_ key: String) throws -> Double { try Self.number(content, key, in: url) }

    package func string(_ key: String) throws -> String {
        guard let value = content[key] as? String else { throw ReferenceError("\(url.path): '\(key)' must be a string") }
        return value
    }

    /// At least one.
    package func objects(_ key: String) throws -> [[String: Any]] {
        guard let value = content[key] as? [[String: Any]], !value.isEmpty else {
            throw ReferenceError("\(url.path): '\(key)' must be an array of at least one object")
        }
        return value
    }

    /// An array of numbers, or one number, or one truth value (as 0 or 1).
    package static func numbers(_ object: [String: Any], _ key: String, in url: URL) throws -> [Double] {
        guard let value = object[key] else { throw ReferenceError("\(url.path): '\(key)' is missing") }
        if let numbers = value as? [NSNumber] { return numbers.map(\.doubleValue) }
        if let number = value as? NSNumber { return [number.doubleValue] }
        throw ReferenceError("\(url.path): '\(key)' must be a number or an array of numbers")
    }

    package static func number(_ object: [String: Any], _ key: String, in url: URL) throws -> Double {
        let values = try numbers(object, key, in: url)
        guard values.count == 1 else { throw ReferenceError("\(url.path): '\(key)' must be one number") }
        return values[0]
    }
}

extension ReferenceFile {
    /// The family that the file names. Throws `ReferenceError` with the known ones.
    package func family(among families: [any TaskFamily]) throws -> any TaskFamily {
        let name = try string("family")
        if let family = families.first(where: { $0.name == name }) { return family }
        throw ReferenceError("\(url.path): unknown family '\(name)'; known families: \(families.map(\.name).joined(separator: ", "))")
    }

    /// The task whose parameters are the object at `key`. A list of lists, such as rows and columns of cells, becomes one list.
    package func task(_ key: String) throws -> TaskDescription {
        guard let object = content[key] as? [String: Any] else { throw ReferenceError("\(url.path): '\(key)' must be an object") }
        var parameters: [String: [Double]] = [:]
        for (key, value) in object {
            parameters[key] = try (value as? [[NSNumber]])?.flatMap { $0.map(\.doubleValue) } ?? Self.numbers(object, key, in: url)
        }
        return TaskDescription(name: stem, parameters: parameters)
    }
}

extension [VerificationResult] {
    /// One result for every JSON file of a folder; one failed result where there is no such folder or file.
    package static func ofFiles(
        in folder: URL, tolerance: Double, _ compare: (ReferenceFile) throws -> Comparison
    ) -> [VerificationResult] {
        do {
            return try ReferenceFile.files(in: folder).map { url in
                let name = ReferenceFile.caseName(url)
                do { return try compare(ReferenceFile(url)).result(name, tolerance: tolerance) } catch {
                    return .failure(name, tolerance: tolerance, error)
                }
            }
        } catch {
            return [.failure(folder.lastPathComponent, tolerance: tolerance, error)]
        }
    }
}

/// A reference file with an error.
package struct ReferenceError: Error, CustomStringConvertible {
    package var description: String
    package init(_ description: String) { self.description = description }
}

/// The largest error over everything that a case compares, and where it is.
package struct Comparison {
    package private(set) var largestError = 0.0
    package private(set) var place = "nothing compared"
    /// By kind: the last word of a label, such as `qpos` of `step 7 qpos`.
    private var errors: [Substring: [Double]] = [:]
    private var compared = 0
    /// See `VerificationResult`.
    package var recordedWith: String?
    package var medianTolerance = 1e-4
    /// Values below this are compared as if they were this large.
    package var floor = 1.0

    package init() {}

    package mutating func compare(_ found: [Double], _ expected: [Double], _ label: @autoclosure () -> String) {
        guard found.count == expected.count else {
            fail("\(label()): \(expected.count) numbers expected, \(found.count) found")
            return
        }
        let kind = label().split(separator: " ").last ?? ""
        for (index, (x, y)) in zip(found, expected).enumerated() {
            let error = x == y ? 0 : abs(x - y) / max(floor, abs(y))
            compared += 1
            errors[kind, default: []].append(error)
            guard error.isFinite else { return fail("\(label())[\(index)] is \(x), \(y) expected") }
            if error > largestError || compared == 1 && largestError == 0 {
                largestError = max(error, largestError)
                place = "\(label())[\(index)]"
            }
        }
    }

    /// Of several reasons the first stays.
    package mutating func fail(_ reason: String) {
        guard largestError.isFinite else { return }
        largestError = .infinity
        place = reason
    }

    package func result(_ name: String, tolerance: Double) -> VerificationResult {
        let error = compared == 0 ? .infinity : largestError
        let median = errors.values.map { $0.sorted()[$0.count / 2] }.max() ?? 0
        return VerificationResult(
            name: name, largestError: error, medianError: error.isFinite ? median : error, tolerance: tolerance,
            detail: error.isFinite ? "\(compared) numbers, largest error at \(place)" : place, recordedWith: recordedWith,
            medianTolerance: medianTolerance)
    }
}

extension VerificationResult {
    /// A case that could not be run.
    package static func failure(_ name: String, tolerance: Double, _ error: any Error) -> VerificationResult {
        VerificationResult(name: name, largestError: .infinity, tolerance: tolerance, detail: String(describing: error))
    }
}
