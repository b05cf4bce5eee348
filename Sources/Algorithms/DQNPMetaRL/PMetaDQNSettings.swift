import Agents
import Core
import Learning

/// Hyperparameters of pmeta-dqn. The defaults are those of CartPole in Table II of the paper, and choices of this project where it says nothing.
/// Keys and defaults of Q-learning are those of `DQNSettings`.
public struct PMetaDQNSettings: DeepQSettings {
    // Network and Q-learning

    /// Hidden layers of the Q network, with rectified linear units.
    public var hidden = [512, 512]
    /// Learning rate of Adam.
    public var learningRate: Float = 1e-3
    /// Transitions in a mini-batch.
    public var batchSize = 64
    /// Discount factor.
    public var discount: Float = 0.99
    /// Rewards that a target sums before it bootstraps (n).
    public var returnSteps = 3
    /// The learning network chooses the action whose value is bootstrapped (double Q-learning); else the target network does.
    public var doubleLearning = true
    /// `bootstrap`: an episode that ends at its limit has a value there; `terminal`: it has none.
    public var truncation = TruncationValue.bootstrap
    /// Updates between two copies of the network into the target network.
    public var targetInterval = 350

    // Replay

    /// Transitions that a task's replay buffer holds.
    public var replayCapacity = 200_000
    /// Exponent of the error in a transition's priority; 0 draws uniformly.
    public var priorityExponent: Float = 0.6
    /// Exponent of the importance weights; 0 for none.
    public var importanceExponent: Float = 0.4

    // Exploration

    /// `plain`: epsilon-greedy; `held`: random actions are held for some steps (epsilon-z-greedy).
    public var exploration = ActionExploration.plain
    /// Mean steps for which a random action is held.
    public var meanHold: Float = 10
    /// Probability of random actions in the first iteration; it falls linearly.
    public var epsilonStart: Float = 0.3
    /// The same in the last iteration.
    public var epsilonEnd: Float = 0.01

    // Schedule

    /// Environment copies of each task, which step together.
    public var copies = 10
    /// Random environment steps of each task before its first update, rounded up to whole steps of all copies.
    public var initialSteps = 64
    /// Iterations in a round (R).
    public var iterationsPerRound = 200
    /// Updates of each task in an iteration, after one step of every copy.
    public var updatesPerIteration = 1

    // Personalization

    /// lambda: weight of the pull between personalized and auxiliary networks.
    public var proximalWeight: Float = 20
    /// Which updates have a pull beside them.
    public enum Pull: String, Codable, CaseIterable, Sendable {
        /// The last one of an iteration.
        case iteration
        /// Every one.
        case update
    }
    /// `iteration`: the last update of an iteration has the pull beside it; `update`: every update has.
    public var pull = Pull.iteration
    /// eta: learning rate of the auxiliary networks.
    public var auxiliaryLearningRate: Float = 1e-3
    /// beta: how far the meta network moves to the mean of the auxiliary networks after a round; above 1 it goes beyond.
    public var metaRate: Float = 1
    /// Where personalized networks begin a round.
    public enum PersonalStart: String, Codable, CaseIterable, Sendable {
        /// Where they ended the round before (pGFlowMeta's Algorithm 2).
        case keep
        /// At the meta network (pMeta-RL's Algorithm 1, line 7).
        case meta
    }
    /// `keep`: personalized networks go on from the round before; `meta`: they begin each round at the meta network.
    public var personalStart = PersonalStart.keep

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws {
        try validateDeepQ()
        try SettingError.checkNotNegative([("proximalWeight", proximalWeight)])
        try SettingError.checkPositive([("auxiliaryLearningRate", auxiliaryLearningRate), ("metaRate", metaRate)])
        try SettingError.checkPull([("learningRate", learningRate), ("auxiliaryLearningRate", auxiliaryLearningRate)], weight: proximalWeight)
    }
}
