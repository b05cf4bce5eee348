import Foundation

/// A file without a name in `TMPDIR`, or `/tmp`, that is gone once it is closed: for what another program writes, where a full pipe would stop it.
package final class TemporaryFile {
    package let descriptor: Int32

    /// Throws `FileError` naming the folder.
    package init() throws {
        var template = Array(FileManager.default.temporaryDirectory.appendingPathComponent("gait-XXXXXX").path.utf8CString)
        descriptor = mkstemp(&template)
        guard descriptor >= 0 else { throw FileError(.creating, "a temporary file in \(FileManager.default.temporaryDirectory.path)") }
        unlink(template)
    }

    deinit { close(descriptor) }

    /// What was written to it. Throws what reading throws.
    package func contents() throws -> Data {
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
        try file.seek(toOffset: 0)
        return try file.readToEnd() ?? Data()
    }
}
