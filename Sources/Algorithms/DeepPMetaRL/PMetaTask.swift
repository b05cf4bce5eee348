import Agents
import Core
import Environments
import Learning

/// What an update draws.
package struct PMetaSample: Sendable {
    package let transitions: TransitionBatch
    /// [tuples, context width]; nil where the task has none.
    package let context: Tensor?
    /// [latent]: N(0, 1) numbers, and of the next actions and the present ones, [batch, action].
    package let latentNoise: Tensor, nextNoise: Tensor, noise: Tensor

    package init(transitions: TransitionBatch, context: Tensor?, latentNoise: Tensor, nextNoise: Tensor, noise: Tensor) {
        self.transitions = transitions
        self.context = context
        self.latentNoise = latentNoise
        self.nextNoise = nextNoise
        self.noise = noise
    }
}

/// Everything that belongs to one task of deep pMeta-RL: personalized and auxiliary networks, optimizers, target critics, replay,
/// context, environment and random streams. Tasks share parameters only, through the meta networks at a round's start and end,
/// never transitions.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
package final class PMetaTask: @unchecked Sendable {
    let index: Int
    package let settings: PMetaRLSettings
    let observationSize: Int
    let actionSize: Int
    let contextHasNext: Bool
    /// Size of z.
    let latentSize: Int
    /// z where it is not inferred: the task's number as a one-hot vector.
    let embedding: [Float]?

    package var personalized: PMetaNetworks
    package var auxiliary: PMetaNetworks
    package var targets: TwinCritic
    let actorOptimizer: Adam
    let criticOptimizer: Adam
    let encoderOptimizer: Adam
    var entropy: EntropyCoefficient
    /// Weight of the inference network's KL term now.
    var latentWeight: LatentWeight

    let replay: ReplayBuffer
    /// Recent transitions of context episodes only: what q(z | c) is trained on and inferred from.
    package let context: ReplayBuffer

    var collector: Collector
    var cycle = PMetaCycle()
    /// Observation and latent, and the action for them: memory for each step.
    var input: [Float]
    var action: [Float]
    var actingRandom: RandomStream
    var resetRandom: RandomStream
    var updateRandom: RandomStream

    var updates = 0
    var environmentSteps = 0
    /// This task's share of the run's environment steps.
    let stepBudget: Int
    var remainingSteps: Int { max(0, stepBudget - environmentSteps) }
    package var metrics = MetricMeans()

    package init(
        index: Int, of taskCount: Int = 1, environment: any Environment, meta: PMetaNetworks, settings: PMetaRLSettings, stepBudget: Int,
        random: RandomStreams
    ) {
        self.index = index
        latentSize = meta.latentSize
        embedding = settings.taskEmbedding == .oneHot ? (0..<taskCount).map { $0 == index ? 1 : 0 } : nil
        self.stepBudget = stepBudget
        self.settings = settings
        collector = Collector(environment)
        observationSize = environment.description.observation.columns
        actionSize = environment.description.action.columns
        contextHasNext = environment.description.dynamicsVary
        personalized = meta.trainableCopy()
        auxiliary = meta.trainableCopy()
        targets = meta.critics.frozenCopy()
        actorOptimizer = Adam(personalized.actor.parameters, learningRate: settings.actorLearningRate)
        criticOptimizer = Adam(personalized.critics.parameters, learningRate: settings.criticLearningRate)
        encoderOptimizer = Adam(personalized.encoder.parameters, learningRate: settings.encoderLearningRate)
        entropy = settings.entropy(actionSize: actionSize)
        latentWeight = LatentWeight(initial: settings.latentWeight, budget: settings.latentBudget)
        let layout = TransitionLayout(environment.description)
        replay = ReplayBuffer(layout: layout, capacity: settings.replayCapacity)
        context = ReplayBuffer(layout: layout, capacity: settings.contextCapacity)
        input = Array(repeating: 0, count: observationSize + latentSize)
        action = Array(repeating: 0, count: actionSize)
        actingRandom = random["task-\(index)/acting"]
        resetRandom = random["task-\(index)/reset"]
        updateRandom = random["task-\(index)/update"]
    }

    /// Line 7 of Algorithm 1: the meta networks become this task's auxiliary ones and, unless `personalStart` keeps them, its
    /// personalized ones. An inference network that no longer learns is never kept.
    package func beginRound(from meta: PMetaNetworks) {
        if settings.personalStart == .meta {
            personalized.copyParameters(from: meta)
        } else if !encoderLearns {
            // z is of one network for all tasks, of the meta-policy, too.
            personalized.encoder.copyParameters(from: meta.encoder)
        }
        auxiliary.copyParameters(from: meta)
        // Line 3. The cycle of episodes goes on, or short rounds would never come to a personalized episode.
        if settings.contextAtRoundStart == .reset { context.removeAll() }
        if settings.targetsAtRoundStart == .reset { targets.copyParameters(from: meta.critics) }
        if settings.momentsAtRoundStart == .reset {
            for optimizer in [actorOptimizer, criticOptimizer, encoderOptimizer] { optimizer.reset() }
        }
    }

    /// Lines 9-12: one update of the personalized networks (12) and of the auxiliary ones (13).
    /// Does nothing while there are no transitions (every step so far was unstable). Throws `TrainingError.nonFinite`.
    func update() throws {
        guard replay.count > 0 else { return }
        let transitions = replay.sample(settings.batchSize, using: &updateRandom)
        let context = context.count > 0
            ? context.sampleContext(settings.contextBatch, withNext: contextHasNext, using: &updateRandom) : nil
        let noiseShape = [settings.batchSize, actionSize]
        try update(on: PMetaSample(
            transitions: transitions, context: context, latentNoise: .normal([settings.latentSize], using: &updateRandom),
            nextNoise: .normal(noiseShape, using: &updateRandom), noise: .normal(noiseShape, using: &updateRandom)))
    }

    /// The same on what was drawn.
    package func update(on sample: PMetaSample) throws {
        let transitions = sample.transitions, (latentRow, posterior) = inferLatent(sample)
        let latent = latentRow.broadcast(to: [transitions.reward.rows, latentSize])
        let fixedLatent = latent.detached()

        let target = SoftActorCritic.tdTarget(
            transitions, latent: fixedLatent, actor: personalized.actor, targets: targets, noise: sample.nextNoise,
            discount: settings.discount, entropyCoefficient: entropy.value, rewardScale: settings.rewardScale)
        let criticLoss = SoftActorCritic.criticLoss(transitions, latent: latent, critics: personalized.critics, target: target)
        try check(criticLoss.scalar, "critic loss")
        if let posterior, encoderLearns {
            let divergence = posterior.klToPrior
            try check(divergence.scalar, "divergence of the latent")
            let criticCount = personalized.critics.parameters.count
            let all = gradients(
                of: criticLoss + latentWeight.value * divergence,
                withRespectTo: personalized.critics.parameters + personalized.encoder.parameters)
            step(criticOptimizer, Array(all[..<criticCount]), personalized.critics, auxiliary.critics)
            step(encoderOptimizer, Array(all[criticCount...]), personalized.encoder, auxiliary.encoder)
            latentWeight.update(divergence: divergence.scalar)
            metrics.add("latentKL", divergence.scalar)
            if latentWeight.isTuned { metrics.add("latentWeight", latentWeight.value) }
        } else {
            let all = gradients(of: criticLoss, withRespectTo: personalized.critics.parameters)
            step(criticOptimizer, all, personalized.critics, auxiliary.critics)
        }

        let (actorLoss, logProbability) = SoftActorCritic.actorLoss(
            transitions, latent: fixedLatent, actor: personalized.actor, critics: personalized.critics, noise: sample.noise,
            entropyCoefficient: entropy.value, regularization: settings.policyRegularization)
        try check(actorLoss.scalar, "actor loss")
        step(actorOptimizer, gradients(of: actorLoss, withRespectTo: personalized.actor.parameters),
             personalized.actor, auxiliary.actor)
        entropy.update(logProbability: logProbability)
        softUpdate(targets.parameters, toward: personalized.critics.parameters, rate: settings.targetRate)

        updates += 1
        metrics.add("criticLoss", criticLoss.scalar)
        metrics.add("actorLoss", actorLoss.scalar)
        metrics.add("entropyCoefficient", entropy.value)
        metrics.add("policyEntropy", -logProbability)
    }

    private var encoderLearns: Bool { settings.encoderUpdates == 0 || updates < settings.encoderUpdates }

    /// z ~ q(z | c) [latent] and the posterior it was drawn from; z from the prior, and no posterior to train, where there is
    /// no context (every step of the context episodes so far was unstable).
    private func inferLatent(_ sample: PMetaSample) -> (sample: Tensor, posterior: GaussianPosterior?) {
        if let embedding { return (Tensor(embedding, shape: [embedding.count]), nil) }
        guard let context = sample.context else { return (sample.latentNoise, nil) }
        let posterior = personalized.encoder(context)
        return (posterior.sample(noise: sample.latentNoise), posterior)
    }

    /// Equation (12) for one network and (13) for its auxiliary copy, in one pass over memory.
    private func step<Network: Module>(_ optimizer: Adam, _ gradients: [Tensor], _ network: Network, _ auxiliary: Network) {
        let auxiliaryRate = settings.auxiliaryLearningRate * settings.proximalWeight
        switch settings.proximalForm {
        case .decoupled:
            optimizer.step(
                gradients, auxiliary: auxiliary.parameters,
                proximalRate: optimizer.learningRate * settings.proximalWeight, auxiliaryRate: auxiliaryRate)
        case .coupled:
            let pulled = withoutGradients {
                zip(gradients, zip(network.parameters, auxiliary.parameters)).map { gradient, pair in
                    gradient + settings.proximalWeight * (pair.0 - pair.1)
                }
            }
            optimizer.step(pulled, auxiliary: auxiliary.parameters, proximalRate: 0, auxiliaryRate: auxiliaryRate)
        }
    }

    /// Throws `TrainingError.nonFinite` where an update's gradients overflowed although its losses were finite: a checkpoint
    /// must never contain such networks.
    func checkParameters() throws {
        try check(euclideanNorm(personalized.parameters + auxiliary.parameters), "norm of the parameters")
    }

    private func check(_ loss: Float, _ name: String) throws {
        guard loss.isFinite else { throw TrainingError.nonFinite(name, update: updates, task: index) }
    }
}
