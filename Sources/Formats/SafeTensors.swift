import Core
import Foundation

/// The safetensors format (github.com/huggingface/safetensors): 8 bytes with the header's length, a JSON header of names
/// to type, shape and place, then the arrays one after the other, little-endian, row-major.
public enum SafeTensors {
    /// Writes arrays in an order fixed by their names, so that equal states give equal files, and waits until they are
    /// on the disk. Returns the file's size and checksum. Throws `FileError`; refuses a file that is there.
    @discardableResult
    public static func write(
        _ state: StateDictionary, metadata: [String: String] = [:], to path: String
    ) throws -> (bytes: Int, checksum: UInt32) {
        // Wide types first keeps every array on a multiple of its own width.
        let ordered = state.entries.sorted { ($1.value.width, $0.key) < ($0.value.width, $1.key) }
        var header: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(jsonText($0.key)):\(jsonText($0.value))" }
            header.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for (name, entry) in ordered {
            let end = offset + entry.values.count * entry.width
            header.append(
                "\(jsonText(name)):{\"dtype\":\"\(entry.typeName)\",\"shape\":[\(entry.shape.map(String.init).joined(separator: ","))],"
                    + "\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var json = Array("{\(header.joined(separator: ","))}".utf8)
        json += Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)

        let file = try OutputFile(path, .new)
        var checksum = CRC32C()
        func put(_ bytes: UnsafeRawBufferPointer) throws {
            checksum.update(bytes)
            try file.write(bytes)
        }
        try withUnsafeBytes(of: UInt64(json.count).littleEndian) { try put($0) }
        try json.withUnsafeBytes { try put($0) }
        for (_, entry) in ordered { try entry.withBytes { try put($0) } }
        try file.synchronize()
        try file.close()
        return (8 + json.count + offset, checksum.value)
    }

    /// Reads a whole file. Throws `GaitError.input` naming the file, what is wrong with it and what was expected.
    public static func read(_ path: String) throws -> (state: StateDictionary, metadata: [String: String]) {
        let data: Data
        do { data = try readFile(path) } catch { throw GaitError.input("\(error)") }
        return try data.withUnsafeBytes { try parse($0, path: path) }
    }

    private struct Item: Decodable {
        var dtype: String?
        var shape: [Int]?
        var data_offsets: [Int]?
    }
    private struct Metadata: Decodable { var __metadata__: [String: String]? }

    private static func parse(
        _ bytes: UnsafeRawBufferPointer, path: String
    ) throws -> (state: StateDictionary, metadata: [String: String]) {
        func bad(_ reason: String) -> GaitError { .input("\(path): not a valid safetensors file: \(reason)") }
        guard bytes.count >= 8 else { throw bad("8 bytes of header length expected, the file has \(bytes.count)") }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(bytes.count - 8) else {
            throw bad("a header of \(length) bytes expected, \(bytes.count - 8) bytes follow; the file is truncated or damaged")
        }
        let json = Data(bytes[8..<8 + Int(length)])
        guard let items = try? JSONDecoder().decode([String: Item].self, from: json) else {
            throw bad("the header is not a JSON object of arrays")
        }
        let metadata = (try? JSONDecoder().decode(Metadata.self, from: json))?.__metadata__ ?? [:]
        let body = UnsafeRawBufferPointer(rebasing: bytes[(8 + Int(length))...])

        var state = StateDictionary(), places: [(begin: Int, end: Int, name: String)] = []
        for (name, item) in items where name != "__metadata__" {
            guard let type = item.dtype, let shape = item.shape, let offsets = item.data_offsets, offsets.count == 2 else {
                throw bad("array '\(name)': dtype, shape and two data_offsets expected")
            }
            let (begin, end) = (offsets[0], offsets[1])
            guard 0 <= begin, begin <= end, end <= body.count else {
                throw bad("array '\(name)' lies at bytes \(begin) to \(end), the file holds \(body.count); it is truncated or damaged")
            }
            guard let width = widths[type] else {
                throw bad("array '\(name)' has type \(type); one of \(widths.keys.sorted().joined(separator: ", ")) expected")
            }
            guard let count = elements(shape), count.multipliedReportingOverflow(by: width) == (end - begin, false) else {
                throw bad("array '\(name)' of shape \(shape) and type \(type) can't lie in \(end - begin) bytes")
            }
            places.append((begin, end, name))
            state[name] = entry(type, shape, count, UnsafeRawBufferPointer(rebasing: body[begin..<end]))
        }
        var position = 0
        for place in places.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
            guard place.begin == position else {
                throw bad("array '\(place.name)' begins at byte \(place.begin), \(position) expected: arrays overlap or leave a hole")
            }
            position = place.end
        }
        guard position == body.count else { throw bad("\(body.count - position) bytes follow the last array") }
        return (state, metadata)
    }

    private static let widths = ["F32": 4, "F64": 8, "I64": 8, "U64": 8, "U8": 1]

    private static func elements(_ shape: [Int]) -> Int? {
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { return nil }
            count = product
        }
        return count
    }

    private static func entry(_ type: String, _ shape: [Int], _ count: Int, _ bytes: UnsafeRawBufferPointer) -> StateDictionary.Entry {
        func array<T>(_ zero: T) -> [T] {
            [T](unsafeUninitializedCapacity: count) { buffer, initialized in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
                initialized = count
            }
        }
        let values: StateDictionary.Values =
            switch type {
            case "F32": .float32(array(Float(0)))
            case "F64": .float64(array(0.0))
            case "I64": .int64(array(Int64(0)))
            case "U64": .uint64(array(UInt64(0)))
            default: .uint8(array(UInt8(0)))
            }
        return StateDictionary.Entry(shape: shape, values: values)
    }

    private static func jsonText(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

extension StateDictionary.Entry {
    fileprivate var typeName: String {
        switch values {
        case .float32: "F32"
        case .float64: "F64"
        case .int64: "I64"
        case .uint64: "U64"
        case .uint8: "U8"
        }
    }

    fileprivate var width: Int {
        switch values {
        case .float32: 4
        case .float64, .int64, .uint64: 8
        case .uint8: 1
        }
    }

    fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        switch values {
        case .float32(let v): try v.withUnsafeBytes(body)
        case .float64(let v): try v.withUnsafeBytes(body)
        case .int64(let v): try v.withUnsafeBytes(body)
        case .uint64(let v): try v.withUnsafeBytes(body)
        case .uint8(let v): try v.withUnsafeBytes(body)
        }
    }
}
