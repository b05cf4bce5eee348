import Agents
import Core

/// Hyperparameters of deep pMeta-RL. Names in brackets are the symbols of the paper (Algorithm 1, equations 10-14, Table III).
public struct PMetaRLSettings: AgentSettings {
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
    /// (eta * lambda * R of 5 or more), or each round loses most of what it learned.
    public var auxiliaryLearningRate: Float = 1e-2
    /// Weight of the tasks' mean in the meta update (14) [beta].
    public var metaRate: Float = 1
    /// Updates per task and round [R].
    ///
    /// With short rounds averaging is close to joint training, without which the meta-policy does not learn to use z.
    public var updatesPerRound = 50
    /// What a round's start does to Adam's moments of the personalized networks.
    public var momentsAtRoundStart = RoundStart.keep
    /// What a round's start does to the target critics: `keep` them, or `reset` to the meta critics.
    public var targetsAtRoundStart = RoundStart.keep
    /// False trains plain soft actor-critic per task, without z and without sharing, to compare with.
    public var sharing = true

    // Inference network

    /// Size of the latent z.
    public var latentSize = 5
    /// Hidden layers of the inference network.
    public var encoderHidden = [200, 200, 200]
    /// Learning rate of the inference network.
    public var encoderLearningRate: Float = 1e-3
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
    /// Episodes that the personalized policy collects after each of these.
    public var personalizedEpisodes = 2

    // Schedule

    /// Environment steps per task and update.
    public var stepsPerUpdate = 1
    /// Environment steps per task before its first update.
    public var initialSteps = 1000

    public init() {}

    public enum ProximalForm: String, Codable, Sendable { case decoupled, coupled }
    public enum RoundStart: String, Codable, Sendable { case keep, reset }
}

extension PMetaRLSettings {
    /// Largest value of every setting that is a count: sums and products of them can't overflow.
    private static let largestCount = 1_000_000_000

    public func validate() throws {
        for (key, sizes) in [("actorHidden", actorHidden), ("criticHidden", criticHidden), ("encoderHidden", encoderHidden)] {
            guard !sizes.isEmpty, sizes.allSatisfy({ (1...4096).contains($0) }) else {
                throw SettingError(key, "one or more layer sizes in 1...4096 expected, found \(sizes)")
            }
        }
        let positiveCounts = [
            ("batchSize", batchSize), ("replayCapacity", replayCapacity), ("updatesPerRound", updatesPerRound),
            ("contextBatch", contextBatch), ("contextCapacity", contextCapacity), ("contextEpisodes", contextEpisodes),
            ("stepsPerUpdate", stepsPerUpdate), ("initialSteps", initialSteps),
        ]
        for (key, value) in positiveCounts where !(1...Self.largestCount).contains(value) {
            throw SettingError(key, "a whole number in 1...\(Self.largestCount) expected, found \(value)")
        }
        guard (0...Self.largestCount).contains(personalizedEpisodes) else {
            throw SettingError(
                "personalizedEpisodes", "a whole number in 0...\(Self.largestCount) expected, found \(personalizedEpisodes)")
        }
        guard (1...4096).contains(latentSize) else {
            throw SettingError("latentSize", "a whole number in 1...4096 expected, found \(latentSize)")
        }
        let positive = [
            ("actorLearningRate", actorLearningRate), ("criticLearningRate", criticLearningRate),
            ("encoderLearningRate", encoderLearningRate), ("entropyLearningRate", entropyLearningRate),
            ("entropyCoefficient", entropyCoefficient), ("rewardScale", rewardScale),
        ]
        for (key, value) in positive where !(value > 0 && value.isFinite) {
            throw SettingError(key, "a positive number expected, found \(value)")
        }
        let nonNegative = [
            ("proximalWeight", proximalWeight), ("auxiliaryLearningRate", auxiliaryLearningRate),
            ("latentWeight", latentWeight), ("latentBudget", latentBudget), ("policyRegularization", policyRegularization),
        ]
        for (key, value) in nonNegative where !(value >= 0 && value.isFinite) {
            throw SettingError(key, "a number of at least 0 expected, found \(value)")
        }
        for (key, value) in [("targetRate", targetRate), ("metaRate", metaRate)] where !(value > 0 && value <= 1) {
            throw SettingError(key, "a number in (0, 1] expected, found \(value)")
        }
        guard (0..<1).contains(discount) else { throw SettingError("discount", "a number in [0, 1) expected, found \(discount)") }
        guard targetEntropy.isFinite else { throw SettingError("targetEntropy", "a finite number expected") }
        for (key, rate) in [("actorLearningRate", actorLearningRate), ("criticLearningRate", criticLearningRate),
                            ("encoderLearningRate", encoderLearningRate), ("auxiliaryLearningRate", auxiliaryLearningRate)]
        where rate * proximalWeight > 1 {
            throw SettingError(key, "\(key) * proximalWeight must be at most 1, otherwise the pull overshoots; found \(rate * proximalWeight)")
        }
    }
}
