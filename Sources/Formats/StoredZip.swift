import Core
import Foundation

/// A zip archive whose files are stored as they are (PKWARE APPNOTE 4.3, method 0), below 4 GB.
package enum StoredZip {
    private static let local: UInt32 = 0x0403_4B50, central: UInt32 = 0x0201_4B50, end: UInt32 = 0x0605_4B50
    private static let endSize = 22
    /// 1 January 1980, the earliest date there is: the same content gives the same bytes.
    private static let date: UInt16 = 0x21

    /// Nil where it would be larger than `most` bytes.
    package static func archive(_ files: [(name: String, bytes: [UInt8])], most: Int = Int(UInt32.max)) -> [UInt8]? {
        // Both headers of a file are below 100 bytes without its name.
        guard files.reduce(endSize, { $0 + $1.bytes.count + 2 * $1.name.utf8.count + 100 }) <= most else { return nil }
        var body: [UInt8] = [], directory: [UInt8] = []
        for file in files {
            let name = Array(file.name.utf8)
            // Version 2.0, no flags, stored, time, date; checksum; both sizes; lengths of the name and of nothing more.
            var common: [UInt8] = []
            for field in [20, 0, 0, 0, date] as [UInt16] { common.append(little: field) }
            common.append(little: CRC32.checksum(file.bytes))
            common.append(little: UInt32(file.bytes.count))
            common.append(little: UInt32(file.bytes.count))
            common.append(little: UInt16(name.count))
            common.append(little: UInt16(0))

            directory.append(little: central)
            directory.append(little: UInt16(20))
            directory += common
            for field in [0, 0, 0] as [UInt16] { directory.append(little: field) }
            directory.append(little: UInt32(0))
            directory.append(little: UInt32(body.count))
            directory += name

            body.append(little: local)
            body += common + name + file.bytes
        }
        let start = body.count
        body += directory
        body.append(little: end)
        for field in [0, 0, UInt16(files.count), UInt16(files.count)] as [UInt16] { body.append(little: field) }
        body.append(little: UInt32(directory.count))
        body.append(little: UInt32(start))
        body.append(little: UInt16(0))
        return body
    }

    /// Files by name. Throws `GaitError.input` naming `path` where this is no such archive, or damaged.
    package static func files(_ data: Data, path: String) throws -> [String: ArraySlice<UInt8>] {
        let bytes = Array(data)
        func fault(_ what: String) -> GaitError { .input("\(path): \(what); a .npz file with stored arrays expected, as `gait record` writes") }
        func number(_ offset: Int, _ count: Int) throws -> Int {
            guard offset >= 0, offset + count <= bytes.count else { throw fault("the file is cut off") }
            return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
        }
        let last = bytes.count - endSize
        let earliest = max(0, last - 0xFFFF)
        guard last >= 0, let tail = try stride(from: last, through: earliest, by: -1).first(where: { try number($0, 4) == Int(end) })
        else { throw fault("not a zip archive, or cut off") }
        var files: [String: ArraySlice<UInt8>] = [:]
        var entry = try number(tail + 16, 4)
        for _ in 0..<(try number(tail + 10, 2)) {
            guard try number(entry, 4) == Int(central) else { throw fault("its directory is damaged") }
            let size = try number(entry + 24, 4), nameLength = try number(entry + 28, 2)
            _ = try number(entry + 46 + nameLength, 0)
            let name = String(decoding: bytes[entry + 46..<entry + 46 + nameLength], as: UTF8.self)
            guard try number(entry + 10, 2) == 0 else { throw fault("'\(name)' is compressed") }
            let header = try number(entry + 42, 4)
            let start = try header + 30 + number(header + 26, 2) + number(header + 28, 2)
            _ = try number(start + size, 0)
            let content = bytes[start..<start + size]
            guard try Int(CRC32.checksum(content)) == number(entry + 16, 4) else { throw fault("'\(name)' is damaged") }
            files[name] = content
            entry += try 46 + nameLength + number(entry + 30, 2) + number(entry + 32, 2)
        }
        return files
    }
}

extension [UInt8] {
    mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
