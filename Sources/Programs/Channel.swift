import Foundation

/// One end of the stream socket between Gait and a program. Messages are written into and read from two buffers that are kept, so that
/// a step allocates nothing; what a large message, such as a checkpoint, made them larger is given back after it. One thread at a time.
package final class Channel {
    private let file: Int32
    /// Seconds without a message after which `receive` throws.
    package let patience: Int
    /// Bytes of a buffer that are kept at the most.
    private static let kept = 1 << 26
    private var outgoing: [UInt8] = []
    private var incoming = [UInt8](repeating: 0, count: 1 << 16)
    /// Bytes of `incoming` that are read from the socket and not yet taken: after the present message.
    private var start = 0
    private var end = 0
    /// The present message's payload in `incoming`.
    private var payloadStart = 0
    private var payloadEnd = 0

    /// Owns `file`, a connected stream socket, and closes it at its end. A `patience` of 0 waits forever.
    package init(_ file: Int32, patience: Int) {
        self.file = file
        self.patience = patience
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(file, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { Foundation.close(file) }

    /// The other side sees the end at once, whoever else holds this file.
    package func shutDown() { _ = shutdown(file, Int32(SHUT_RDWR)) }

    /// The two ends of a new channel; neither is inherited by other programs.
    package static func pair() throws -> (own: Int32, others: Int32) {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | 0o2000000, 0, &ends) == 0 else {
            throw ChannelError.failed(String(cString: strerror(errno)))
        }
        return (ends[0], ends[1])
    }
}

// MARK: Sending

extension Channel {
    /// Sends a message; `write` appends its payload.
    package func send(_ kind: UInt32, handle: UInt32 = 0, argument: UInt32 = 0, _ write: (inout MessageWriter) -> Void = { _ in }) throws {
        var writer = MessageWriter(bytes: outgoing)
        outgoing = []
        writer.bytes.removeAll(keepingCapacity: true)
        writer.append(MessageHeader(size: 0, kind: kind, handle: handle, argument: argument))
        write(&writer)
        guard let size = UInt32(exactly: writer.bytes.count - MessageHeader.bytes) else {
            throw ChannelError.failed("a message of 4 GiB or more can't be sent")
        }
        writer.bytes.withUnsafeMutableBytes { $0.storeBytes(of: size.littleEndian, as: UInt32.self) }
        outgoing = writer.bytes
        defer { if outgoing.count > Self.kept { outgoing = [] } }
        try outgoing.withUnsafeBytes(sendAll)
    }

    private func sendAll(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes
        while !rest.isEmpty {
            let count = Foundation.send(file, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
    }

    private func failure(_ code: Int32) -> ChannelError {
        switch code {
        case EAGAIN, EWOULDBLOCK: .silent(seconds: patience)
        case EPIPE, ECONNRESET: .ended
        default: .failed(String(cString: strerror(code)))
        }
    }
}

// MARK: Receiving

extension Channel {
    /// The next message's head. Its payload is in `reader` until the next call.
    package func receive() throws -> MessageHeader {
        try fill(MessageHeader.bytes)
        let header = incoming.withUnsafeBytes { bytes in
            func word(_ index: Int) -> UInt32 { UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: start + 4 * index, as: UInt32.self)) }
            return MessageHeader(size: word(0), kind: word(1), handle: word(2), argument: word(3))
        }
        // Bytes that are no message would have a size to wait for.
        guard header.kind & ~MessageKind.reply <= MessageKind.largest else {
            throw ChannelError.wrongMessage("a request of kind \(header.kind), with \(header.size) bytes, is none of the protocol")
        }
        let total = MessageHeader.bytes + Int(header.size)
        try fill(total)
        (payloadStart, payloadEnd) = (start + MessageHeader.bytes, start + total)
        start += total
        return header
    }

    /// Reads the present message's payload from its beginning. Valid until the next `receive`.
    package func withPayload<Result>(_ body: (inout MessageReader) throws -> Result) throws -> Result {
        try incoming.withUnsafeBytes { bytes in
            var reader = MessageReader(bytes: UnsafeRawBufferPointer(rebasing: bytes[payloadStart..<payloadEnd]))
            return try body(&reader)
        }
    }

    /// The present message's payload as UTF-8 text.
    package var text: String { String(decoding: incoming[payloadStart..<payloadEnd], as: UTF8.self) }
    /// The present message's payload.
    package var payload: [UInt8] { Array(incoming[payloadStart..<payloadEnd]) }

    /// Reads until `count` bytes are there from `start` on.
    private func fill(_ count: Int) throws {
        while end - start < count {
            if start > 0, start == end {
                (start, end) = (0, 0)
                if incoming.count > Self.kept, count <= Self.kept { incoming = [UInt8](repeating: 0, count: 1 << 16) }
            }
            if start > 0, start + count > incoming.count {
                incoming.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
                (start, end) = (0, end - start)
            }
            if count > incoming.count {
                // Grows by what has come, so that a damaged size alone takes no memory.
                let room = min(count, max(2 * incoming.count, 1 << 16))
                if end == incoming.count { incoming.append(contentsOf: repeatElement(0, count: room - incoming.count)) }
            }
            let received = incoming.withUnsafeMutableBytes { recv(file, $0.baseAddress! + end, $0.count - end, 0) }
            if received > 0 {
                end += received
            } else if received == 0 {
                throw ChannelError.ended
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
    }
}

/// Appends the payload of a message.
package struct MessageWriter {
    fileprivate(set) var bytes: [UInt8]

    fileprivate mutating func append(_ header: MessageHeader) {
        for word in [header.size, header.kind, header.handle, header.argument] {
            withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        }
    }

    /// float32, little-endian, as all machines that Gait runs on have them.
    package mutating func append(_ values: [Float]) { values.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    package mutating func append(_ values: [Double]) { values.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    package mutating func append(_ value: UInt8) { bytes.append(value) }
    package mutating func append(_ values: [UInt8]) { bytes.append(contentsOf: values) }
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    /// Ones and zeros.
    package mutating func append(_ values: [Bool]) { for value in values { bytes.append(value ? 1 : 0) } }
}

/// Reads the payload of a message from its beginning.
package struct MessageReader {
    private var bytes: UnsafeRawBufferPointer
    /// Bytes that are not yet read.
    package var count: Int { bytes.count }

    fileprivate init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func take(_ count: Int, _ what: String) throws -> UnsafeRawBufferPointer {
        guard bytes.count >= count else {
            throw ChannelError.wrongMessage("\(what): \(count) bytes expected, found \(bytes.count)")
        }
        defer { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count)) }
        return UnsafeRawBufferPointer(rebasing: bytes.prefix(count))
    }

    /// Fills `values`. Throws `ChannelError` where there are not so many numbers.
    package mutating func read(_ values: inout [Float], _ what: String) throws {
        let source = try take(4 * values.count, what)
        values.withUnsafeMutableBytes { $0.copyMemory(from: source) }
    }

    package mutating func read(_ values: inout [Double], _ what: String) throws {
        let source = try take(8 * values.count, what)
        values.withUnsafeMutableBytes { $0.copyMemory(from: source) }
    }

    /// Ones and zeros.
    package mutating func read(_ values: inout [Bool], _ what: String) throws {
        let source = try take(values.count, what)
        for index in values.indices { values[index] = source[index] != 0 }
    }

    package mutating func read(_ values: inout [UInt8], _ what: String) throws {
        let source = try take(values.count, what)
        values.withUnsafeMutableBytes { $0.copyMemory(from: source) }
    }

    package mutating func integer(_ what: String) throws -> UInt64 {
        UInt64(littleEndian: try take(8, what).loadUnaligned(as: UInt64.self))
    }

    package mutating func byte(_ what: String) throws -> UInt8 { try take(1, what)[0] }

    /// Throws `ChannelError` where something is left.
    package func finish(_ what: String, expected: Int) throws {
        if !bytes.isEmpty {
            throw ChannelError.wrongMessage("\(what): \(expected) bytes expected, found \(expected + bytes.count)")
        }
    }
}
