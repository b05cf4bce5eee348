import Core
import Learning

/// Encoder and decoders: the variational autoencoder of trials.
public struct BeliefModel: Sendable {
    public var encoder: BeliefEncoder
    /// Of the reward, of what a step leads to, or both.
    public var decoders: [TrajectoryDecoder]

    public init(encoder: BeliefEncoder, decoders: [TrajectoryDecoder]) {
        self.encoder = encoder
        self.decoders = decoders
    }

    /// Encoder first.
    public var parameters: [Tensor] { encoder.parameters + decoders.flatMap(\.parameters) }
}

/// Trials to learn beliefs from, filled up with zeros to the same length. Time-major: row time * trials + trial.
public struct BeliefBatch: Sendable {
    /// Of each trial: how many of its steps were played.
    public var lengths: [Int]
    /// [longest * trials, ...]
    public var steps: DecodedSteps

    public init(lengths: [Int], steps: DecodedSteps) {
        self.lengths = lengths
        self.steps = steps
    }

    public var trials: Int { lengths.count }
    public var longest: Int { lengths.max() ?? 0 }
}

/// What is random in one evaluation of the lower bound.
public struct ElboSample: Sendable {
    /// Rows of the beliefs, [terms * trials], term-major: each trial's times t from its prior to its end, drawn with replacement.
    public var beliefs: [Int]
    /// Rows of the steps that are decoded from them, [terms * decoded * trials].
    public var steps: [Int]
    /// [terms * trials, latent]: standard normal
    public var noise: Tensor

    public init(beliefs: [Int], steps: [Int], noise: Tensor) {
        self.beliefs = beliefs
        self.steps = steps
        self.noise = noise
    }

    public init(_ batch: BeliefBatch, terms: Int, decoded: Int, latent: Int, using random: inout RandomStream) {
        beliefs = []
        steps = []
        for _ in 0..<terms {
            for trial in 0..<batch.trials { beliefs.append(random.index(below: batch.lengths[trial] + 1) * batch.trials + trial) }
            for _ in 0..<decoded {
                for trial in 0..<batch.trials { steps.append(random.index(below: batch.lengths[trial]) * batch.trials + trial) }
            }
        }
        noise = .normal([terms * batch.trials, latent], using: &random)
    }
}

/// The negative lower bound, and its parts in units that do not depend on how many terms were drawn.
public struct BeliefLoss: Sendable {
    /// To be minimised.
    public let total: Tensor
    /// Mean squared error of a decoded step, of each decoder.
    public let errors: [Float]
    /// Mean divergence from one posterior to the next, in nats.
    public let divergence: Float
}

extension BeliefModel {
    /// -sum over t of ELBO_t (VariBAD, equations 9 and 10), mean over trials: at each drawn time t a latent is drawn from the posterior
    /// of that time, steps from the whole trial, past and future, are decoded from it, and the posterior is held to the one of t - 1 (at t = 0 to N(0, I)).
    public func loss(_ batch: BeliefBatch, _ sample: ElboSample, settings: VariBADSettings) -> BeliefLoss {
        let trials = batch.trials, latent = settings.latentSize
        let beliefs = encoder.beliefs(
            actions: batch.steps.actions, outcomes: batch.steps.outcomes, rewards: batch.steps.rewards, steps: batch.longest,
            truncation: settings.truncation)
        // One time earlier than the prior stands N(0, I).
        let all = concatenatedRows([.zeros([trials, 2 * latent]), beliefs])
        let posterior = gaussian(all.gatheredRows(sample.beliefs.map { $0 + trials })), previous = gaussian(all.gatheredRows(sample.beliefs))
        let terms = sample.beliefs.count / trials, decoded = sample.steps.count / sample.beliefs.count
        // Row (term, step, trial) decodes the latent of (term, trial).
        let latents = posterior.sample(noise: sample.noise).gatheredRows((0..<terms).flatMap { term in
            (0..<decoded).flatMap { _ in term * trials..<(term + 1) * trials }
        })
        let steps = batch.steps.rows(sample.steps)
        let errors = decoders.map { $0.errors(latents, steps).sum() }, divergence = posterior.kl(to: previous).sum()
        let total = errors.reduce(settings.divergenceWeight * divergence) { $0 + $1 } * (1 / Float(trials))
        return BeliefLoss(
            total: total, errors: errors.map { $0.scalar / Float(sample.steps.count) }, divergence: divergence.scalar / Float(sample.beliefs.count))
    }

    /// From beliefs [rows, 2 latent].
    private func gaussian(_ beliefs: Tensor) -> DiagonalGaussian {
        let latent = beliefs.columns / 2
        return DiagonalGaussian(mean: beliefs.columns(0..<latent), logStd: beliefs.columns(latent..<2 * latent) * 0.5)
    }
}
