import Runs

/// Where a viewer is in an episode, and how fast it goes.
public struct Playback: Sendable, Equatable {
    /// Seconds that the episode lasts, and seconds between two actions.
    public let duration: Double
    public let timeStep: Double
    /// Seconds since the episode's beginning.
    public private(set) var time = 0.0
    public var isPaused = false
    /// Seconds of the episode in one of the spectator's.
    public private(set) var speed = 1.0
    /// Seconds that the end has been looked at.
    private var rest = 0.0

    /// How long the end stands still before the next episode.
    static let restAtEnd = 1.0
    static let speeds = 0.125...8

    public init(duration: Double, timeStep: Double, speed: Double = 1, isPaused: Bool = false) {
        self.duration = duration
        self.timeStep = timeStep
        self.speed = speed
        self.isPaused = isPaused
    }

    /// So many of the spectator's seconds later. True when the end has been looked at long enough.
    public mutating func advance(_ seconds: Double) -> Bool {
        guard !isPaused else { return false }
        if time >= duration { rest += seconds }
        time = min(duration, time + seconds * speed)
        return rest >= Self.restAtEnd
    }

    /// Stops so many actions away, on a state between two actions.
    public mutating func step(_ actions: Int) {
        isPaused = true
        rest = 0
        let place = (time / timeStep * 1e6).rounded() / 1e6
        let state = actions > 0 ? place.rounded(.down) : place.rounded(.up)
        time = min(duration, max(0, (state + Double(actions)) * timeStep))
    }

    /// Twice as fast, or half as fast.
    public mutating func change(faster: Bool) {
        speed = min(Self.speeds.upperBound, max(Self.speeds.lowerBound, faster ? speed * 2 : speed / 2))
    }
}
