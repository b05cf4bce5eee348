import Agents
import Core
import Learning

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
    /// Rate at which the target network follows [soft_target_tau].
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

    // Schedule. Where the budget is counted in trajectories, steps here are trajectories.

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
    /// Iterations of a round. The agent can be evaluated at the end of a round; nothing else happens there.
    public var iterationsPerRound = 1
    /// Tasks of a gradient step [meta_batch]; if there are fewer tasks, some are repeated with samples of their own.
    public var metaBatch = 16

    // Meta-test

    /// Adaptation episodes with z from the prior, before the first posterior [num_exp_traj_eval].
    public var priorEpisodes = 2
    /// Actions of the adaptation episodes: `deterministic`, as the authors' evaluation, or `stochastic`, as in training.
    public var metaTestActing = ActingMode.deterministic
    /// Numbers k of adaptation episodes of further policies, named `meta-kN`: the first episode with z from the prior, every later one with
    /// z from the posterior of all before (the contexts c_1:k of pMeta-RL's Figure 5).
    public var contextLengths: [Int] = []

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public static var changes: [SettingChange] {
        let instead = "a family with a sparse reward now has a learning reward beside it, as sparse-point-robot"
        return LatentAdaptation.settingChanges + [
            .added("extraPriorEpisodes", value: "0"), .added("iterationsPerRound", value: "1"),
            .removed("sparseContext", value: "false", instead: instead),
            // Used with `sparseContext` alone.
            .removed("sparseThreshold", value: "-0.2", instead: instead), .removed("sparseOffset", value: "1.0", instead: instead),
        ]
    }
}

extension PEARLSettings {
    public func validate() throws {
        try validateLatentActorCritic()
        try validateLatentAdaptation()
        try SettingError.checkCounts([
            ("contextBatch", contextBatch), ("priorSteps", priorSteps), ("iterationsPerRound", iterationsPerRound),
        ])
        try SettingError.checkCounts(
            [("posteriorSteps", posteriorSteps), ("extraSteps", extraSteps), ("extraPriorEpisodes", extraPriorEpisodes)],
            in: 0...1_000_000_000)
    }
}
