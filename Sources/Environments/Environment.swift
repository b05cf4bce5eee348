/// What a batch of simulations answers to a step: one row or entry a copy. The caller owns it and hands it in again
/// and again, so that stepping allocates nothing.
public struct StepBatch: Sendable {
    /// [copies, observation columns], row-major: the observation after the step (or the reset).
    public var observations: [Float]
    /// [copies]
    public var rewards: [Float]
    /// [copies]: the episode reached a terminal state; nothing is to be bootstrapped from it.
    public var terminated: [Bool]
    /// [copies]: the episode reached its limit; the state is not terminal.
    public var truncated: [Bool]
    /// [copies]: the physics became unstable (MuJoCo's bad-state warnings or a non-finite state). Such an episode ends
    /// (`terminated` is also true) and the environment counts it.
    public var unstable: [Bool]

    /// Zeros, no episode ended.
    public init(copies: Int, observationColumns: Int) {
        observations = Array(repeating: 0, count: copies * observationColumns)
        rewards = Array(repeating: 0, count: copies)
        terminated = Array(repeating: false, count: copies)
        truncated = Array(repeating: false, count: copies)
        unstable = Array(repeating: false, count: copies)
    }
}

/// One task, simulated in `copies` independent copies that step together. Not thread-safe: one environment a thread.
///
/// An episode of a copy begins with `reset` and ends when `terminated` or `truncated` is set; stepping a copy beyond
/// that is a programming error of the caller, who resets it first.
public protocol Environment: AnyObject {
    var description: EnvironmentDescription { get }
    /// Independent simulations that step together.
    var copies: Int { get }
    /// Episodes so far that ended because the physics became unstable.
    var unstableEpisodes: Int { get }

    /// Begins a new episode in one copy and writes its first observation into row `copy` of `batch.observations`
    /// (and false into its flags).
    func reset(_ copy: Int, into batch: inout StepBatch, using generator: inout some RandomNumberGenerator) throws

    /// One step of every copy. `actions` is [copies, action columns], row-major.
    func step(_ actions: [Float], into batch: inout StepBatch) throws

    /// Everything that the next step depends on, so that a restored environment goes on to the same bits.
    func saveState() -> [Double]
    /// Throws when `state` is not one that `saveState` of an environment of this task and size returned.
    func restoreState(_ state: [Double]) throws
}
