import Core
import Foundation

/// Compressed files (RFC 1952), made and read by the program gzip, which every Debian has. The same bytes have the same compressed bytes:
/// no name or time is stored.
public enum Gzip {
    /// Throws `MissingProgram`, `FileError` or `GaitError.failure`.
    public static func compressed(_ text: String) throws -> Data {
        let plain = FileManager.default.temporaryDirectory.appendingPathComponent("gait-\(UUID().uuidString)").path
        defer { unlink(plain) }
        try writeAtomically(text, to: plain, durable: false)
        guard let data = try run(["--no-name", "--best", "--stdout", plain]) else { throw noRoom }
        return data
    }

    /// The contents of a compressed file. Throws `MissingProgram`, `FileError`, or `GaitError.input` where the file is damaged.
    public static func contents(of path: String) throws -> Data {
        if access(path, R_OK) != 0 { throw FileError(.reading, path) }
        if let data = try run(["--decompress", "--stdout", "--", path]) { return data }
        if try run(["--test", "--", path]) != nil { throw noRoom }
        throw GaitError.input("\(path): a whole file compressed by gzip expected")
    }

    private static var noRoom: GaitError {
        .failure("gzip could not write its output to \(FileManager.default.temporaryDirectory.path): is that full? The variable TMPDIR names another folder")
    }

    /// What the program writes to standard output; nil when it fails.
    private static func run(_ arguments: [String]) throws -> Data? {
        guard let gzip = findProgram("gzip") else { throw MissingProgram("gzip", package: "gzip", to: "read and write .gz files") }
        let file = try TemporaryFile()
        let child = try ChildProcess([gzip] + arguments, output: .descriptor(file.descriptor), errors: .nothing)
        return child.wait() == .exited(0) ? try file.contents() : nil
    }
}
