import Agents
import Core

/// Hyperparameters of PEARL. Names in brackets are those of its authors' configuration files.
public struct PEARLSettings: LatentActorCriticSettings, LatentAdaptationSettings {
    // Networks and soft actor-critic

    /// Hidden layers of the actor, both critics and the value network [net_size].
    public var hidden = [300, 300, 300]
    /// Adam's learning rate of these networks [policy_lr, qf_lr, vf_lr].
    public var learningRate: Float = 3e-4
    /// Transitions of each task in a gradient step [batch_size].
    public var batchSize = 256
    /// Transitions that a task's replay buffer holds.
    public var replayCapacity = 1_000_000
    /// Discount factor.
    public var discount: Float = 0.99
    /// Rate at which the target value network follows [soft_target_tau].
    public var targetRate: Float = 0.005
    /// Weight of the mean squares of the policy's mean and log standard deviation in the actor's loss.
    public var policyRegularization: Float = 1e-3
    /// Factor on rewards in the critics' targets [reward_scale].
    public var rewardScale: Float = 5

    // Entropy

    /// `fixed`: the entropy coefficient stays at `entropyCoefficient`; `automatic`: it is tuned to the target entropy.
    public var entropyTuning = EntropyTuning.fixed
    /// Fixed entropy coefficient, or the first value of the tuned one.
    public var entropyCoefficient: Float = 1
    /// Target entropy per action dimension of the tuned coefficient.
    public var targetEntropy: Float = -1
    /// Learning rate of the tuned coefficient.
    public var entropyLearningRate: Float = 1e-3

    // Inference network

    /// Size of the latent z [latent_size].
    public var latentSize = 5
    /// Hidden layers of the inference network.
    public var encoderHidden = [200, 200, 200]
    /// Learning rate of the inference network [context_lr].
    public var encoderLearningRate: Float = 3e-4
    /// Weight of KL(q(z | c) || N(0, I)), summed over the tasks of a gradient step, beside the mean of the critics' loss
    /// [kl_lambda].
    public var latentWeight: Float = 0.1
    /// Context tuples of each task in a gradient step [embedding_batch_size].
    public var contextBatch = 64
    /// True: context tuples carry a sparse reward, 0 below `sparseThreshold` and `sparseOffset` more than was given from there
    /// on, while actor and critics learn from the environment's own reward [sparse_rewards]: Sparse-Point-Robot.
    public var sparseContext = false
    /// Least reward that a sparse context shows; minus the goal's radius where the reward is minus the distance.
    public var sparseThreshold: Float = -0.2
    /// What a sparse context adds to the rewards that it shows.
    public var sparseOffset: Float = 1

    // Schedule

    /// Environment steps of every task before the first iteration, z from the prior [num_initial_steps].
    public var initialSteps = 2000
    /// Tasks that an iteration collects from [num_tasks_sample].
    public var collectionTasks = 5
    /// Steps of each of them with z from the prior, for context and replay [num_steps_prior].
    public var priorSteps = 400
    /// Further steps with z from the posterior, for context and replay [num_steps_posterior].
    public var posteriorSteps = 0
    /// Further steps for the replay only, with z from the posterior but for the first episodes [num_extra_rl_steps_posterior].
    public var extraSteps = 400
    /// How many episodes of `extraSteps` come first with z from the prior [update_post_train].
    public var extraPriorEpisodes = 1
    /// Gradient steps of an iteration [num_train_steps_per_itr].
    public var updatesPerIteration = 2000
    /// Tasks of a gradient step [meta_batch]; if there are fewer tasks, some are repeated with samples of their own.
    public var metaBatch = 16

    // Meta-test

    /// Adaptation episodes with z from the prior, before the first posterior [num_exp_traj_eval].
    public var priorEpisodes = 2
    /// Actions of the adaptation episodes: `deterministic`, as the authors' evaluation, or `stochastic`, as in training.
    public var metaTestActing = ActingMode.deterministic

    public init() {}

    public static var changes: [SettingChange] { LatentAdaptation.settingChanges + [.added("extraPriorEpisodes", value: "0")] }
}

extension PEARLSettings {
    public func validate() throws {
        try validateLatentActorCritic()
        try validateLatentAdaptation()
        try SettingError.checkCounts([("contextBatch", contextBatch), ("priorSteps", priorSteps)])
        try SettingError.checkCounts(
            [("posteriorSteps", posteriorSteps), ("extraSteps", extraSteps), ("extraPriorEpisodes", extraPriorEpisodes)],
            in: 0...1_000_000_000)
        try SettingError.checkFinite([("sparseThreshold", sparseThreshold), ("sparseOffset", sparseOffset)])
    }

    var contextReward: ContextReward {
        sparseContext ? .sparse(threshold: sparseThreshold, offset: sparseOffset) : .given
    }
}
