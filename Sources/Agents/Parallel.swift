import Foundation

/// The first error of several threads.
final class FirstError: @unchecked Sendable {
    private let lock = NSLock()
    private var error: (any Error)?

    func record(_ error: any Error) {
        lock.withLock { if self.error == nil { self.error = error } }
    }

    func rethrow() throws {
        if let error = lock.withLock({ error }) { throw error }
    }
}

/// An agent was asked to solve an environment whose spaces it can't handle.
public struct UnsupportedSpace: Error, CustomStringConvertible {
    public let agent: String
    public let needs: String
    public init(agent: String, needs: String) {
        self.agent = agent
        self.needs = needs
    }
    public var description: String { "\(agent) needs \(needs)" }
}
