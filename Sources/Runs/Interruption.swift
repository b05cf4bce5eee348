import Foundation

/// The last signal to stop that came, 0 for none. A plain integer, since a signal handler may touch nothing else.
private nonisolated(unsafe) var signalReceived: sig_atomic_t = 0

/// Whether somebody wants the run to stop: SIGINT, SIGTERM, or the end of the process that started it. The training
/// loop looks between two slices; a second signal ends the process at once.
public final class Interruption: @unchecked Sendable {
    private let lock = NSLock()
    private var asked: Int32?
    private let watchesSignals: Bool
    private let parent: pid_t?

    /// The environment variable with the process id of the sweep that started this one.
    public static let parentVariable = "GAIT_PARENT"

    /// One that only `request` sets.
    public init() {
        watchesSignals = false
        parent = nil
    }

    /// One that the end of another process sets too, the one that started this one.
    public init(watchingParent parent: pid_t) {
        watchesSignals = false
        self.parent = parent
    }

    /// One that SIGINT and SIGTERM set too, and the end of the process named by GAIT_PARENT. Call once a process.
    public init(watchingSignals environment: [String: String]) {
        watchesSignals = true
        parent = environment[Self.parentVariable].flatMap { pid_t($0) }
        signalReceived = 0
        signal(SIGXFSZ, SIG_IGN)  // a file at its limit is then an error of the write, like a full disk
        var stopping = sigset_t()
        sigemptyset(&stopping)
        for number in [SIGINT, SIGTERM] {
            sigaddset(&stopping, number)
            signal(number) { received in
                if signalReceived != 0 { _exit(128 + received) }
                signalReceived = sig_atomic_t(received)
            }
        }
        // Whoever started this process may have left them blocked, as threads of a dispatch queue do.
        pthread_sigmask(SIG_UNBLOCK, &stopping, nil)
    }

    /// As if `signal` had come.
    public func request(_ signal: Int32) { lock.withLock { asked = signal } }

    /// The signal that asked to stop; nil while nobody did.
    public var requested: Int32? {
        if watchesSignals, signalReceived != 0 { return Int32(signalReceived) }
        if let parent, getppid() != parent { return SIGTERM }
        return lock.withLock { asked }
    }
}
