import Core
import Foundation

/// A file operation that the system refused.
public struct FileError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    public enum Operation: String, Sendable {
        case reading, writing, creating, renaming, locking
    }
    public var operation: Operation
    public var path: String
    /// The system's error number.
    public var code: Int32
    /// Bytes that were to be written, where known.
    public var bytes: Int?

    public init(_ operation: Operation, _ path: String, code: Int32 = errno, bytes: Int? = nil) {
        self.operation = operation
        self.path = path
        self.code = code
        self.bytes = bytes
    }

    /// The disk, the quota or the largest allowed file is full.
    public var isFull: Bool { code == ENOSPC || code == EDQUOT || code == EFBIG }

    public var description: String {
        let size = bytes.map { " (\($0) bytes)" } ?? ""
        if isFull { return "no space left while \(operation.rawValue) \(path)\(size); nothing already written was lost" }
        return "\(operation.rawValue) \(path)\(size) failed: \(String(cString: strerror(code)))"
    }

    public var exitCode: Int32 { operation == .reading ? 65 : 1 }
}
