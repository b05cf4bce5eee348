import Foundation
import Synchronization

/// The last signal that asked to stop, 0 for none. A lock-free number, because a signal handler may not touch anything else.
private let signalReceived = Atomic<Int32>(0)

/// Whether the run is asked to stop: by SIGINT, SIGTERM, or the end of the process that started it. The training loop checks this
/// where it can stop; a second signal ends the process at once.
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

    /// An interruption that is also set by SIGINT, by SIGTERM, and when the process named by GAIT_PARENT ends. Make only one in a process.
    public init(watchingSignals environment: [String: String]) {
        watchesSignals = true
        parent = environment[Self.parentVariable].flatMap { pid_t($0) }
        signalReceived.store(0, ordering: .relaxed)
        signal(SIGXFSZ, SIG_IGN)  // reaching the file size limit is then an error of the write, as a full disk is
        var stopping = sigset_t()
        sigemptyset(&stopping)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&stopping, number)
            signal(number) { received in
                let earlier = signalReceived.exchange(received, ordering: .relaxed)
                if earlier != 0 { _exit(128 + received) }
            }
        }
        // The process that started this one may have left them blocked, as threads of a dispatch queue do.
        pthread_sigmask(SIG_UNBLOCK, &stopping, nil)
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
