import Agents
import Core
import Environments
import Learning

/// PEARL (Rakelly et al. 2019): soft actor-critic conditioned on a latent z that an inference network q(z | c) reads from a
/// task's recent transitions. Training alternates between collecting, with z from the prior and then from the posterior, and
/// gradient steps on batches of several tasks.
public final class PEARL: LatentMetaAgent {
    public static let name = "pearl"
    public static var budgetUnits: [BudgetUnit] { [.steps, .trajectories] }
    public static let summary = "PEARL: SAC conditioned on a latent inferred from context, off-policy"

    let problem: Problem
    let settings: PEARLSettings
    let tasks: [ContextTask]
    let encoder: ContextEncoder
    let encoderOptimizer: Adam
    let learner: any LatentLearner
    var iterations: OffPolicyIterations
    var updateRandom: RandomStream
    private var metrics = MetricMeans()

    var gradientUpdates = 0
    private var trajectories = 0

    public init(problem: Problem, settings: PEARLSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        let layout = TransitionLayout(problem.environment)
        var initialization = random["initialization"]
        encoder = ContextEncoder(
            inputs: layout.contextWidth(withNext: problem.environment.dynamicsVary), hidden: settings.encoderHidden,
            latentSize: settings.latentSize, precision: settings.precision, using: &initialization)
        encoderOptimizer = Adam(encoder.parameters, learningRate: settings.encoderLearningRate)
        learner = try problem.latentLearner(agent: Self.name, settings: settings, using: &initialization)
        let contextSteps = max(settings.initialSteps, settings.priorSteps + settings.posteriorSteps)
        let contextCapacity = problem.budget.unit == .steps ? contextSteps : contextSteps * problem.environment.episodeLimit
        tasks = try problem.trainTasks.enumerated().map { index, task in
            ContextTask(
                index: index, environment: try problem.makeEnvironment(task, 1), replayCapacity: settings.replayCapacity,
                contextCapacity: contextCapacity, random: random["task-\(index)"])
        }
        iterations = OffPolicyIterations(
            tasks: tasks.count, tasksPerIteration: settings.collectionTasks, updatesPerIteration: settings.updatesPerIteration,
            random: random["schedule"])
        updateRandom = random["update"]
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: environmentSteps, gradientUpdates: gradientUpdates,
            unstableEpisodes: tasks.reduce(0) { $0 + $1.environment.unstableEpisodes },
            rounds: max(0, iterations.iteration - (iterations.isOver ? 0 : 1)) / settings.iterationsPerRound,
            trajectories: trajectories)
    }

    /// The policy after a fresh adaptation, and on training tasks the one at the z of the stored context.
    public var policies: [AgentPolicy] {
        [.meta, .metaStored { [self] in storedPolicy(task: $0) }]
            + settings.policyNames(AgentPolicy.metaName).map { .adaptedOn($0.episodes, name: $0.name) }
    }

    private var environmentSteps: Int { tasks.reduce(0) { $0 + $1.environmentSteps } }
    /// What is left of the budget, in its unit.
    private var remaining: Int { problem.budget.amount - (problem.budget.unit == .steps ? environmentSteps : trajectories) }
    /// Whether the iteration that is over ends a round.
    private var endsRound: Bool {
        iterations.isOver && (remaining == 0 || iterations.iteration.isMultiple(of: settings.iterationsPerRound))
    }

    /// Algorithm 1: initial steps of every task, then iterations of collecting from some tasks (lines 3-8) and gradient steps on
    /// batches of all tasks (lines 9-18).
    public func train(_ session: any TrainingSession) throws {
        while remaining > 0 || !iterations.isOver {
            if iterations.isOver { iterations.begin() }
            if remaining == 0 { iterations.stopCollecting() }
            while let task = iterations.waiting.first {
                try iterations.isInitial ? collectInitialSteps(of: tasks[task]) : collect(from: tasks[task])
                iterations.didCollect()
                if remaining == 0 { iterations.stopCollecting() }
                try session.pause(metrics.drainMeans(), endsRound: endsRound)
            }
            while iterations.updatesLeft > 0 {
                let count = min(iterations.updatesLeft, updatesPerPause)
                for _ in 0..<count { try update() }
                try checkParameters()
                iterations.didUpdate(count)
                try session.pause(metrics.drainMeans(), endsRound: endsRound)
            }
        }
    }

    /// Half a second of gradient steps at the authors' sizes.
    private var updatesPerPause: Int { max(1, 8192 / settings.metaBatch / settings.batchSize) }

    private func checkParameters() throws {
        guard euclideanNorm(learner.parameters + encoder.parameters).isFinite else {
            throw TrainingError.nonFinite("norm of the parameters", update: gradientUpdates, task: 0)
        }
    }

    // MARK: Collecting

    private func collectInitialSteps(of task: ContextTask) throws {
        try collect(settings.initialSteps, from: task, priorEpisodes: .max, intoContext: true)
    }

    /// Algorithm 1, lines 3-8, for one task: a new context, then transitions that only the replay keeps.
    private func collect(from task: ContextTask) throws {
        task.context.removeAll()
        try collect(settings.priorSteps, from: task, priorEpisodes: .max, intoContext: true)
        try collect(settings.posteriorSteps, from: task, priorEpisodes: 0, intoContext: true)
        try collect(settings.extraSteps, from: task, priorEpisodes: settings.extraPriorEpisodes, intoContext: false)
    }

    /// So many steps in episodes, each with a new z, in the first `priorEpisodes` of them from the prior; fewer if the budget ends. The last
    /// episode is cut off where they end. Where the budget is counted in trajectories, so many whole ones.
    private func collect(_ amount: Int, from task: ContextTask, priorEpisodes: Int, intoContext: Bool) throws {
        let policy = learner.policy(at: priorMean, frozen: false), countsSteps = problem.budget.unit == .steps
        var left = min(amount, remaining), episodes = 0
        while left > 0 {
            let isPrior = episodes < priorEpisodes
            policy.condition(on: latent(for: task, isPrior: isPrior))
            let episode = try task.play(policy, limit: countsSteps ? left : .max, intoContext: intoContext)
            if !countsSteps || left > episode.length || left >= problem.environment.episodeLimit {
                metrics.add(isPrior ? "priorReturn" : "posteriorReturn", Float(episode.episodeReturn))
            }
            left -= countsSteps ? episode.length : 1
            episodes += 1
            trajectories += countsSteps ? 0 : 1
        }
    }

    private var priorMean: [Float] { Array(repeating: 0, count: settings.latentSize) }

    /// z from the prior, or from the posterior of a sample of the task's context (the prior where it has none).
    private func latent(for task: ContextTask, isPrior: Bool) -> [Float] {
        let noise = Tensor.normal([settings.latentSize], using: &task.random)
        guard !isPrior, task.context.count > 0 else { return noise.array }
        return withoutGradients {
            let tuples = task.context.sampleContext(
                settings.contextBatch, withNext: problem.environment.dynamicsVary, using: &task.random)
            return encoder(tuples).sample(noise: noise).array
        }
    }

    // MARK: Learning

    /// Algorithm 1, lines 10-18: one gradient step on a meta-batch of tasks. Tasks without a stable transition so far are left out.
    private func update() throws {
        let trainable = tasks.filter(\.isTrainable)
        guard !trainable.isEmpty else { return }
        let batch = drawEvenly(settings.metaBatch, of: trainable.count, using: &updateRandom).map { trainable[$0] }
        let transitions = ReplayBuffer.sample(settings.batchSize, ofEach: batch.map(\.replay), using: &updateRandom)
        let tuples = ReplayBuffer.sampleContext(
            settings.contextBatch, ofEach: batch.map(\.context), withNext: problem.environment.dynamicsVary, using: &updateRandom)
        let posterior = encoder(tuples)
        let latent = posterior.sample(noise: .normal([batch.count, settings.latentSize], using: &updateRandom))
        let divergence = posterior.klToPrior
        let (losses, encoderGradients) = try learner.update(
            transitions, latent: latent.repeatedRows(settings.batchSize), penalty: settings.latentWeight * divergence,
            inference: encoder.parameters, using: &updateRandom, count: gradientUpdates)
        encoderOptimizer.step(encoderGradients)
        gradientUpdates += 1
        for (name, value) in losses.metrics { metrics.add(name, value) }
        metrics.add("entropyCoefficient", learner.entropy.value)
        metrics.add("latentKL", divergence.scalar / Float(batch.count))
    }
}

extension PEARL {
    /// Algorithm 2.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let terms = settings.terms(of: policy, stem: AgentPolicy.metaName, episodes: episodes)
        return try settings.adaptation(
            policy: learner.policy(at: priorMean, frozen: true), encoder: encoder, contextHasNext: problem.environment.dynamicsVary
        ).beginning(withPriorEpisodes: terms.priorEpisodes).run(in: environment, episodes: terms.episodes, using: &random)
    }

    public func storedLatents() -> [[Float]?] {
        tasks.map { encoder.latent(of: $0.context, withNext: problem.environment.dynamicsVary) }
    }

    /// The policy at the posterior's mean of a task's stored context, at the prior's where there is none.
    private func storedPolicy(task index: Int) -> any LatentPolicy {
        let latent = encoder.latent(of: tasks[index].context, withNext: problem.environment.dynamicsVary)
        return learner.policy(at: latent ?? priorMean, frozen: true)
    }
}

extension PEARL: ActionValueSource {
    /// The critics at the z that `policy` has without adapting: `meta-stored` at that of the task's stored context, any other one at the
    /// prior's mean.
    public func actionValues(observation: [Float], actions: [Float], policy: String, trainingTask: Int) throws -> [Float] {
        let stored = policy == AgentPolicy.metaStoredName
            ? encoder.latent(of: tasks[trainingTask].context, withNext: problem.environment.dynamicsVary) : nil
        return learner.actionValues(observation: observation, actions: actions, latent: stored ?? priorMean)
    }
}

extension PEARL {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("encoder", encoder)
        try coder.object("encoderOptimizer", encoderOptimizer)
        try coder.object("learner", learner)
        for task in tasks { try coder.object("task-\(task.index)", task) }
        switch problem.budget.unit {
        case .trajectories: try coder.count("trajectories", &trajectories, most: problem.budget.amount)
        default: try tasks.checkSteps(coder, most: problem.budget.amount)
        }
        try coder.value("schedule", &iterations)
        try coder.stream("random.update", &updateRandom)
        try coder.count("gradientUpdates", &gradientUpdates)
    }
}
