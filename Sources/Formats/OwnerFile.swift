import Core
import Foundation

/// Keeps two processes out of a folder on a file system that has no locks: the file `.owner`, which only one process can make, names its holder, who
/// renews its time while it lives. The holder counts as gone when its process on this machine has ended, or when it runs elsewhere and has not
/// renewed the file for two minutes.
final class OwnerFile {
    private static let renewal = 20, silence = 120.0

    private let path: String
    private let text: String
    private let timer: DispatchSourceTimer

    /// Throws `FolderInUse` naming the holder, or `FileError`.
    init(folder: String) throws {
        let path = Self.file(folder), text = "\(getpid()) \(hostName()) \(UInt64.random(in: .min ... .max))"
        if let holder = Self.holder(folder) { throw Self.inUse(folder, holder) }
        unlink(path)
        do { try OutputFile(path, .new).write(text) } catch let error as FileError where error.code == EEXIST {
            throw Self.inUse(folder, Self.holder(folder) ?? "another process")  // which was quicker
        }
        // Two processes may have found the same old file: the one whose file was removed sees it now.
        usleep(200_000)
        guard Self.contents(path) == text else { throw Self.inUse(folder, Self.holder(folder) ?? "another process") }
        self.path = path
        self.text = text
        timer = DispatchSource.makeTimerSource(queue: .global())
        timer.schedule(deadline: .now() + .seconds(Self.renewal), repeating: .seconds(Self.renewal))
        timer.setEventHandler { if Self.contents(path) == text { utimensat(AT_FDCWD, path, nil, 0) } }
        timer.resume()
    }

    deinit {
        timer.cancel()
        if Self.contents(path) == text { unlink(path) }
    }

    /// The living holder of a folder, in words; nil where there is none.
    static func holder(_ folder: String) -> String? {
        let path = file(folder)
        guard let words = contents(path)?.split(separator: " "), words.count == 3, let process = pid_t(words[0]) else { return nil }
        let isOurs = words[1] == hostName()
        let lives = isOurs ? kill(process, 0) == 0 || errno == EPERM : age(path) < silence
        return lives ? "process \(process) on \(words[1])" : nil
    }

    private static func inUse(_ folder: String, _ holder: String) -> FolderInUse {
        FolderInUse("\(folder) is in use by \(holder), as \(file(folder)) says; wait for it, end it, or use another folder")
    }

    /// Seconds since a file was written, by the clock of the machine that has the disk.
    private static func age(_ path: String) -> Double {
        let probe = path + partialFileSuffix()
        defer { unlink(probe) }
        unlink(probe)
        guard (try? OutputFile(probe, .new)) != nil, let now = modificationDate(probe), let then = modificationDate(path) else { return 0 }
        return now.timeIntervalSince(then)
    }

    private static func contents(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    private static func file(_ folder: String) -> String { folder + "/.owner" }
}
