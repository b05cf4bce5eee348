import Core
import Learning

/// The steps of a Gaussian policy on one task, one in each row, episode by episode. Every episode in it starts from a
/// reset; the last ones may be cut off where the collection ended.
public struct Rollout: Sendable {
    /// How an episode's rows end.
    public enum End: Int, Sendable {
        /// In a terminal state (or in unstable physics): no value follows.
        case terminated
        /// At the episode limit.
        case truncated
        /// By the end of the collection: the episode would have continued.
        case cut
    }

    /// The rows of one episode.
    public struct Segment: Sendable, Equatable {
        public var rows: Range<Int>
        public var end: End
        public init(rows: Range<Int>, end: End) {
            self.rows = rows
            self.end = end
        }
    }

    /// [steps, observation]
    public var observations: Tensor
    /// [steps, action], in the policy's normalised space, as drawn.
    public var actions: Tensor
    /// [steps]
    public var rewards: [Float]
    /// [steps]: what training learns from instead; empty where the environment has no learning reward.
    public var learningRewards: [Float]
    /// The episodes, in the order of their rows.
    public var segments: [Segment]
    /// [segments, observation]: what followed each segment's last step.
    public var finalObservations: Tensor
    /// Episodes that ended because the physics became unstable.
    public var unstableEpisodes: Int

    public init(
        observations: Tensor, actions: Tensor, rewards: [Float], learningRewards: [Float] = [], segments: [Segment],
        finalObservations: Tensor, unstableEpisodes: Int
    ) {
        self.observations = observations
        self.actions = actions
        self.rewards = rewards
        self.learningRewards = learningRewards
        self.segments = segments
        self.finalObservations = finalObservations
        self.unstableEpisodes = unstableEpisodes
    }

    /// Environment steps.
    public var steps: Int { rewards.count }

    /// The same steps as training learns from them: with the environment's learning rewards where it has them. Adapting to a task goes
    /// without them, because it must work where there are none.
    public var forLearning: Rollout {
        guard !learningRewards.isEmpty else { return self }
        var result = self
        result.rewards = learningRewards
        return result
    }

    /// Undiscounted return of every episode that was not cut.
    public var episodeReturns: [Float] {
        segments.filter { $0.end != .cut }.map { rewards[$0.rows].reduce(0, +) }
    }

    /// Discounted rewards-to-go within each segment, [steps]. Time limits end them like terminal states. A segment that was cut off lacks
    /// what would have followed.
    public func discountedReturns(discount: Float) -> [Float] {
        var returns = rewards
        for segment in segments {
            for t in segment.rows.dropLast().reversed() { returns[t] += discount * returns[t + 1] }
        }
        return returns
    }
}

extension Rollout: Stateful {
    /// Without a step: what a saved one is restored into.
    public init(observationSize: Int, actionSize: Int) {
        self.init(
            observations: .zeros([0, observationSize]), actions: .zeros([0, actionSize]), rewards: [], segments: [],
            finalObservations: .zeros([0, observationSize]), unstableEpisodes: 0)
    }

    /// Everything. A segment is stored as three numbers: its first row, the row after its last, and how it ends.
    public mutating func codeState(_ coder: StateCoder) throws {
        try codeState(coder, hasLearningReward: !learningRewards.isEmpty)
    }

    /// The same where a restored one must be told whether it has learning rewards.
    public mutating func codeState(_ coder: StateCoder, hasLearningReward: Bool) throws {
        let observationSize = observations.columns, actionSize = actions.columns
        try coder.floats("rewards", &rewards)
        if hasLearningReward { try coder.floats("learningRewards", &learningRewards, shape: [rewards.count]) }
        var numbers = segments.flatMap { [$0.rows.lowerBound, $0.rows.upperBound, $0.end.rawValue] }
        try coder.integers("segments", &numbers)
        if coder.isRestoring {
            guard let found = Self.segments(numbers, steps: steps) else {
                throw coder.invalid("segments", "episodes that cover \(steps) steps expected")
            }
            self = Rollout(
                observations: .zeros([steps, observationSize]), actions: .zeros([steps, actionSize]), rewards: rewards,
                learningRewards: learningRewards, segments: found, finalObservations: .zeros([found.count, observationSize]), unstableEpisodes: 0)
        }
        try coder.tensor("observations", observations)
        try coder.tensor("actions", actions)
        try coder.tensor("finalObservations", finalObservations)
        try coder.count("unstableEpisodes", &unstableEpisodes)
    }

    /// Segments from their numbers; nil where they don't cover `steps` rows one after the other.
    private static func segments(_ numbers: [Int], steps: Int) -> [Segment]? {
        var segments: [Segment] = [], next = 0
        for i in stride(from: 0, to: numbers.count - 2, by: 3) {
            guard numbers[i] == next, numbers[i + 1] > next, numbers[i + 1] <= steps, let end = End(rawValue: numbers[i + 2]) else {
                return nil
            }
            segments.append(Segment(rows: next..<numbers[i + 1], end: end))
            next = numbers[i + 1]
        }
        return next == steps && segments.count * 3 == numbers.count ? segments : nil
    }
}
