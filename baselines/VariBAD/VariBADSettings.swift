import Agents
import Core
import Learning

/// Hyperparameters of VariBAD (Zintgraf et al. 2020). The defaults are its authors' for Half-Cheetah-Dir (`args_cheetah_dir_varibad.py`); names in
/// brackets are the paper's symbols.
public struct VariBADSettings: AgentSettings {
    // Trials

    /// Episodes of a trial: the horizon [H+] is so many episodes, and the belief is kept until its end.
    public var episodesPerTrial = 2
    /// Trials of an iteration, each on a drawn task.
    public var metaBatch = 32
    /// How an iteration's tasks are drawn: `replacement`, independently, or `balanced`, every training task equally often as far as possible.
    public var taskDraw = TaskSampling.replacement
    /// Environment steps before the first update, at most half of the budget.
    public var initialSteps = 5000

    // Policy

    /// Hidden layers of the policy and of the value, tanh.
    public var hidden = [128, 128]
    /// Units that the observation is embedded in before it meets the belief; 0: it is not embedded.
    public var observationEmbedding = 64
    /// Units that the belief is embedded in; 0: it is not embedded.
    public var beliefEmbedding = 64
    /// First logarithm of the policy's standard deviation.
    public var initialLogStd: Float = 0
    /// Where tanh keeps actions in -1...1: at the `mean`, at the `sample`, or `nowhere`; what is left over is clipped.
    public var squash = Squash.mean
    /// Whether the policy's observations are shifted and scaled by their running mean and deviation.
    public var normalizesObservations = true
    /// The same for the belief.
    public var normalizesBelief = true
    /// Whether rewards are divided by the running deviation of their discounted sum. Beliefs are of the rewards as they are.
    public var normalizesRewards = true

    // Proximal policy optimization

    /// Learning rate of the policy's Adam.
    public var learningRate: Float = 7e-4
    /// Whether it falls to 0 over the run, linearly.
    public var annealsLearningRate = false
    /// Passes over an iteration's steps.
    public var epochs = 16
    /// Adam steps of a pass; each takes its share of the steps.
    public var minibatches = 4
    /// How far the likelihood ratio may go from 1, and the value from what it was, before the objective is flat [epsilon].
    public var clip: Float = 0.1
    /// Weight of the policy's entropy in the objective.
    public var entropyWeight: Float = 0.01
    /// Weight of the value's loss.
    public var valueWeight: Float = 0.5
    /// Discount factor [gamma].
    public var discount: Float = 0.97
    /// Decay of generalised advantage estimation [lambda].
    public var gaeLambda: Float = 0.9
    /// Largest norm of the policy's gradient; larger ones are scaled down.
    public var maxGradientNorm: Float = 0.5

    // Belief

    /// Dimensions of the latent task description [m].
    public var latentSize = 5
    /// Units of the encoder's GRU.
    public var recurrentSize = 128
    /// Units that an observation, an action and a reward are embedded in for encoder and decoders.
    public var observationFeatures = 32
    public var actionFeatures = 16
    public var rewardFeatures = 16
    /// What the decoders predict: `rewards`, `transitions`, `both`, or `automatic`: transitions where the tasks' dynamics vary, else rewards.
    public var decodes = Decoding.automatic
    /// Hidden layers of the reward decoder, ReLU.
    public var rewardDecoderHidden = [64, 32]
    /// Hidden layers of the transition decoder, ReLU.
    public var transitionDecoderHidden = [256, 128]
    /// Weight of the divergence from one posterior to the next [equation 9], as a mean over trials. The authors' files have 0.1, but their code sums
    /// this term over the 10 trials of an update, while it takes the mean of all others.
    public var divergenceWeight: Float = 1
    /// Learning rate of encoder and decoders.
    public var beliefLearningRate: Float = 1e-3
    /// Updates of encoder and decoders in an iteration.
    public var beliefUpdates = 1
    /// Trials of such an update.
    public var beliefBatch = 10
    /// Times of a trial whose lower bound is computed [t of ELBO_t].
    public var elboTerms = 50
    /// Steps of the trial that are decoded from each of them.
    public var decodedSteps = 50
    /// Steps that gradients go back through time at most; 0: through whole trials.
    public var truncation = 50
    /// Trials that are kept for these updates.
    public var bufferTrials = 10_000
    /// Largest norm of the encoder's, and of each decoder's, gradient.
    public var beliefMaxGradientNorm: Float = 1

    /// What operands of large matrix products are rounded to: `float32`, or `bfloat16` on processors with AVX512-BF16: faster on AMD's and, with AMX, on Intel's.
    public var precision = Precision.float32

    public init() {}

    public enum Squash: String, Codable, CaseIterable, Sendable { case mean, sample, nowhere }
    public enum Decoding: String, Codable, CaseIterable, Sendable { case automatic, rewards, transitions, both }
}

extension VariBADSettings {
    public func validate() throws {
        try SettingError.checkLayers([
            ("hidden", hidden), ("rewardDecoderHidden", rewardDecoderHidden), ("transitionDecoderHidden", transitionDecoderHidden),
        ])
        try SettingError.checkCounts([("episodesPerTrial", episodesPerTrial)], in: 1...100)
        try SettingError.checkCounts([("epochs", epochs)], in: 1...1000)
        try SettingError.checkCounts([("initialSteps", initialSteps)], in: 0...1_000_000_000)
        try SettingError.checkCounts([("metaBatch", metaBatch), ("minibatches", minibatches), ("beliefBatch", beliefBatch)], in: 1...10_000)
        try SettingError.checkCounts([("elboTerms", elboTerms), ("decodedSteps", decodedSteps)], in: 1...10_000)
        try SettingError.checkCounts([("beliefUpdates", beliefUpdates), ("truncation", truncation)], in: 0...100_000)
        try SettingError.checkCounts([("bufferTrials", bufferTrials)], in: 1...1_000_000)
        try SettingError.checkCounts([("observationEmbedding", observationEmbedding), ("beliefEmbedding", beliefEmbedding)], in: 0...4096)
        try SettingError.checkCounts([
            ("latentSize", latentSize), ("recurrentSize", recurrentSize), ("observationFeatures", observationFeatures),
            ("actionFeatures", actionFeatures), ("rewardFeatures", rewardFeatures),
        ], in: 1...4096)
        try SettingError.checkPositive([
            ("learningRate", learningRate), ("beliefLearningRate", beliefLearningRate), ("maxGradientNorm", maxGradientNorm),
            ("beliefMaxGradientNorm", beliefMaxGradientNorm),
        ])
        try SettingError.checkNotNegative([
            ("entropyWeight", entropyWeight), ("valueWeight", valueWeight), ("divergenceWeight", divergenceWeight),
        ])
        try SettingError.checkFractions([("clip", clip)])
        try SettingError.checkInitialLogStd(initialLogStd)
        try SettingError.checkDiscount(discount)
        try SettingError.checkNumbers([("gaeLambda", gaeLambda)], in: 0...1)
    }
}
