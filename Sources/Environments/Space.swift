/// What one observation or one action is made of, after Gymnasium's spaces.
///
/// Values travel as `Float` rows whatever the space: a box of size n takes n columns, a discrete choice takes one
/// column that holds the index. An agent turns an index into a one-hot vector itself where its networks need one.
public enum Space: Sendable, Codable, Equatable {
    /// A vector of `size` numbers, each in `low...high` (infinite where unbounded).
    case box(size: Int, low: Float, high: Float)
    /// One of `count` choices, 0..<count.
    case discrete(count: Int)

    /// Columns that one value takes in a row of floats.
    public var columns: Int {
        switch self {
        case .box(let size, _, _): size
        case .discrete: 1
        }
    }

    /// An unbounded box.
    public static func unbounded(_ size: Int) -> Space { .box(size: size, low: -.infinity, high: .infinity) }
}

/// What an agent knows of an environment before it meets it. It carries no family name on purpose: an agent never
/// branches on a family.
public struct EnvironmentDescription: Sendable, Codable, Equatable {
    public var observation: Space
    public var action: Space
    /// Steps after which an episode is truncated (not terminated: the bootstrap goes on).
    public var episodeLimit: Int
    /// Tasks differ in their transitions, not only in their rewards: contexts then need the next observation.
    public var dynamicsVary: Bool
    /// Seconds between two actions; 0 where time has no meaning.
    public var timeStep: Double

    public init(observation: Space, action: Space, episodeLimit: Int, dynamicsVary: Bool, timeStep: Double) {
        self.observation = observation
        self.action = action
        self.episodeLimit = episodeLimit
        self.dynamicsVary = dynamicsVary
        self.timeStep = timeStep
    }
}
