import Core
import Foundation
import Synchronization

/// The last signal that asked to stop, 0 for none. A lock-free number, because a signal handler may not touch anything else.
private let signalReceived = Atomic<Int32>(0)
/// When it came, in nanoseconds of the clock below; 0 until its handler has written that, too.
private let signalReceivedAt = Atomic<Int64>(0)

/// A clock that never goes back. A signal handler may read it.
private func monotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// Whether the run is asked to stop: by a signal, or by the end of the process that started it. The training loop checks this where it
/// can stop. A second Ctrl-C (SIGINT) ends the process at once. One that comes within half a second of the first signal does not count, because
/// `timeout -s INT` sends two, to the process and to its group. Other signals may come as often as they like, because a service manager
/// sends SIGTERM to every process, to those as well that their parent has asked already.
public final class Interruption: @unchecked Sendable {
    private let lock = NSLock()
    private var asked: Int32?
    private let watchesSignals: Bool
    private let parent: pid_t?

    /// The environment variable with the process id of the `reproduce` command that started this process.
    public static let parentVariable = "GAIT_PARENT"

    /// An interruption that only `request` sets.
    public init() {
        watchesSignals = false
        parent = nil
    }

    /// An interruption that is also set when the process that started this one ends.
    public init(watchingParent parent: pid_t) {
        watchesSignals = false
        self.parent = parent
    }

    /// An interruption that is also set by SIGINT, by SIGTERM, by SIGHUP unless the process was started to ignore it (nohup), by SIGPIPE, when
    /// whoever read the output is gone, and when the process named by GAIT_PARENT ends. Make only one in a process.
    public init(watchingSignals environment: [String: String]) {
        watchesSignals = true
        parent = environment[Self.parentVariable].flatMap { pid_t($0) }
        unsetenv(Self.parentVariable)  // of this process alone: programs that it starts have this one as parent
        signalReceivedAt.store(0, ordering: .relaxed)
        signalReceived.store(0, ordering: .relaxed)
        LivingChildren.prepare()
        signal(SIGXFSZ, SIG_IGN)  // reaching the file size limit is then an error of the write, as a full disk is
        var stopping = sigset_t()
        sigemptyset(&stopping)
        for number in [SIGINT, SIGTERM, SIGPIPE, SIGHUP] {
            var present = sigaction()
            sigaction(number, nil, &present)
            if number == SIGHUP, Self.isIgnored(present) { continue }
            sigaddset(&stopping, number)
            signal(number) { received in
                let now = monotonicNanoseconds()
                if signalReceived.compareExchange(expected: 0, desired: received, ordering: .relaxed).exchanged {
                    signalReceivedAt.store(now, ordering: .relaxed)
                    return
                }
                // Signals may come to two threads at once: 0 is a first one that came just now.
                let first = signalReceivedAt.load(ordering: .relaxed)
                if received == SIGINT, first != 0, now - first > 500_000_000 {
                    LivingChildren.kill()
                    _exit(128 + received)
                }
            }
        }
        // The process that started this one may have left them blocked, as threads of a dispatch queue do.
        pthread_sigmask(SIG_UNBLOCK, &stopping, nil)
    }

    private static func isIgnored(_ action: sigaction) -> Bool {
        // Functions can't be compared, their addresses can.
        unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }

    /// Acts as if `signal` had been received.
    public func request(_ signal: Int32) { lock.withLock { asked = signal } }

    /// The signal that asked to stop; nil if there was none.
    public var requested: Int32? {
        let received = signalReceived.load(ordering: .relaxed)
        if watchesSignals, received != 0 { return received }
        if let parent, getppid() != parent { return SIGTERM }
        return lock.withLock { asked }
    }
}
