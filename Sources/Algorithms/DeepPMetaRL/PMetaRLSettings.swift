import Agents
import Core
import Learning

/// Hyperparameters of deep pMeta-RL. Names in brackets are the symbols of the paper (Algorithm 1, equations 10-14, Table III).
public struct PMetaRLSettings: OffPolicySettings, LatentAdaptationSettings {
    // Networks and soft actor-critic (Table III)

    /// Hidden layers of the actor.
    public var actorHidden = [512, 512]
    /// Hidden layers of each critic.
    public var criticHidden = [512, 512]
    /// Learning rate of the personalized actor [alpha].
    public var actorLearningRate: Float = 1e-3
    /// Learning rate of the personalized critics.
    public var criticLearningRate: Float = 1e-3
    /// Transitions in a mini-batch [D].
    public var batchSize = 256
    /// Transitions that a task's replay buffer holds.
    public var replayCapacity = 100_000
    /// Discount factor [gamma].
    public var discount: Float = 0.99
    /// Rate at which target critics follow the critics.
    public var targetRate: Float = 0.005
    /// Weight of the mean squares of the policy's mean and log standard deviation in the actor's loss.
    public var policyRegularization: Float = 1e-3

    // Entropy

    /// `automatic`: the entropy coefficient is tuned to the target entropy; `fixed`: it stays at `entropyCoefficient`.
    public var entropyTuning = EntropyTuning.automatic
    /// Fixed entropy coefficient, or the first value of the tuned one.
    public var entropyCoefficient: Float = 0.2
    /// Target entropy per action dimension of the tuned coefficient.
    public var targetEntropy: Float = -1
    /// Learning rate of the tuned coefficient.
    public var entropyLearningRate: Float = 1e-3
    /// Factor on rewards in the critics' targets (5 with a fixed coefficient of 1 is PEARL's choice).
    public var rewardScale: Float = 1

    // Personalization

    /// Weight of the proximal term [lambda].
    public var proximalWeight: Float = 15
    /// Where the proximal pull of equation (12) acts: `decoupled` beside Adam's step, as (12) reads, or `coupled`, inside the
    /// gradient that Adam normalises.
    public var proximalForm = ProximalForm.decoupled
    /// Learning rate of the auxiliary networks [eta].
    ///
    /// With short rounds it must be high enough that the auxiliary networks reach the personalized ones within a round
    /// (eta * lambda * R of 5 or more), or each round loses most of what it learned. In long rounds it decides how much the pull slows the
    /// personalized networks down: while they drift steadily, eta / (eta + alpha) of Adam's speed is left, half of it with eta = alpha = 1e-3.
    public var auxiliaryLearningRate: Float = 1e-2
    /// Weight of the tasks' mean in the meta update (14) [beta]. Above 1 the meta networks go beyond the mean.
    public var metaRate: Float = 1
    /// Updates per task and round [R].
    ///
    /// With short rounds averaging is close to joint training, without which the meta-policy does not learn to use z.
    public var updatesPerRound = 50
    /// Length of the warm-up, in updates per task; 0: none. Its rounds have `warmUpUpdatesPerRound` updates; a round that begins in it is finished.
    ///
    /// Short rounds make z distinguish the tasks. In long ones the inference network forgets it again, unless it stays as it is, see
    /// `encoderUpdates`. The paper has no warm-up.
    public var warmUpUpdates = 0
    /// Updates per task and round of the warm-up.
    public var warmUpUpdatesPerRound = 50
    /// Where the personalized networks of a round start: at the `meta` networks (Algorithm 1, line 7), or where the round before left them,
    /// `keep` (as in Algorithm 2 of the second paper, pGFlowMeta). The auxiliary networks start at the meta networks in both cases.
    public var personalStart = PersonalStart.meta
    /// What a round's start does to Adam's moments of the personalized networks.
    public var momentsAtRoundStart = RoundStart.keep
    /// What a round's start does to the target critics: `keep` them, or `reset` to the meta critics.
    public var targetsAtRoundStart = RoundStart.keep

    // Inference network

    /// `inferred`: z comes from the inference network. `oneHot`: z is the task's number as a one-hot vector (Remark 2); there is no
    /// inference then, and no meta-test on unseen tasks.
    public var taskEmbedding = TaskEmbedding.inferred
    /// Size of the latent z.
    public var latentSize = 5
    /// Hidden layers of the inference network.
    public var encoderHidden = [200, 200, 200]
    /// Learning rate of the inference network.
    public var encoderLearningRate: Float = 1e-3
    /// Updates per task in which the inference network learns, best a multiple of the round's; 0: all. From the end of the round in which it
    /// stops, all tasks have the meta inference network, which changes no more, but for rounding in the mean of many tasks.
    public var encoderUpdates = 0
    /// Weight of KL(q(z | c) || N(0, I)), or its first value where it is tuned, see `latentBudget`.
    ///
    /// At a reward scale of 1, PEARL's 0.1 leaves no information in z. At 0.002 z grows without bound on families with large
    /// values.
    public var latentWeight: Float = 0.03
    /// Maximum information in z, in nats: the weight is tuned until KL(q(z | c) || N(0, I)) has this size. 0 keeps `latentWeight` fixed.
    public var latentBudget: Float = 0
    /// Context tuples that an update infers z from.
    public var contextBatch = 128
    /// Most recent context tuples kept per task.
    public var contextCapacity = 1000
    /// Episodes in a row that the meta-policy collects as context: the first with z from the prior, later ones with z from the posterior
    /// of all recent context, including that of earlier cycles.
    public var contextEpisodes = 1
    /// How many of them, at least the first, have z from the prior, as the first `priorEpisodes` of the meta-test.
    public var priorContextEpisodes = 1
    /// Actions of these episodes: `stochastic`, or `deterministic` as at the meta-test.
    public var contextActing = ActingMode.stochastic
    /// What a round's start does to the context: `keep`, or `reset`, which clears it (Algorithm 1, line 3).
    public var contextAtRoundStart = RoundStart.keep
    /// Episodes that the personalized policy collects after each of these.
    public var personalizedEpisodes = 2

    // Meta-test

    /// Adaptation episodes with z from the prior, before the first posterior.
    public var priorEpisodes = 2
    /// Actions of the adaptation episodes: `deterministic`, as in the evaluation of PEARL's authors, or `stochastic`, as in training.
    public var metaTestActing = ActingMode.deterministic
    /// Numbers k of adaptation episodes of further policies, named `meta-kN` and `personal-kN`: the first episode with z from the prior,
    /// every later one with z from the posterior of all before (the contexts c_1:k of Figure 5).
    public var contextLengths: [Int] = []

    // Schedule

    /// Environment steps per task and update.
    public var stepsPerUpdate = 1
    /// Environment steps per task before its first update.
    public var initialSteps = 1000

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public static var changes: [SettingChange] {
        [
            .removed(
                "sharing", value: "true",
                instead: "without sharing it was plain soft actor-critic per task, which is the agent sac-per-task now"),
            .added("personalStart", value: "meta"), .added("taskEmbedding", value: "inferred"),
            .added("priorContextEpisodes", value: "1"), .added("contextActing", value: "stochastic"),
            .added("contextAtRoundStart", value: "keep"), .added("warmUpUpdates", value: "0"), .added("warmUpUpdatesPerRound", value: "50"),
            .added("encoderUpdates", value: "0"),
        ] + LatentAdaptation.settingChanges
    }

    public enum ProximalForm: String, Codable, CaseIterable, Sendable { case decoupled, coupled }
    public enum RoundStart: String, Codable, CaseIterable, Sendable { case keep, reset }
    public enum PersonalStart: String, Codable, CaseIterable, Sendable { case meta, keep }
    public enum TaskEmbedding: String, Codable, CaseIterable, Sendable { case inferred, oneHot }
}

extension PMetaRLSettings {
    /// Updates per task of the longest round, that of the warm-up or a later one.
    var longestRound: Int { warmUpUpdates > 0 ? max(updatesPerRound, warmUpUpdatesPerRound) : updatesPerRound }

    public func validate() throws {
        try validateOffPolicy()
        try validateLatentAdaptation()
        try SettingError.checkLayers([("actorHidden", actorHidden), ("criticHidden", criticHidden)])
        try SettingError.checkCounts([
            ("updatesPerRound", updatesPerRound), ("warmUpUpdatesPerRound", warmUpUpdatesPerRound), ("contextBatch", contextBatch),
            ("contextCapacity", contextCapacity), ("contextEpisodes", contextEpisodes), ("priorContextEpisodes", priorContextEpisodes),
            ("stepsPerUpdate", stepsPerUpdate),
        ])
        guard priorContextEpisodes <= contextEpisodes else {
            throw SettingError(
                "priorContextEpisodes", "at most contextEpisodes = \(contextEpisodes) expected, found \(priorContextEpisodes)")
        }
        try SettingError.checkCounts([
            ("personalizedEpisodes", personalizedEpisodes), ("warmUpUpdates", warmUpUpdates), ("encoderUpdates", encoderUpdates),
        ], in: 0...1_000_000_000)
        try SettingError.checkPositive([("actorLearningRate", actorLearningRate), ("criticLearningRate", criticLearningRate)])
        try SettingError.checkNotNegative([
            ("proximalWeight", proximalWeight), ("auxiliaryLearningRate", auxiliaryLearningRate), ("latentBudget", latentBudget),
        ])
        try SettingError.checkPositive([("metaRate", metaRate)])
        // Inside the gradient the pull goes through Adam, which bounds its steps.
        let pulls = proximalForm == .coupled ? [] : [
            ("actorLearningRate", actorLearningRate), ("criticLearningRate", criticLearningRate), ("encoderLearningRate", encoderLearningRate),
        ]
        try SettingError.checkPull(pulls + [("auxiliaryLearningRate", auxiliaryLearningRate)], weight: proximalWeight)
    }
}
