import Core
import Formats
import Foundation

/// A child process `ffmpeg` that reads raw frames from a pipe.
public final class FFmpeg {
    private let process: ChildProcess
    /// Its messages.
    private let words: TemporaryFile

    /// The program in PATH; nil if there is none.
    public static var program: String? { findProgram("ffmpeg") }

    /// Throws an error that names the package if there is no ffmpeg.
    public static func require(to purpose: String) throws -> String {
        if let program { return program }
        throw MissingProgram("ffmpeg", package: "ffmpeg", to: purpose)
    }

    /// Starts it with these arguments; only its errors are kept. Without `-xerror` it succeeds with a file that is cut off where the disk is full.
    init(_ arguments: [String], purpose: String) throws {
        let program = try Self.require(to: purpose)
        words = try TemporaryFile()
        process = try ChildProcess(
            [program, "-hide_banner", "-loglevel", "error", "-nostats", "-xerror"] + arguments, readsInput: true, output: .nothing,
            errors: .descriptor(words.descriptor))
    }

    /// False if it accepts no more data.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let input = process.input else { return false }
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = Foundation.write(input, base + done, bytes.count - done)
            if count < 0 && errno != EINTR { return false }
            done += max(0, count)
        }
        return true
    }

    /// Closes its input, so that it finishes the file.
    func closeInput() { process.closeInput() }

    /// It may be a script that starts another program.
    func kill() { process.sendToGroup(SIGKILL) }

    /// Waits for its end and ignores its status.
    func discard() { _ = process.wait() }

    /// Waits for its end. Throws `GaitError.failure` with its last messages if it failed, and what `check` throws meanwhile.
    func wait(_ path: String, check: () throws -> Void) throws {
        var end = process.poll(), pause: UInt32 = 1000
        while end == nil {
            try check()
            usleep(pause)
            pause = min(50_000, pause * 2)
            end = process.poll()
        }
        let words = switch end ?? .exited(0) {
        case .exited(0): nil as String?
        case .exited(let status): "status \(status)"
        case .killed(let signal): "signal \(signal)"
        }
        if let words { throw GaitError.failure("ffmpeg could not write \(path) (\(words)): \(lastWords)") }
    }

    private var lastWords: String {
        let lines = String(decoding: ((try? words.contents()) ?? Data()).suffix(4000), as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "it gave no message" : lines.suffix(4).joined(separator: "; ")
    }
}
