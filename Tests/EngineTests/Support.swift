import Core
import Foundation
import Testing

/// A folder of its own for one test, removed with it.
final class TemporaryFolder {
    let path = NSTemporaryDirectory() + "gait-test-\(UUID().uuidString)"
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What `body` throws; fails the test when it throws nothing.
func problem<T>(_ body: () throws -> T, sourceLocation: SourceLocation = #_sourceLocation) -> (text: String, exitCode: Int32) {
    do {
        _ = try body()
        Issue.record("an error was expected", sourceLocation: sourceLocation)
        return ("", 0)
    } catch {
        return ("\(error)", exitCode(of: error))
    }
}
