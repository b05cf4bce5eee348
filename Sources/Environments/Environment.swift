import Core

/// The results of a step of a batch of simulations: one row or entry for each copy. The caller owns it and passes it to every step, so
/// that stepping allocates nothing.
public struct StepBatch: Sendable {
    /// [copies, observation columns], row-major: the observation after the step (or the reset).
    public var observations: [Float]
    /// [copies]: the environment's own rewards. Returns are sums of these, and agents adapt to a task on these alone.
    public var rewards: [Float]
    /// [copies]: the rewards that training may learn from instead, such as a dense reward beside a sparse one. Empty where the environment
    /// has none (`EnvironmentDescription.hasLearningReward`) or it was not asked for.
    public var learningRewards: [Float]
    /// [copies]: the episode reached a terminal state, which has no value.
    public var terminated: [Bool]
    /// [copies]: the episode reached its limit; the state is not terminal.
    public var truncated: [Bool]
    /// [copies]: the physics became unstable (MuJoCo's bad-state warnings or a non-finite state). Such an episode ends
    /// (`terminated` is also true) and the environment counts it.
    public var unstable: [Bool]
    /// [copies, actions], row-major: which actions exist in the state after the step (or the reset); all false once an episode
    /// terminated. Empty unless it was asked for; an environment that masks actions fills it where it is not empty.
    public var actionMasks: [Bool]

    /// All zeros and false, without room for action masks and learning rewards.
    public init(copies: Int, observationColumns: Int) {
        observations = Array(repeating: 0, count: copies * observationColumns)
        rewards = Array(repeating: 0, count: copies)
        learningRewards = []
        terminated = Array(repeating: false, count: copies)
        truncated = Array(repeating: false, count: copies)
        unstable = Array(repeating: false, count: copies)
        actionMasks = []
    }

    /// All zeros and false, with room for action masks and learning rewards where the environment has them.
    public init(copies: Int, description: EnvironmentDescription) {
        self.init(copies: copies, observationColumns: description.observation.columns)
        if description.hasLearningReward { learningRewards = rewards }
        guard description.masksActions, case .discrete(let actions) = description.action else { return }
        actionMasks = Array(repeating: true, count: copies * actions)
    }
}

/// One task, simulated in `copies` independent copies that step together. Not thread-safe: one environment a thread.
///
/// An episode of a copy begins with `reset` and ends when `terminated` or `truncated` is set; the caller must
/// reset the copy before it steps again.
///
/// All random numbers, in resets and in steps, are drawn from the environment's own stream. Its state (`codeState`) is everything
/// that the next step depends on, including that stream, so a restored environment continues in exactly the same way. Restoring throws
/// `StateError` or `EnvironmentError` if the state is not of an environment of this task and number of copies.
public protocol Environment: StatefulObject {
    var description: EnvironmentDescription { get }
    /// Independent simulations that step together.
    var copies: Int { get }
    /// Episodes so far that ended because the physics became unstable.
    var unstableEpisodes: Int { get }
    /// The stream that resets and steps draw from; seeded with 0 until it is set.
    var random: RandomStream { get set }

    /// Starts a new episode in one copy and writes its first observation into row `copy` of `batch.observations`
    /// (and false into its flags).
    func reset(_ copy: Int, into batch: inout StepBatch) throws

    /// One step of every copy. `actions` is [copies, action columns], row-major.
    func step(_ actions: [Float], into batch: inout StepBatch) throws
}

extension Environment {
    /// Lends `stream` to the environment while `body` runs: resets and steps in it draw from `stream`, and the environment's own
    /// stream does not change. For callers that use one stream for everything, such as an evaluation.
    public func lending<Result>(_ stream: inout RandomStream, _ body: () throws -> Result) rethrows -> Result {
        swap(&random, &stream)
        defer { swap(&random, &stream) }
        return try body()
    }

    /// Starts a new episode in one copy with draws from `stream`.
    public func reset(_ copy: Int, into batch: inout StepBatch, using stream: inout RandomStream) throws {
        try lending(&stream) { try reset(copy, into: &batch) }
    }

    /// One step of every copy with draws from `stream`.
    public func step(_ actions: [Float], into batch: inout StepBatch, using stream: inout RandomStream) throws {
        try lending(&stream) { try step(actions, into: &batch) }
    }
}
