import Core
import Formats
import Foundation

/// A child process `ffmpeg` that reads raw frames from a pipe.
public final class FFmpeg {
    private let id: pid_t
    private var input: Int32
    /// A file without a name for its messages.
    private let words: UnsafeMutablePointer<FILE>
    private var hasEnded = false

    /// The program in PATH; nil if there is none.
    public static var program: String? { findProgram("ffmpeg") }

    /// Throws an error that names the package if there is no ffmpeg.
    public static func require(to purpose: String) throws -> String {
        if let program { return program }
        throw MissingProgram("ffmpeg", package: "ffmpeg", to: purpose)
    }

    /// Starts it with these arguments; only its errors are kept.
    init(_ arguments: [String], purpose: String) throws {
        let program = try Self.require(to: purpose)
        var ends: [Int32] = [0, 0]
        guard let words = tmpfile() else { throw FileError(.creating, "a temporary file") }
        guard pipe(&ends) == 0 else {
            fclose(words)
            throw GaitError.failure("no pipe to ffmpeg: \(String(cString: strerror(errno)))")
        }
        // If it inherited our end of the pipe it would never see the end of its input.
        ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, fileno(words), STDERR_FILENO)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // Ctrl-C in a terminal is handled by this process.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        var pointers = ([program, "-hide_banner", "-loglevel", "error", "-nostats"] + arguments).map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, program, &actions, &attributes, &pointers, environ)
        close(ends[0])
        guard code == 0 else {
            close(ends[1])
            fclose(words)
            throw GaitError.failure("\(program) can't be started: \(String(cString: strerror(code)))")
        }
        id = child
        input = ends[1]
        self.words = words
    }

    deinit {
        closeInput()
        fclose(words)
    }

    /// False if it accepts no more data.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = Foundation.write(input, base + done, bytes.count - done)
            if count < 0 && errno != EINTR { return false }
            done += max(0, count)
        }
        return true
    }

    /// Closes its input, so that it finishes the file.
    func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    func kill() { if !hasEnded { Foundation.kill(id, SIGKILL) } }

    /// Waits for its end and ignores its status.
    func discard() {
        guard !hasEnded else { return }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        hasEnded = true
    }

    /// Waits for its end. Throws `GaitError.failure` with its last messages if it failed.
    func wait(_ path: String) throws {
        guard !hasEnded else { return }
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 && errno == EINTR {}
        hasEnded = true
        guard status != 0 else { return }
        let signal = status & 0x7F
        let end = signal == 0 ? "status \(status >> 8 & 0xFF)" : "signal \(signal)"
        throw GaitError.failure("ffmpeg could not write \(path) (\(end)): \(lastWords)")
    }

    private var lastWords: String {
        var bytes = [UInt8](repeating: 0, count: 4000)
        let size = lseek(fileno(words), 0, SEEK_END)
        let count = pread(fileno(words), &bytes, bytes.count, max(0, size - bytes.count))
        let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isNewline)
        return lines.isEmpty ? "it gave no message" : lines.suffix(4).joined(separator: "; ")
    }
}
