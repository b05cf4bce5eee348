import Agents

/// Trains an agent in tests: notes what it is told, and stops at the pause that a test names.
public final class TestSession: TrainingSession {
    /// Metrics of every pause, ends of rounds included.
    public private(set) var metrics: [[String: Double]] = []
    /// Ends of rounds so far.
    public private(set) var rounds = 0
    /// The last pause was a round's end.
    public private(set) var isAtRoundEnd = false
    private let shouldStop: (TestSession) throws -> Bool

    /// `shouldStop` is asked at every pause.
    public init(shouldStop: @escaping (TestSession) throws -> Bool = { _ in false }) { self.shouldStop = shouldStop }

    struct Stopped: Error {}

    public func pause(_ metrics: [String: Double]) throws {
        isAtRoundEnd = false
        try note(metrics)
    }

    public func endRound(_ metrics: [String: Double]) throws {
        isAtRoundEnd = true
        rounds += 1
        try note(metrics)
    }

    private func note(_ metrics: [String: Double]) throws {
        self.metrics.append(metrics)
        if try shouldStop(self) { throw Stopped() }
    }
}

extension Agent {
    public var environmentSteps: Int { progress.environmentSteps }
    public var gradientUpdates: Int { progress.gradientUpdates }
    public var unstableEpisodes: Int { progress.unstableEpisodes }

    /// Trains with a session until its budget is spent or the session stops it.
    @discardableResult
    public func train(with session: TestSession) throws -> TestSession {
        do { try train(session) } catch is TestSession.Stopped {}
        return session
    }

    /// Trains until its budget is spent.
    @discardableResult
    public func finish() throws -> TestSession { try train(with: TestSession()) }

    /// Trains for so many pauses.
    @discardableResult
    public func train(pauses: Int) throws -> TestSession {
        try train(with: TestSession { $0.metrics.count == pauses })
    }

    /// Trains until so many environment steps are taken, at the first pause from there on. Does nothing where they are taken already.
    public func train(untilSteps steps: Int) throws {
        guard environmentSteps < steps else { return }
        try train(with: TestSession { [self] _ in environmentSteps >= steps })
    }
}
