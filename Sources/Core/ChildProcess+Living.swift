import Foundation

/// Children that must not outlive this process: programs of the user's.
///
/// Their numbers lie in memory that a signal's handler may read; everything else happens behind a lock.
package enum LivingChildren {
    private static let places = 256
    nonisolated(unsafe) private static let ids: UnsafeMutablePointer<pid_t> = {
        let ids = UnsafeMutablePointer<pid_t>.allocate(capacity: places)
        ids.initialize(repeating: 0, count: places)
        // When the process ends in an orderly way.
        atexit { LivingChildren.end(within: 8) }
        return ids
    }()
    nonisolated(unsafe) private static var leaving: Set<pid_t> = []
    private static let lock = NSLock()

    /// To be called before `kill` may be, because a signal's handler must not allocate memory.
    package static func prepare() { _ = ids }

    static func add(_ id: pid_t) {
        lock.withLock {
            if let free = (0..<places).first(where: { ids[$0] == 0 }) { ids[free] = id }
        }
    }

    /// It was asked to end, and somebody sees to it that it does.
    static func setLeaving(_ id: pid_t) { lock.withLock { _ = leaving.insert(id) } }

    /// It has ended.
    static func remove(_ id: pid_t) {
        lock.withLock {
            leaving.remove(id)
            for place in 0..<places where ids[place] == id { ids[place] = 0 }
        }
    }

    /// Ends all at once, with the processes that they started. May be called in a signal's handler.
    package static func kill() {
        for place in 0..<places where ids[place] > 0 { _ = Foundation.kill(-ids[place], SIGKILL) }
    }

    /// Waits until those that were asked to end have ended; the others are asked now. Those still there after `seconds` are killed.
    private static func end(within seconds: Double) {
        let all = lock.withLock { (0..<places).map { ids[$0] }.filter { $0 > 0 } }
        for id in all where lock.withLock({ !leaving.contains(id) }) { _ = Foundation.kill(-id, SIGTERM) }
        let limit = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < limit {
            for id in all where lock.withLock({ !leaving.contains(id) }) && waitpid(id, nil, WNOHANG) != 0 { remove(id) }
            if lock.withLock({ (0..<places).allSatisfy { ids[$0] == 0 } }) { return }
            usleep(10_000)
        }
        kill()
    }
}

extension ChildProcess {
    /// From now on it does not outlive this process.
    package func bind() { LivingChildren.add(id) }

    /// It was asked to end, and the caller waits for that.
    package func setLeaving() { LivingChildren.setLeaving(id) }
}
