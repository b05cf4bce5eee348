/// The space of an observation or an action, after Gymnasium's spaces.
///
/// Values travel as `Float` rows whatever the space: a box of size n takes n columns, a discrete choice takes one
/// column that holds the index. Where a network needs one-hot vectors, `SpaceEncoder` makes them; where a table is looked up,
/// `index(of:)` numbers the values.
public enum Space: Sendable, Codable, Equatable {
    /// A vector of `size` numbers, each in `low...high` (infinite where unbounded).
    case box(size: Int, low: Float, high: Float)
    /// One of `count` choices, 0..<count.
    case discrete(count: Int)
    /// Several choices at once, the k-th one of `counts[k]`: the row and the column on a grid.
    case multiDiscrete(counts: [Int])

    /// Columns that one value takes in a row of floats.
    public var columns: Int {
        switch self {
        case .box(let size, _, _): size
        case .discrete: 1
        case .multiDiscrete(let counts): counts.count
        }
    }

    /// Number of different values of a discrete space; nil where it is continuous or the number exceeds an `Int`.
    public var valueCount: Int? {
        switch self {
        case .box: return nil
        case .discrete(let count): return count
        case .multiDiscrete(let counts):
            var product = 1
            for count in counts {
                let (next, overflow) = product.multipliedReportingOverflow(by: count)
                if overflow { return nil }
                product = next
            }
            return product
        }
    }

    /// The number, in 0..<`valueCount`, of the value in one row of a discrete space: its index, or for several choices the last one
    /// counting fastest. The row must hold a value of the space.
    public func index(of row: some RandomAccessCollection<Float>) -> Int {
        switch self {
        case .box: preconditionFailure("values of a continuous space have no number")
        case .discrete: return Int(row.first!)
        case .multiDiscrete(let counts): return zip(counts, row).reduce(0) { $0 * $1.0 + Int($1.1) }
        }
    }

    /// An unbounded box.
    public static func unbounded(_ size: Int) -> Space { .box(size: size, low: -.infinity, high: .infinity) }
}

/// What an agent knows of an environment before training. It has no family name, because an agent must not depend on
/// the family.
public struct EnvironmentDescription: Sendable, Codable, Equatable {
    public var observation: Space
    public var action: Space
    /// Steps after which an episode is truncated (not terminated: the next state still has a value). Where a family's tasks differ in it, the
    /// family has the largest, and the description of each environment has its task's own.
    public var episodeLimit: Int
    /// Tasks differ in their transitions, not only in their rewards: contexts then need the next observation.
    public var dynamicsVary: Bool
    /// Seconds between two actions; 0 if time has no meaning.
    public var timeStep: Double
    /// Not all actions exist in all states: `StepBatch.actionMasks` says which do. Only with a discrete action space.
    public var masksActions: Bool
    /// There is a second reward for training to learn from, `StepBatch.learningRewards`.
    public var hasLearningReward: Bool

    public init(
        observation: Space, action: Space, episodeLimit: Int, dynamicsVary: Bool, timeStep: Double, masksActions: Bool = false,
        hasLearningReward: Bool = false
    ) {
        self.observation = observation
        self.action = action
        self.episodeLimit = episodeLimit
        self.dynamicsVary = dynamicsVary
        self.timeStep = timeStep
        self.masksActions = masksActions
        self.hasLearningReward = hasLearningReward
    }
}
