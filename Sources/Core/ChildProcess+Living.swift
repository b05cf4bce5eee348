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
        atexit { LivingChildren.end() }
        return ids
    }()
    /// Of those that nobody has asked to end: the socket by which they learn that they are to.
    nonisolated(unsafe) private static var sockets: [pid_t: Int32] = [:]
    private static let lock = NSLock()

    /// To be called before `kill` may be, because a signal's handler must not allocate memory.
    package static func prepare() { _ = ids }

    static func add(_ id: pid_t, socket: Int32) {
        lock.withLock {
            guard let free = (0..<places).first(where: { ids[$0] == 0 }) else { return }
            ids[free] = id
            sockets[id] = socket
        }
    }

    /// It was asked to end, and somebody sees to it that it does.
    static func setLeaving(_ id: pid_t) { lock.withLock { sockets[id] = nil } }

    /// It has ended.
    static func remove(_ id: pid_t) {
        lock.withLock {
            sockets[id] = nil
            for place in 0..<places where ids[place] == id { ids[place] = 0 }
        }
    }

    /// Ends all at once, with the processes that they started. May be called in a signal's handler.
    package static func kill() {
        for place in 0..<places {
            let id = ids[place]  // read once: another thread may take it out, and -0 would be our own group
            if id > 0 { _ = Foundation.kill(-id, SIGKILL) }
        }
    }

    /// Asks those to end that were not asked yet, and waits until all have ended. The last means after five seconds is SIGTERM, after
    /// seven SIGKILL.
    private static func end() {
        let begin = ContinuousClock.now
        let orphans = lock.withLock { sockets }
        for socket in orphans.values { _ = shutdown(socket, Int32(SHUT_RDWR)) }
        var isTerminated = false
        while ContinuousClock.now < begin + .seconds(8) {
            for id in orphans.keys where waitpid(id, nil, WNOHANG) != 0 { remove(id) }
            if lock.withLock({ (0..<places).allSatisfy { ids[$0] == 0 } }) { return }
            if !isTerminated, ContinuousClock.now > begin + .seconds(5) {
                for id in orphans.keys { _ = Foundation.kill(-id, SIGTERM) }
                isTerminated = true
            }
            usleep(10_000)
        }
        kill()
    }
}

extension ChildProcess {
    /// From now on it does not outlive this process. It ends, as a rule, when `socket` is shut down.
    package func bind(socket: Int32) { LivingChildren.add(id, socket: socket) }

    /// It was asked to end, and the caller waits for that.
    package func setLeaving() { LivingChildren.setLeaving(id) }
}
