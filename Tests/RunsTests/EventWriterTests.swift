import Formats
import Foundation
import TestEnvironments
import Testing

@Suite struct EventWriterTests {
    /// Reads the frames of an event file: payloads, their checksums checked.
    private func payloads(_ path: String) throws -> [[UInt8]] {
        var rest = Array(try bytes(path))[...]
        var result: [[UInt8]] = []
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        func masked(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            let crc = CRC32C.checksum(Array(bytes))
            return UInt64(((crc >> 15) | (crc << 17)) &+ 0xA282_EAD8)
        }
        while !rest.isEmpty {
            let begin = rest.startIndex
            let length = Int(number(rest[begin..<begin + 8]))
            #expect(number(rest[begin + 8..<begin + 12]) == masked(rest[begin..<begin + 8]))
            let payload = rest[begin + 12..<begin + 12 + length]
            #expect(number(rest[begin + 12 + length..<begin + 16 + length]) == masked(payload))
            result.append(Array(payload))
            rest = rest[(begin + 16 + length)...]
        }
        return result
    }

    @Test func eventsAreProtocolBuffersAsTensorFlowDefinesThem() throws {
        let folder = try TemporaryFolder()
        let writer = try EventWriter(folder: folder.path, now: Date(timeIntervalSince1970: 1))
        try writer.write(["a": 0.5], step: 300, now: Date(timeIntervalSince1970: 2))
        let one: [UInt8] = [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], two: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0x40]
        let events = try payloads(writer.path)
        #expect(events.count == 2)
        #expect(events[0] == [0x09] + one + [0x1A, 13] + Array("brain.Event:2".utf8))
        // wall time, step 300 = AC 02, summary { value { tag "a", simple value 0.5 } }
        #expect(events[1] == [0x09] + two + [0x10, 0xAC, 0x02, 0x2A, 10, 0x0A, 8, 0x0A, 1, 0x61, 0x15, 0, 0, 0, 0x3F])
    }

    @Test func resumingBeginsAnotherFileThatOutdatesLaterSteps() throws {
        let folder = try TemporaryFolder()
        let now = Date(timeIntervalSince1970: 1)
        let first = try EventWriter(folder: folder.path, now: now)
        let second = try EventWriter(folder: folder.path, resumingAfter: 299, now: now)
        #expect(first.path < second.path)
        // TensorBoard reads files in the order of their names, and a clock may go back.
        let third = try EventWriter(folder: folder.path, resumingAfter: 299, now: Date(timeIntervalSince1970: 0))
        #expect(second.path < third.path && third.path.contains(".0000000003."))
        let start = try payloads(second.path)[1]
        #expect(Array(start.dropFirst(9)) == [0x10, 0xAC, 0x02, 0x3A, 2, 0x08, 1])
    }
}
