import Foundation

/// Writes scalars that TensorBoard shows: an event file of length-prefixed protocol buffers (tensorflow/core/util/event.proto),
/// each framed by masked CRC-32C checksums. The file is opened for each addition.
public struct EventWriter: Sendable {
    public let path: String

    /// Begins a new event file in a folder. After a resume give the step from which training goes on: points of older
    /// files in this folder beyond it belong to steps that are done again, and TensorBoard drops them.
    /// Throws `FileError`.
    public init(folder: String, resumingAfter step: Int? = nil, now: Date = Date()) throws {
        // TensorBoard reads files in the order of their names: this one must be the last, whatever the clock says.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let last = names.compactMap { $0.hasPrefix(Self.prefix) ? Int($0.dropFirst(Self.prefix.count).prefix { $0 != "." }) : nil }.filter { $0 < .max }.max()
        let time = max(Int(now.timeIntervalSince1970), (last ?? -1) + 1)
        path = "\(folder)/\(Self.prefix)\(String(format: "%010d", time)).\(hostName()).\(getpid()).0"
        var version = Message()
        version.double(1, now.timeIntervalSince1970)
        version.bytes(3, Array("brain.Event:2".utf8))
        var frames = Self.frame(version)
        if let step {
            // SessionLog{status: START} tells the reader to drop points at its step and above; those at `step` are kept.
            var session = Message()
            session.integer(1, 1)
            var event = Message()
            event.double(1, now.timeIntervalSince1970)
            event.integer(2, UInt64(step + 1))
            event.bytes(7, session.data)
            frames += Self.frame(event)
        }
        try append(frames)
    }

    private static let prefix = "events.out.tfevents."

    /// Adds one event that holds all of `scalars`, by tag. Throws `FileError`.
    public func write(_ scalars: [String: Double], step: Int, now: Date = Date()) throws {
        guard !scalars.isEmpty else { return }
        var summary = Message()
        for (tag, value) in scalars.sorted(by: { $0.key < $1.key }) {
            var entry = Message()
            entry.bytes(1, Array(tag.utf8))
            entry.float(2, Float(value))
            summary.bytes(1, entry.data)
        }
        var event = Message()
        event.double(1, now.timeIntervalSince1970)
        event.integer(2, UInt64(step))
        event.bytes(5, summary.data)
        try append(Self.frame(event))
    }

    private func append(_ bytes: [UInt8]) throws {
        let file = try OutputFile(path, .appending)
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.close()
    }

    /// length (8 bytes), masked checksum of these, data, masked checksum of the data; all little-endian.
    private static func frame(_ message: Message) -> [UInt8] {
        let length = littleEndian(UInt64(message.data.count))
        return length + littleEndian(masked(CRC32C.checksum(length))) + message.data
            + littleEndian(masked(CRC32C.checksum(message.data)))
    }

    private static func masked(_ crc: UInt32) -> UInt32 { ((crc >> 15) | (crc << 17)) &+ 0xA282_EAD8 }
}

private func littleEndian<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A protocol buffer message being written: fields by number.
private struct Message {
    var data: [UInt8] = []

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 128 {
            data.append(UInt8(rest & 127) | 128)
            rest >>= 7
        }
        data.append(UInt8(rest))
    }
    mutating func integer(_ field: UInt64, _ value: UInt64) {
        varint(field << 3)
        varint(value)
    }
    mutating func double(_ field: UInt64, _ value: Double) {
        varint(field << 3 | 1)
        data += littleEndian(value.bitPattern)
    }
    mutating func bytes(_ field: UInt64, _ value: [UInt8]) {
        varint(field << 3 | 2)
        varint(UInt64(value.count))
        data += value
    }
    mutating func float(_ field: UInt64, _ value: Float) {
        varint(field << 3 | 5)
        data += littleEndian(value.bitPattern)
    }
}
