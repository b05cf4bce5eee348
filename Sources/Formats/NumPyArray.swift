import Foundation

/// An array as NumPy's .npy files hold it (format version 1.0), little-endian and row-major.
package struct NumPyArray: Equatable, Sendable {
    package enum Elements: Equatable {
        case doubles([Double]), floats([Float]), integers([Int64])
        /// One text, of no dimension.
        case text(String)
    }
    package var shape: [Int]
    package var elements: Elements

    /// Rows of `width` numbers; one dimension where none is given.
    package init(_ values: [Double], width: Int? = nil) { (elements, shape) = (.doubles(values), Self.shape(values.count, width)) }
    package init(_ values: [Float], width: Int? = nil) { (elements, shape) = (.floats(values), Self.shape(values.count, width)) }
    package init(_ values: [Int64]) { (elements, shape) = (.integers(values), [values.count]) }
    package init(_ text: String) { (elements, shape) = (.text(text), []) }
    package init(_ number: Double) { (elements, shape) = (.doubles([number]), []) }
    package init(_ number: Int64) { (elements, shape) = (.integers([number]), []) }

    private static func shape(_ count: Int, _ width: Int?) -> [Int] { width.map { [count / max(1, $0), $0] } ?? [count] }

    private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]

    /// The content of a .npy file.
    package var file: [UInt8] {
        var data: [UInt8] = []
        let type: String
        switch elements {
        case .doubles(let values):
            type = "<f8"
            for value in values { data.append(little: value.bitPattern) }
        case .floats(let values):
            type = "<f4"
            for value in values { data.append(little: value.bitPattern) }
        case .integers(let values):
            type = "<i8"
            for value in values { data.append(little: value) }
        case .text(let text):
            type = "<U\(max(1, text.unicodeScalars.count))"
            for scalar in text.unicodeScalars { data.append(little: scalar.value) }
            if text.isEmpty { data.append(little: UInt32(0)) }
        }
        let sizes = shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map { "\($0)" }.joined(separator: ", ") + ")"
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': \(sizes), }"
        // The data begin at a multiple of 64 bytes.
        header += String(repeating: " ", count: 63 - (Self.magic.count + 2 + header.utf8.count) % 64) + "\n"
        var bytes = Self.magic
        bytes.append(little: UInt16(header.utf8.count))
        return bytes + Array(header.utf8) + data
    }

    /// Reads the content of a .npy file; nil if it is not one, or has another type than those above.
    package init?(file bytes: ArraySlice<UInt8>) {
        let start = bytes.startIndex
        guard bytes.count >= 10, bytes.starts(with: Self.magic.prefix(6)), bytes[start + 6] == 1 else { return nil }
        let length = Int(bytes[start + 8]) | Int(bytes[start + 9]) << 8
        guard bytes.count >= 10 + length else { return nil }
        let header = String(decoding: bytes[start + 10..<start + 10 + length], as: UTF8.self)
        guard let type = Self.entry("descr", header, from: "'", to: "'"), let sizes = Self.entry("shape", header, from: "(", to: ")"),
            header.contains("'fortran_order': False")
        else { return nil }
        let parts = sizes.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
        shape = parts.compactMap { Int($0) }
        var count = 1
        for size in shape {
            let product = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !product.overflow else { return nil }
            count = product.partialValue
        }
        let data = bytes[(start + 10 + length)...]
        guard shape.count == parts.count, let width = Int(type.dropFirst(2)), width > 0 else { return nil }
        func numbers<T: FixedWidthInteger>(_ type: T.Type) -> [T]? {
            guard data.count / MemoryLayout<T>.size >= count, data.count == count * MemoryLayout<T>.size else { return nil }
            return data.withUnsafeBytes { raw in
                (0..<count).map { T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.size, as: T.self)) }
            }
        }
        switch type {
        case "<f8":
            guard let words = numbers(UInt64.self) else { return nil }
            elements = .doubles(words.map(Double.init(bitPattern:)))
        case "<f4":
            guard let words = numbers(UInt32.self) else { return nil }
            elements = .floats(words.map(Float.init(bitPattern:)))
        case "<i8":
            guard let words = numbers(Int64.self) else { return nil }
            elements = .integers(words)
        default:
            guard type.hasPrefix("<U"), shape.isEmpty, data.count % 4 == 0, data.count / 4 == width else { return nil }
            count = width
            let scalars = (numbers(UInt32.self) ?? []).prefix { $0 != 0 }.compactMap(Unicode.Scalar.init)
            elements = .text(String(String.UnicodeScalarView(scalars)))
        }
    }

    /// The text between two marks after a key of the header's dictionary.
    private static func entry(_ key: String, _ header: String, from opening: Character, to closing: Character) -> String? {
        guard let name = header.range(of: "'\(key)':") else { return nil }
        let rest = header[name.upperBound...]
        guard let first = rest.firstIndex(of: opening), let last = rest[rest.index(after: first)...].firstIndex(of: closing) else { return nil }
        return String(rest[rest.index(after: first)..<last])
    }
}
