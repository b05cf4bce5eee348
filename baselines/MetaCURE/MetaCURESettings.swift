import Agents
import Core
import Learning

/// Hyperparameters of MetaCURE. Names in brackets are those of its authors' configuration files.
public struct MetaCURESettings: LatentActorCriticSettings {
    // Networks and soft actor-critic

    /// Hidden layers of both policies' actors, critics and value networks [net_size].
    public var hidden = [300, 300, 300]
    /// Adam's learning rate of these networks [policy_lr, qf_lr, vf_lr].
    public var learningRate: Float = 3e-4
    /// Transitions of each task in a gradient step [batch_size].
    public var batchSize = 64
    /// Transitions that a task's replay buffer holds.
    public var replayCapacity = 1_000_000
    /// Discount factor.
    public var discount: Float = 0.99
    /// Rate at which the target value networks follow [soft_target_tau].
    public var targetRate: Float = 0.005
    /// Weight of the mean squares of a policy's mean and log standard deviation in its actor's loss.
    public var policyRegularization: Float = 1e-3
    /// Factor on rewards in the critics' targets [reward_scale].
    public var rewardScale: Float = 10

    // Entropy

    /// `fixed`: the entropy coefficient stays at `entropyCoefficient`; `automatic`: each policy's is tuned to the target entropy.
    public var entropyTuning = EntropyTuning.fixed
    /// Fixed entropy coefficient, or the first value of the tuned ones.
    public var entropyCoefficient: Float = 1
    /// Target entropy per action dimension of the tuned coefficients.
    public var targetEntropy: Float = -1
    /// Learning rate of the tuned coefficients.
    public var entropyLearningRate: Float = 1e-3

    // Inference and prediction

    /// Size of the latent z [latent_size].
    public var latentSize = 5
    /// Size of the inference network's recurrent state.
    public var recurrentSize = 64
    /// Hidden layers between that state and the belief.
    public var encoderHidden = [64, 64]
    /// Learning rate of the inference network, decoder and predictors [context_lr].
    public var encoderLearningRate: Float = 3e-4
    /// Weight of KL(belief || N(0, I)), the mean over tasks and context tuples [kl_lambda].
    public var latentWeight: Float = 1e-3
    /// Hidden layers of the decoder and of each task's predictor.
    public var predictorHidden = [300, 300, 300]
    /// Weight of the intrinsic reward beside the environment's in what the exploration policy maximises [intrinsic_reward_weight].
    public var intrinsicWeight: Float = 0.2
    /// One of so many transitions enters the context and changes the belief [rsample_rate].
    public var contextInterval = 4
    /// Context tuples of an exploration, from its beginning, that gradient steps infer from [embedding_batch_size].
    public var contextLength = 96
    /// Latest explorations of each task that gradient steps draw from. With only the latest one the inference network can
    /// memorise it; explorations of much earlier policies say little about the task.
    public var explorationsKept = 100

    // Schedule

    /// Environment steps of every task before the first iteration, by the exploration policy [num_initial_steps].
    public var initialSteps = 2000
    /// Tasks that an iteration collects from [num_tasks_sample].
    public var collectionTasks = 5
    /// Steps of each of them by the exploration policy, for context and replay; the authors count these in episodes.
    public var explorationSteps = 400
    /// Further steps by the exploitation policy, z from the prior, for the replay only [num_steps_prior].
    public var priorSteps = 0
    /// Further steps by the exploitation policy, z from the posterior, for the replay only [num_extra_rl_steps_posterior].
    public var exploitationSteps = 400
    /// Gradient steps of an iteration [num_train_steps_per_itr].
    public var updatesPerIteration = 1000
    /// Tasks of a gradient step [meta_batch]; if there are fewer tasks, some are repeated with samples of their own.
    public var metaBatch = 16

    // Meta-test

    /// Actions of the exploration policy: `deterministic`, as the authors' evaluation, or `stochastic`, as in training.
    public var metaTestActing = ActingMode.deterministic

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public static var changes: [SettingChange] { [.added("metaTestActing", value: "stochastic"), .added("priorSteps", value: "0")] }
}

extension MetaCURESettings {
    public func validate() throws {
        try validateLatentActorCritic()
        try SettingError.checkLayers([("predictorHidden", predictorHidden)])
        try SettingError.checkCounts([
            ("contextInterval", contextInterval), ("contextLength", contextLength), ("explorationsKept", explorationsKept),
            ("explorationSteps", explorationSteps),
        ])
        try SettingError.checkCounts([("priorSteps", priorSteps), ("exploitationSteps", exploitationSteps)], in: 0...1_000_000_000)
        try SettingError.checkCounts([("recurrentSize", recurrentSize)], in: 1...4096)
        try SettingError.checkNotNegative([("intrinsicWeight", intrinsicWeight)])
        guard contextLength <= explorationSteps / contextInterval else {
            throw SettingError(
                "contextLength",
                "at most explorationSteps / contextInterval = \(explorationSteps / contextInterval) expected, found \(contextLength)")
        }
        guard contextLength <= initialSteps / contextInterval else {
            throw SettingError(
                "initialSteps", "at least contextLength * contextInterval = \(contextLength * contextInterval) expected, found \(initialSteps)")
        }
    }
}
