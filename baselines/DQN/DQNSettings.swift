import Agents
import Core
import Learning

/// Hyperparameters of dqn, dqn-per-task and dqn-averaging. The defaults are those of CartPole in Table II of pMeta-RL (arXiv 2209.10072), and
/// choices of this project where it says nothing. Keys, defaults and presets are those of pmeta-dqn for the same parts.
public struct DQNSettings: DeepQSettings {
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
    /// Updates for each task in an iteration, after one step of every copy. The one network of `dqn` makes as many as all tasks' together.
    public var updatesPerIteration = 1

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public func validate() throws { try validateDeepQ() }
}
