import Dispatch
import Foundation

/// Calls `body` for every index below `count` on up to `threads` threads; which thread takes which index does not depend on time. Throws the
/// first error.
public func forEachInParallel(_ count: Int, threads: Int, _ body: @Sendable (Int) throws -> Void) throws {
    let threads = min(threads, count)
    guard threads > 1 else { return try (0..<count).forEach(body) }
    let errors = FirstError()
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
        do {
            for index in stride(from: thread, to: count, by: threads) { try body(index) }
        } catch {
            errors.record(error)
        }
    }
    try errors.rethrow()
}

/// The first error of several threads.
private final class FirstError: @unchecked Sendable {
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
