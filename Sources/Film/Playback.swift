import Runs

/// The viewer's position in an episode, and its speed.
public struct Playback: Sendable, Equatable {
    /// Seconds that the episode lasts, and seconds between two actions.
    public let duration: Double
    public let timeStep: Double
    /// Seconds since the episode's beginning.
    public private(set) var time = 0.0
    public var isPaused = false
    /// Seconds of the episode in one second of real time.
    public private(set) var speed = 1.0
    /// Seconds that the end has been shown.
    private var rest = 0.0

    /// Seconds for which the end is shown before the next episode.
    static let restAtEnd = 1.0
    static let speeds = 0.125...8

    public init(duration: Double, timeStep: Double, speed: Double = 1, isPaused: Bool = false) {
        self.duration = duration
        self.timeStep = timeStep
        self.speed = speed
        self.isPaused = isPaused
    }

    /// Moves on by so many seconds of real time. True when the end has been shown long enough.
    public mutating func advance(_ seconds: Double) -> Bool {
        guard !isPaused else { return false }
        if time >= duration { rest += seconds }
        time = min(duration, time + seconds * speed)
        return rest >= Self.restAtEnd
    }

    /// Stops and moves by a number of actions, to a state between two actions.
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
