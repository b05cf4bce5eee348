import Core
import Learning

/// What a Gaussian policy met on one task: steps in rows, an episode's steps one after the other. Every episode in it starts from a
/// reset; the last ones may be cut off where the collection ended.
public struct Rollout: Sendable {
    /// How an episode's rows end.
    public enum End: Int, Sendable {
        /// In a terminal state (or in unstable physics): nothing is to be bootstrapped.
        case terminated
        /// At the episode limit.
        case truncated
        /// By the end of the collection: the episode would have gone on.
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
    /// The episodes, in the order of their rows.
    public var segments: [Segment]
    /// [segments, observation]: what followed each segment's last step.
    public var finalObservations: Tensor
    /// Episodes that ended because the physics became unstable.
    public var unstableEpisodes: Int

    public init(
        observations: Tensor, actions: Tensor, rewards: [Float], segments: [Segment], finalObservations: Tensor,
        unstableEpisodes: Int
    ) {
        self.observations = observations
        self.actions = actions
        self.rewards = rewards
        self.segments = segments
        self.finalObservations = finalObservations
        self.unstableEpisodes = unstableEpisodes
    }

    /// Environment steps.
    public var steps: Int { rewards.count }
    /// Undiscounted return of every episode that was not cut.
    public var episodeReturns: [Float] {
        segments.filter { $0.end != .cut }.map { rewards[$0.rows].reduce(0, +) }
    }

    /// Discounted rewards-to-go within each segment, [steps]. Time limits end them like terminal states; a cut segment lacks its rest.
    public func discountedReturns(discount: Float) -> [Float] {
        var returns = rewards
        for segment in segments {
            for t in segment.rows.dropLast().reversed() { returns[t] += discount * returns[t + 1] }
        }
        return returns
    }
}

extension Rollout {
    /// Everything, below `key`.
    public func store(in state: inout StateDictionary, at key: String) {
        state.store(observations.array, shape: observations.shape, at: "\(key).observations")
        state.store(actions.array, shape: actions.shape, at: "\(key).actions")
        state.store(rewards, at: "\(key).rewards")
        state.store(segments.flatMap { [$0.rows.lowerBound, $0.rows.upperBound, $0.end.rawValue] }, at: "\(key).segments")
        state.store(finalObservations.array, shape: finalObservations.shape, at: "\(key).finalObservations")
        state.store(unstableEpisodes, at: "\(key).unstableEpisodes")
    }

    /// Throws `StateError` where an entry is missing or they don't fit together.
    public init(from state: StateDictionary, at key: String, observationSize: Int, actionSize: Int) throws {
        rewards = try state.floats("\(key).rewards")
        let steps = rewards.count
        let numbers = try state.integers("\(key).segments")
        var next = 0
        segments = []
        for i in stride(from: 0, to: numbers.count - 2, by: 3) {
            guard numbers[i] == next, numbers[i + 1] > next, numbers[i + 1] <= steps, let end = End(rawValue: numbers[i + 2]) else { break }
            segments.append(Segment(rows: next..<numbers[i + 1], end: end))
            next = numbers[i + 1]
        }
        guard next == steps, segments.count * 3 == numbers.count else {
            throw StateError.invalid("\(key).segments", "episodes that cover \(steps) steps expected")
        }
        observations = Tensor(
            try state.floats("\(key).observations", count: steps * observationSize), shape: [steps, observationSize])
        actions = Tensor(try state.floats("\(key).actions", count: steps * actionSize), shape: [steps, actionSize])
        finalObservations = Tensor(
            try state.floats("\(key).finalObservations", count: segments.count * observationSize),
            shape: [segments.count, observationSize])
        unstableEpisodes = try state.integer("\(key).unstableEpisodes")
    }
}
