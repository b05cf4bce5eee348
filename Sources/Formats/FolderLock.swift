import Core
import Foundation

/// Keeps two processes out of one run directory. The lock is the kernel's (flock): it is released when the process that holds
/// it ends, for whatever reason. The file stays; its text names the last holder. Where the file system has no locks, an `OwnerFile` takes
/// their place.
public final class FolderLock {
    /// The kernel's `flock`, or what a test puts in its place.
    package typealias Locking = (_ descriptor: Int32, _ operation: Int32) -> Int32

    private let descriptor: Int32
    private let owner: OwnerFile?

    /// For the user: the folder is protected in another way; nil where the kernel has the lock.
    public let warning: String?

    /// Throws `FolderInUse` naming the holder, or `FileError`.
    public convenience init(folder: String) throws { try self.init(folder: folder, locking: flock) }

    package init(folder: String, locking: Locking) throws {
        let path = Self.file(folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw FileError(.locking, path) }
        var isTaken = false
        for attempt in 0..<5 where !isTaken {  // another process may hold it for a moment only to check it
            if attempt > 0 { usleep(50_000) }
            isTaken = locking(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        if !isTaken {
            let code = errno
            if Self.isMissing(code) {
                close(descriptor)
                self.descriptor = -1
                owner = try OwnerFile(folder: folder)
                warning = "\(folder): this file system has no locks (\(String(cString: strerror(code)))); the file .owner there keeps other processes out"
                return
            }
            defer { close(descriptor) }
            guard code == EWOULDBLOCK else { throw FileError(.locking, path, code: code) }
            let holder = (try? String(contentsOfFile: path, encoding: .utf8)).map { $0.isEmpty ? "" : " (\($0))" } ?? ""
            throw FolderInUse("\(folder) is in use by another process\(holder); wait for it, end it, or use another folder")
        }
        (self.descriptor, owner, warning) = (descriptor, nil, nil)
        let holder = "process \(getpid()) on \(hostName())"
        ftruncate(descriptor, 0)
        _ = holder.withCString { pwrite(descriptor, $0, strlen($0), 0) }  // for people only; a full disk may leave it empty
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Whether another open lock holds this folder now. True where that can't be known because the lock is another user's.
    public static func isHeld(folder: String) -> Bool { isHeld(folder: folder, locking: flock) }

    package static func isHeld(folder: String, locking: Locking) -> Bool {
        let descriptor = open(file(folder), O_RDONLY | O_CLOEXEC)  // may be another user's file
        if descriptor < 0 { return errno == EACCES || OwnerFile.holder(folder) != nil }
        defer { close(descriptor) }
        if locking(descriptor, LOCK_SH | LOCK_NB) == 0 { return OwnerFile.holder(folder) != nil }
        return isMissing(errno) ? OwnerFile.holder(folder) != nil : errno == EWOULDBLOCK
    }

    /// Whether an error number says that there are no locks.
    private static func isMissing(_ code: Int32) -> Bool { [ENOSYS, ENOLCK, EOPNOTSUPP, EINVAL].contains(code) }

    private static func file(_ folder: String) -> String { folder + "/.lock" }
}

/// Another process has the folder's run in hand. It can be had later; scripts tell this from a failure by the exit status 75, as sendmail's `EX_TEMPFAIL`.
public struct FolderInUse: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    public static let exitCode: Int32 = 75

    public let description: String

    init(_ message: String) { description = message }

    public var exitCode: Int32 { Self.exitCode }
}

/// This machine's name.
public func hostName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
