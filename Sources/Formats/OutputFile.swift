import Foundation

/// A file open for writing, every result checked: a full disk is an error, not a shorter file.
public final class OutputFile {
    public enum Opening: Sendable {
        /// A new file; refuses one that is there.
        case new
        /// Appends to a file, which is created if there is none.
        case appending
    }

    public let path: String
    private var descriptor: Int32

    /// Throws `FileError`.
    public init(_ path: String, _ opening: Opening) throws {
        let flags = opening == .new ? O_CREAT | O_EXCL : O_CREAT | O_APPEND
        self.path = path
        descriptor = open(path, O_WRONLY | O_CLOEXEC | flags, 0o644)
        if descriptor < 0 { throw FileError(.creating, path) }
    }

    deinit { if descriptor >= 0 { Foundation.close(descriptor) } }

    /// Throws `FileError` unless all bytes were taken.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count, let base = bytes.baseAddress {
            let count = Foundation.write(descriptor, base + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw FileError(.writing, path, bytes: bytes.count)
            }
            done += count
        }
    }

    public func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Waits until the data is on the disk. Throws `FileError`.
    public func synchronize() throws {
        // Devices and pipes can't be synchronised (EINVAL); for a file every failure is an error.
        if fsync(descriptor) != 0, errno != EINVAL { throw FileError(.writing, path) }
    }

    /// Throws `FileError`: some file systems report a full disk only when a file is closed.
    public func close() throws {
        guard descriptor >= 0 else { return }
        let closing = descriptor
        descriptor = -1
        if Foundation.close(closing) != 0, errno != EINTR { throw FileError(.writing, path) }
    }
}

/// Makes the names in a folder durable. Throws `FileError`.
public func synchronizeFolder(_ path: String) throws {
    let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw FileError(.writing, path) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0, errno != EINVAL { throw FileError(.writing, path) }
}

/// Part of the names of temporary files, behind the file's name.
public let partialFileMark = ".partial-"

/// What a temporary file's name has behind the file's: the process that writes it and its machine, since processes on several machines may write the
/// same file and have the same number.
public func partialFileSuffix() -> String { partialFileMark + "\(getpid())-\(hostName())" }

/// Writes a whole file so that a reader, or a machine that stops at any moment, sees the old content or the new one,
/// never a part: a temporary file in the same folder, fsync, rename, fsync of the folder. `durable: false` leaves the
/// two fsyncs out, for files that may be lost with the machine's power. Throws `FileError`; the old content stays.
public func writeAtomically(_ text: String, to path: String, durable: Bool = true) throws {
    var text = text
    try text.withUTF8 { try writeAtomically(UnsafeRawBufferPointer($0), to: path, durable: durable) }
}

/// The same for bytes.
public func writeAtomically(_ bytes: UnsafeRawBufferPointer, to path: String, durable: Bool = true) throws {
    let folder = (path as NSString).deletingLastPathComponent
    let temporary = path + partialFileSuffix()
    unlink(temporary)
    do {
        let file = try OutputFile(temporary, .new)
        try file.write(bytes)
        if durable { try file.synchronize() }
        try file.close()
        if rename(temporary, path) != 0 { throw FileError(.renaming, path) }
    } catch {
        unlink(temporary)
        throw error
    }
    if durable { try synchronizeFolder(folder.isEmpty ? "." : folder) }
}

/// Makes a folder and those above it. Throws `FileError`.
public func makeFolder(_ path: String) throws {
    if mkdir(path, 0o755) == 0 { return }
    let code = errno
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) {
        if isFolder.boolValue { return }
        throw FileError(.creating, path, code: ENOTDIR)
    }
    let above = (path as NSString).deletingLastPathComponent
    guard code == ENOENT, !above.isEmpty, above != path else { throw FileError(.creating, path, code: code) }
    try makeFolder(above)
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw FileError(.creating, path) }
}

/// A whole file. Throws `FileError`.
public func readFile(_ path: String) throws -> Data {
    do { return try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
        let code = access(path, R_OK) != 0 ? errno : EIO
        throw FileError(.reading, path, code: code)
    }
}
