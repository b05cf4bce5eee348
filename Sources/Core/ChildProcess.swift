import Foundation

/// A program that runs beside this one, in a process group of its own: a terminal's Ctrl-C reaches it only if we pass it on.
package final class ChildProcess {
    /// Where a child's standard output or standard error goes.
    package enum Output {
        case nothing
        /// Added to the end of the file at a path, which is made where it is missing.
        case file(String)
        /// An open file of ours; it stays ours to close.
        case descriptor(Int32)
        /// Standard error only: where standard output goes.
        case sameAsOutput
    }

    package enum End: Equatable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    package let id: pid_t
    /// What it reads, where it was asked for; ours to write and to close by `closeInput`.
    package private(set) var input: Int32?
    private var end: End?

    /// Starts `arguments`, whose first is the program's path.
    ///
    /// - Parameters:
    ///   - environment: all variables that it sees; ours by default.
    ///   - readsInput: makes a pipe to its standard input, which is empty otherwise.
    ///   - inherited: an open file of ours that it gets, too, under another number; it stays ours to close.
    ///
    /// Throws `GaitError.failure` when it can't be started.
    package init(
        _ arguments: [String], environment: [String: String] = ProcessInfo.processInfo.environment, readsInput: Bool = false,
        output: Output, errors: Output = .sameAsOutput, inherited: (file: Int32, number: Int32)? = nil
    ) throws {
        func failure(_ code: Int32) -> GaitError {
            .failure("\(arguments.joined(separator: " ")) can't be started: \(String(cString: strerror(code)))")
        }
        var pipeEnds: [Int32] = [-1, -1]
        if readsInput {
            guard pipe(&pipeEnds) == 0 else { throw failure(errno) }
            // With our end in its own hands it would never see the end of its input.
            pipeEnds.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
        }
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        if readsInput {
            posix_spawn_file_actions_adddup2(&actions, pipeEnds[0], STDIN_FILENO)
        } else {
            posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        }
        for (target, place) in [(STDOUT_FILENO, output), (STDERR_FILENO, errors)] {
            switch place {
            case .nothing: posix_spawn_file_actions_addopen(&actions, target, "/dev/null", O_WRONLY, 0)
            case .file(let path): posix_spawn_file_actions_addopen(&actions, target, path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
            case .descriptor(let file): posix_spawn_file_actions_adddup2(&actions, file, target)
            case .sameAsOutput: posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, target)
            }
        }
        // Last, because the number may be that of a file above.
        if let inherited { posix_spawn_file_actions_adddup2(&actions, inherited.file, inherited.number) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for signal in [SIGINT, SIGTERM, SIGPIPE, SIGXFSZ] { sigaddset(&signals, signal) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))

        var pointers = arguments.map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (pointers + variables).forEach { free($0) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, arguments.first ?? "", &actions, &attributes, &pointers, &variables)
        if readsInput { close(pipeEnds[0]) }
        guard code == 0 else {
            if readsInput { close(pipeEnds[1]) }
            throw failure(code)
        }
        id = child
        input = readsInput ? pipeEnds[1] : nil
    }

    deinit { closeInput() }

    /// Its input ends here.
    package func closeInput() {
        if let input { close(input) }
        input = nil
    }

    /// Does nothing once its end is known.
    package func send(_ signal: Int32) { if end == nil { kill(id, signal) } }

    /// To all processes of its group: to those as well that it started.
    package func sendToGroup(_ signal: Int32) { kill(-id, signal) }

    /// Nil while it is at work.
    package func poll() -> End? { waited(WNOHANG) }

    /// Waits for its end.
    package func wait() -> End {
        while true { if let end = waited(0) { return end } }
    }

    private func waited(_ options: Int32) -> End? {
        if let end { return end }
        var status: Int32 = 0
        let result = waitpid(id, &status, options)
        if result == 0 || (result < 0 && errno == EINTR) { return nil }
        let signal = status & 0x7F
        LivingChildren.remove(id)
        end = result < 0 ? .exited(-1) : signal == 0 ? .exited(status >> 8 & 0xFF) : .killed(signal: signal)
        return end
    }
}
