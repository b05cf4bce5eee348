import Core
import Formats
import Foundation

/// Arrays by name, with error messages for those that are not as expected.
struct ArrayFile {
    let path: String
    let arrays: [String: NumPyArray]

    init(_ path: String) throws {
        self.path = path
        var arrays: [String: NumPyArray] = [:]
        for (name, bytes) in try StoredZip.files(readFile(path), path: path) {
            arrays[name.hasSuffix(".npy") ? String(name.dropLast(4)) : name] = NumPyArray(file: bytes)
        }
        self.arrays = arrays
    }

    func fault(_ name: String, _ expected: String) -> GaitError { .input("\(path): array '\(name)': \(expected)") }

    func has(_ name: String) -> Bool { arrays[name] != nil }

    private func array(_ name: String) throws -> NumPyArray {
        guard let array = arrays[name] else { throw fault(name, "it is missing, or of a type that `gait record` does not write") }
        return array
    }

    func text(_ name: String) throws -> String {
        guard case .text(let text) = try array(name).elements else { throw fault(name, "a text expected") }
        return text
    }

    func integer(_ name: String) throws -> Int {
        guard case .integers(let values) = try array(name).elements, values.count == 1 else { throw fault(name, "one integer expected") }
        return Int(values[0])
    }

    func width(_ name: String) throws -> Int {
        let shape = try array(name).shape
        guard shape.count == 2 else { throw fault(name, "two dimensions expected") }
        return shape[1]
    }

    /// Finite numbers; `width` columns where there are any.
    func doubles(_ name: String, width: Int?) throws -> [Double] {
        let array = try array(name)
        if let width, array.shape.count != 2 || array.shape[1] != width { throw fault(name, "[rows, \(width)] expected, \(array.shape) found") }
        let values: [Double] = switch array.elements {
        case .doubles(let values): values
        case .floats(let values): values.map(Double.init)
        case .integers, .text: throw fault(name, "floating-point numbers expected")
        }
        guard values.allSatisfy(\.isFinite) else { throw fault(name, "it contains numbers that are not finite") }
        return values
    }

    /// The episode of each row.
    func episodes(_ name: String) throws -> [Int] {
        guard case .integers(let values) = try array(name).elements else { throw fault(name, "integers expected") }
        return values.map { Int($0) }
    }

    /// Rows by episode.
    func rows(_ name: String, width: Int?, _ episodes: [Int]) throws -> [Int: [Double]] {
        let values = try doubles(name, width: width), width = width ?? 1
        let (count, isTooLarge) = episodes.count.multipliedReportingOverflow(by: width)
        guard !isTooLarge, values.count == count else { throw fault(name, "\(episodes.count) rows expected") }
        var rows: [Int: [Double]] = [:]
        for (row, episode) in episodes.enumerated() { rows[episode, default: []] += values[row * width..<(row + 1) * width] }
        return rows
    }
}
