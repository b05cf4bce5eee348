import Core
import Foundation

/// Keeps two processes out of one run directory. The lock is the kernel's (flock): it is released when the process that holds
/// it ends, for whatever reason. The file stays; its text names the last holder.
public final class FolderLock {
    private let descriptor: Int32

    /// Throws `GaitError.failure` naming the holder, or `FileError`.
    public init(folder: String) throws {
        let path = Self.file(folder)
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw FileError(.locking, path) }
        var isTaken = false
        for attempt in 0..<5 where !isTaken {  // another process may hold it for a moment only to check it
            if attempt > 0 { usleep(50_000) }
            isTaken = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        if !isTaken {
            let code = errno  // the descriptor is closed by deinit, which a throw from here on still runs
            guard code == EWOULDBLOCK else { throw FileError(.locking, path, code: code) }
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)).map { $0.isEmpty ? "" : " (\($0))" } ?? ""
            throw GaitError.failure("\(folder) is in use by another process\(holder); wait for it, end it, or use another folder")
        }
        let holder = "process \(getpid()) on \(hostName())"
        ftruncate(descriptor, 0)
        _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }  // for people only; a full disk may leave it empty
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether another open lock holds this folder now.
    public static func isHeld(folder: String) -> Bool {
        let descriptor = open(file(folder), O_RDWR | O_CLOEXEC)
        if descriptor < 0 { return false }
        defer { close(descriptor) }
        return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
    }

    private static func file(_ folder: String) -> String { folder + "/.lock" }
}

/// This machine's name.
public func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
