import Agents
import Core
import Environments
import Learning

/// One task's soft actor-critic: networks, optimizers, target critics, replay buffer, environment and random streams.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
final class SACTask: @unchecked Sendable {
    let index: Int
    private let settings: SACPerTaskSettings
    private let observationSize: Int
    private let actionSize: Int

    private let actor: TanhGaussianActor
    private let critics: TwinCritic
    private let targets: TwinCritic
    private let actorOptimizer: Adam
    private let criticOptimizer: Adam
    private var entropy: EntropyCoefficient
    private let replay: ReplayBuffer

    private(set) var collector: Collector
    private var isEpisodeUnderWay = false
    private var episodeReturn: Float = 0
    /// Memory for each step's action.
    private var action: [Float]
    private var actingRandom: RandomStream
    private var resetRandom: RandomStream
    private var updateRandom: RandomStream

    private(set) var updates = 0
    private(set) var environmentSteps = 0
    /// This task's share of the run's environment steps.
    private let stepBudget: Int
    var remainingSteps: Int { max(0, stepBudget - environmentSteps) }
    var metrics = MetricMeans()

    /// `environment` has one copy.
    init(index: Int, environment: any Environment, settings: SACPerTaskSettings, stepBudget: Int, random: RandomStreams) {
        self.index = index
        self.settings = settings
        self.stepBudget = stepBudget
        collector = Collector(environment)
        observationSize = environment.description.observation.columns
        actionSize = environment.description.action.columns
        var initialization = random["task-\(index)/initialization"]
        actor = TanhGaussianActor(
            inputs: observationSize, hidden: settings.actorHidden, actionSize: actionSize, precision: settings.precision, using: &initialization)
        critics = TwinCritic(
            inputs: observationSize + actionSize, hidden: settings.criticHidden, precision: settings.precision, using: &initialization)
        targets = critics.frozenCopy()
        actorOptimizer = Adam(actor.parameters, learningRate: settings.actorLearningRate)
        criticOptimizer = Adam(critics.parameters, learningRate: settings.criticLearningRate)
        entropy = settings.entropy(actionSize: actionSize)
        replay = ReplayBuffer(
            layout: TransitionLayout(environment.description), capacity: settings.replayCapacity)
        action = Array(repeating: 0, count: actionSize)
        actingRandom = random["task-\(index)/acting"]
        resetRandom = random["task-\(index)/reset"]
        updateRandom = random["task-\(index)/update"]
    }

    /// A copy of the actor.
    var policy: GaussianLatentPolicy { GaussianLatentPolicy(actor: actor.frozenCopy(), observationSize: observationSize, latent: []) }

    /// `steps` environment steps with stochastic actions, fewer if the budget ends. Every stable one is stored.
    func collect(_ steps: Int) throws {
        for _ in 0..<max(0, min(steps, remainingSteps)) {
            if !isEpisodeUnderWay {
                try collector.reset(0, using: &resetRandom)
                (isEpisodeUnderWay, episodeReturn) = (true, 0)
            }
            collector.batch.observations.withUnsafeBufferPointer {
                actor.act($0, into: &action, mode: .stochastic, using: &actingRandom)
            }
            try collector.step(action, using: &resetRandom)
            environmentSteps += 1
            episodeReturn += collector.reward()
            let end = collector.end()
            if end.isStable { replay.append(observation: collector.previousObservations, action: action, result: collector.batch) }
            if end.isOver {
                isEpisodeUnderWay = false
                metrics.add("trainingReturn", episodeReturn)
            }
        }
    }

    /// One update of the critics, the actor, the entropy coefficient and the target critics, in this order.
    /// Does nothing while there are no transitions (every step so far was unstable). Throws `TrainingError.nonFinite`.
    func update() throws {
        guard replay.count > 0 else { return }
        let batch = replay.sample(settings.batchSize, using: &updateRandom)
        let noiseShape = [settings.batchSize, actionSize]

        let target = SoftActorCritic.tdTarget(
            batch, latent: nil, actor: actor, targets: targets, noise: .normal(noiseShape, using: &updateRandom),
            discount: settings.discount, entropyCoefficient: entropy.value, rewardScale: settings.rewardScale)
        let criticLoss = SoftActorCritic.criticLoss(batch, latent: nil, critics: critics, target: target)
        try check(criticLoss.scalar, "critic loss")
        criticOptimizer.step(gradients(of: criticLoss, withRespectTo: critics.parameters))

        let (actorLoss, logProbability) = SoftActorCritic.actorLoss(
            batch, latent: nil, actor: actor, critics: critics, noise: .normal(noiseShape, using: &updateRandom),
            entropyCoefficient: entropy.value, regularization: settings.policyRegularization)
        try check(actorLoss.scalar, "actor loss")
        actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))

        entropy.update(logProbability: logProbability)
        softUpdate(targets.parameters, toward: critics.parameters, rate: settings.targetRate)

        updates += 1
        metrics.add("criticLoss", criticLoss.scalar)
        metrics.add("actorLoss", actorLoss.scalar)
        metrics.add("entropyCoefficient", entropy.value)
        metrics.add("policyEntropy", -logProbability)
    }

    /// Throws `TrainingError.nonFinite` where an update's gradients overflowed although its losses were finite: a checkpoint must never
    /// contain such networks.
    func checkParameters() throws {
        try check(euclideanNorm(actor.parameters + critics.parameters), "norm of the parameters")
    }

    private func check(_ value: Float, _ name: String) throws {
        guard value.isFinite else { throw TrainingError.nonFinite(name, update: updates, task: index) }
    }
}

extension SACTask: StatefulObject {
    func codeState(_ coder: StateCoder) throws {
        try coder.network("actor", actor)
        try coder.network("critics", critics)
        try coder.module("targets", targets)
        try coder.object("actorOptimizer", actorOptimizer)
        try coder.object("criticOptimizer", criticOptimizer)
        try coder.value("entropy", &entropy)
        try coder.object("replay", replay)
        try collector.codeState(coder)
        try coder.stream("random.acting", &actingRandom)
        try coder.stream("random.reset", &resetRandom)
        try coder.stream("random.update", &updateRandom)
        try coder.count("updates", &updates)
        try coder.count("environmentSteps", &environmentSteps, most: stepBudget + 1)
        try coder.flag("isEpisodeUnderWay", &isEpisodeUnderWay)
        try coder.float("episodeReturn", &episodeReturn)
    }
}
