import Core
import Foundation

/// Passes on what a program writes to its standard output and standard error, line by line, to our standard error, and remembers its last lines
/// for error messages.
///
/// Sendable because everything in it is behind its lock.
final class OutputTail: @unchecked Sendable {
    /// Lines that are remembered.
    static let lines = 20

    private let name: String
    private let lock = NSLock()
    private var last: [String] = []
    private var unfinished: [UInt8] = []
    private let ended = DispatchSemaphore(value: 0)

    /// Reads `file`, the end of a pipe, until its other ends are closed, and closes it. `name` stands before each line.
    init(_ file: Int32, name: String) {
        self.name = name
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = buffer.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                take(buffer[..<count])
            }
            take([UInt8(ascii: "\n")])
            Foundation.close(file)
            ended.signal()
        }
    }

    private func take(_ bytes: ArraySlice<UInt8>) {
        lock.withLock {
            for byte in bytes {
                // A progress bar that returns to the line's begin is many lines.
                if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
                    endLine()
                    continue
                }
                // A long line is cut, but not within a character.
                if unfinished.count >= 2000, byte & 0xC0 != 0x80 || unfinished.count >= 2004 { endLine() }
                unfinished.append(byte)
            }
        }
    }

    private func endLine() {
        let line = String(decoding: unfinished, as: UTF8.self)
        unfinished.removeAll(keepingCapacity: true)
        guard !line.allSatisfy(\.isWhitespace) else { return }
        StandardStreams.note("\(name): \(line)\n")
        last.append(line)
        if last.count > Self.lines { last.removeFirst() }
    }

    /// The last lines, after everything was read or `seconds` have passed: children of the program may hold the pipe open.
    func lastLines(after seconds: Double) -> [String] {
        if ended.wait(timeout: .now() + seconds) == .success { ended.signal() }
        return lock.withLock { last }
    }
}
