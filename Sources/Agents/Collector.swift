import Core
import Environments

/// How a step left the episode that it belongs to.
public enum StepEnd: Int, Sendable {
    case goesOn = 0
    /// In a terminal state: nothing is to be bootstrapped from it.
    case terminated = 1
    /// At the episode limit: the state is not terminal, and a value is bootstrapped from it.
    case truncated = 2
    /// The physics became unstable. The episode is over and counts as terminated; the step's reward is 0 and its next observation means
    /// nothing, so that no replay stores the transition. Agents that learn from whole episodes keep the action and the reward of 0.
    case unstable = 3

    /// The copy must be reset before its next step.
    public var isOver: Bool { self != .goesOn }
    /// Nothing is to be bootstrapped from the next state.
    public var isTerminal: Bool { self == .terminated || self == .unstable }
    /// The transition may be stored and its next observation be used.
    public var isStable: Bool { self != .unstable }
}

/// Steps the copies of an environment, for all agents and for evaluation: the one place that says how a step ended.
///
/// Cost: that of the environment's step; nothing is allocated.
public struct Collector {
    public let environment: any Environment
    /// What the copies' last steps or resets gave. A copy whose last step was unstable has no observation in it.
    public private(set) var batch: StepBatch
    /// [copies, observation columns]: what the copies' last actions answered to.
    public private(set) var previousObservations: [Float]
    /// Episodes since it was made that ended because the physics became unstable.
    public private(set) var unstableEpisodes = 0

    public init(_ environment: any Environment) {
        self.environment = environment
        batch = StepBatch(copies: environment.copies, description: environment.description)
        previousObservations = batch.observations
    }

    public var copies: Int { environment.copies }

    /// Begins an episode of a copy, drawing from `random`.
    public mutating func reset(_ copy: Int, using random: inout RandomStream) throws {
        try environment.reset(copy, into: &batch, using: &random)
    }

    /// Steps all copies; `actions` is [copies, action columns]. Draws from `random`.
    public mutating func step(_ actions: [Float], using random: inout RandomStream) throws {
        for i in previousObservations.indices { previousObservations[i] = batch.observations[i] }
        try environment.step(actions, into: &batch, using: &random)
        for copy in 0..<copies where batch.unstable[copy] { unstableEpisodes += 1 }
    }

    /// How a copy's last step ended.
    public func end(_ copy: Int = 0) -> StepEnd {
        batch.unstable[copy] ? .unstable : batch.terminated[copy] ? .terminated : batch.truncated[copy] ? .truncated : .goesOn
    }

    /// The reward of a copy's last step.
    public func reward(_ copy: Int = 0) -> Float { batch.rewards[copy] }

    /// What training learns from for a copy's last step: the environment's learning reward where it has one, else its reward.
    public func learningReward(_ copy: Int = 0) -> Float {
        batch.learningRewards.isEmpty ? batch.rewards[copy] : batch.learningRewards[copy]
    }
}

extension Collector: Stateful {
    /// The environment and the observations that the next actions answer to.
    public mutating func codeState(_ coder: StateCoder) throws {
        try coder.object("environment", environment)
        try coder.floats("observation", &batch.observations, shape: [batch.observations.count])
    }
}
