@preconcurrency import Foundation  // C's stdout is a variable, which nobody sets

/// Standard output and standard error, which may be closed, full, or a pipe that nobody reads any more.
public enum StandardStreams {
    /// Takes the numbers of closed standard streams, so that no file opened later gets one of them. Standard output then
    /// stays a stream that can't be written to.
    public static func reserve() {
        for (number, flags) in [(STDIN_FILENO, O_RDONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_WRONLY)]
        where fcntl(number, F_GETFD) == -1 {
            let file = open("/dev/null", flags)
            if file >= 0, file != number {
                dup2(file, number)
                close(file)
            }
        }
    }

    /// Writes to standard error. What can't be written is lost: a message is never a reason to end.
    public static func note(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Why not everything printed so far is written; nil where it is.
    public static func outputFailure() -> String? {
        let isFlushed = fflush(stdout) == 0, code = errno
        if isFlushed, ferror(stdout) == 0 { return nil }
        return "standard output can't be written" + (isFlushed ? "" : ": \(String(cString: strerror(code)))")
    }
}
