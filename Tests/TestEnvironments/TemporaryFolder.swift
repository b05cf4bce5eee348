import Core
import Foundation
import Testing

/// A folder of its own for one test, removed with it.
public final class TemporaryFolder: Sendable {
    public let path = NSTemporaryDirectory() + "gait-test-\(UUID().uuidString)"
    /// Its path as a URL.
    public var url: URL { URL(fileURLWithPath: path) }

    public init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file into it, and the folders on its way; returns its path.
    @discardableResult
    public func write(_ text: String, _ name: String) throws -> String {
        let file = path + "/" + name
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try text.write(toFile: file, atomically: false, encoding: .utf8)
        return file
    }
}

/// What `body` throws; fails the test when it throws nothing.
public func problem<T>(_ body: () throws -> T, sourceLocation: SourceLocation = #_sourceLocation) -> (text: String, exitCode: Int32) {
    do {
        _ = try body()
        Issue.record("an error was expected", sourceLocation: sourceLocation)
        return ("", 0)
    } catch {
        return ("\(error)", exitCode(of: error))
    }
}
