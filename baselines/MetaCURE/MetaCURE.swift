import Agents
import Core
import Environments
import Learning

/// MetaCURE (Zhang et al. 2021): one policy explores, conditioned on the belief about the task and rewarded for transitions that
/// tell more about it; another exploits, conditioned on a sample of z as in PEARL. Both share the inference network and the replay.
public final class MetaCURE: LatentMetaAgent {
    public static let name = "metacure"
    public static let summary = "MetaCURE: PEARL with a separate exploration policy, rewarded for what identifies the task"

    let problem: Problem
    let settings: MetaCURESettings
    let tasks: [ContextTask]
    let encoder: RecurrentEncoder
    let encoderOptimizer: Adam
    let exploitation: LatentActorCritic
    let exploration: LatentActorCritic
    /// Predicts from the belief, for all tasks.
    let decoder: Predictor
    let decoderOptimizer: Adam
    /// One for each task.
    let predictors: [Predictor]
    let predictorOptimizers: [Adam]
    var iterations: OffPolicyIterations
    var updateRandom: RandomStream
    var metrics = MetricMeans()
    var gradientUpdates = 0

    public init(problem: Problem, settings: MetaCURESettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        let observation = problem.environment.observation.columns, action = problem.environment.action.columns
        let layout = TransitionLayout(problem.environment)
        let transition = problem.environment.dynamicsVary ? observation : nil
        var initialization = random["initialization"]
        encoder = RecurrentEncoder(
            inputs: layout.contextWidth(withNext: problem.environment.dynamicsVary), recurrentSize: settings.recurrentSize,
            hidden: settings.encoderHidden, latentSize: settings.latentSize, precision: settings.precision, using: &initialization)
        encoderOptimizer = Adam(encoder.parameters, learningRate: settings.encoderLearningRate)
        var options = settings.latentActorCritic(observation: observation, action: action)
        exploitation = LatentActorCritic(options, using: &initialization)
        options.latent = 2 * settings.latentSize
        exploration = LatentActorCritic(options, using: &initialization)
        decoder = Predictor(
            inputs: observation + action + 2 * settings.latentSize, hidden: settings.predictorHidden, transition: transition,
            precision: settings.precision, using: &initialization)
        decoderOptimizer = Adam(decoder.parameters, learningRate: settings.encoderLearningRate)
        predictors = problem.trainTasks.map { _ in
            Predictor(
                inputs: observation + action, hidden: settings.predictorHidden, transition: transition, precision: settings.precision,
                using: &initialization)
        }
        predictorOptimizers = predictors.map { Adam($0.parameters, learningRate: settings.encoderLearningRate) }
        tasks = try problem.trainTasks.enumerated().map { index, task in
            ContextTask(
                index: index, environment: try problem.makeEnvironment(task, 1), replayCapacity: settings.replayCapacity,
                contextCapacity: settings.explorationsKept * settings.contextLength, random: random["task-\(index)"])
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
            rounds: max(0, iterations.iteration - (iterations.isOver ? 0 : 1)))
    }

    /// The exploitation policy after fresh exploration, and on training tasks at the belief of the latest stored exploration.
    public var policies: [AgentPolicy] { [.meta, .metaStored { [self] in storedPolicy(task: $0) }] }

    private var environmentSteps: Int { tasks.reduce(0) { $0 + $1.environmentSteps } }
    private var remainingSteps: Int { problem.totalSteps - environmentSteps }
    var contextHasNext: Bool { problem.environment.dynamicsVary }
    private var observationSize: Int { problem.environment.observation.columns }

    /// Algorithm 1: initial steps of every task by the exploration policy, then iterations: explore and exploit some tasks, and take
    /// gradient steps on batches of all tasks.
    public func train(_ session: any TrainingSession) throws {
        while remainingSteps > 0 || !iterations.isOver {
            if iterations.isOver { iterations.begin() }
            if remainingSteps == 0 { iterations.stopCollecting() }
            while let index = iterations.waiting.first {
                let task = tasks[index]
                if iterations.isInitial {
                    _ = try explore(settings.initialSteps, task)
                } else {
                    let belief = try explore(settings.explorationSteps, task)
                    try exploit(settings.priorSteps, task, Belief(encoder: encoder, interval: 1, contextHasNext: contextHasNext))
                    try exploit(settings.exploitationSteps, task, belief)
                }
                iterations.didCollect()
                if remainingSteps == 0 { iterations.stopCollecting() }
                try session.pause(metrics.drainMeans(), endsRound: iterations.isOver)
            }
            while iterations.updatesLeft > 0 {
                let count = min(iterations.updatesLeft, updatesPerPause)
                for _ in 0..<count { try update() }
                try checkParameters()
                iterations.didUpdate(count)
                try session.pause(metrics.drainMeans(), endsRound: iterations.isOver)
            }
        }
    }

    /// Well below a second of gradient steps at the authors' sizes.
    private var updatesPerPause: Int { max(1, 4096 / settings.metaBatch / settings.batchSize) }

    private func checkParameters() throws {
        let all = exploitation.parameters + exploration.parameters + encoder.parameters + decoder.parameters + predictors.parameters
        guard euclideanNorm(all).isFinite else {
            throw TrainingError.nonFinite("norm of the parameters", update: gradientUpdates, task: 0)
        }
    }

    // MARK: Collecting

    /// So many steps of the exploration policy in episodes that share one belief; fewer if the budget ends. If there are fewer, or
    /// if the physics was unstable too often, the context is too short to be kept.
    private func explore(_ steps: Int, _ task: ContextTask) throws -> Belief {
        var belief = Belief(encoder: encoder, interval: settings.contextInterval, contextHasNext: contextHasNext)
        let policy = GaussianLatentPolicy(
            actor: exploration.actor, observationSize: observationSize, latent: belief.meanAndVariance)
        let context = ReplayBuffer(layout: task.context.layout, capacity: steps)
        var left = min(steps, remainingSteps)
        while left > 0 {
            let episode = try task.play(policy, limit: left, intoContext: false) { observation, action, result in
                guard belief.observe(observation, action, result) else { return }
                context.append(observation: observation, action: action, result: result)
                policy.condition(on: belief.meanAndVariance)
            }
            record("explorationReturn", episode, left)
            left -= episode.length
        }
        if context.count >= settings.contextLength { task.context.append(settings.contextLength, of: context) }
        return belief
    }

    /// So many steps of the exploitation policy, each episode with its own z from the belief.
    private func exploit(_ steps: Int, _ task: ContextTask, _ belief: Belief) throws {
        let policy = GaussianLatentPolicy(actor: exploitation.actor, observationSize: observationSize, latent: belief.mean)
        var left = min(steps, remainingSteps)
        while left > 0 {
            policy.condition(on: zip(belief.mean, belief.variance).map { $0 + $1.squareRoot() * task.random.normal() })
            let episode = try task.play(policy, limit: left, intoContext: false)
            record(belief.isPrior ? "priorReturn" : "posteriorReturn", episode, left)
            left -= episode.length
        }
    }

    /// An episode's return, unless it was cut off.
    private func record(_ name: String, _ episode: Episode, _ limit: Int) {
        guard episode.length < limit || limit >= problem.environment.episodeLimit else { return }
        metrics.add(name, Float(episode.episodeReturn))
    }
}

extension MetaCURE {
    /// Meta-test: exploration episodes, during which the belief changes, then exploitation at its mean.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        var belief = Belief(encoder: encoder, interval: settings.contextInterval, contextHasNext: contextHasNext)
        let explorer = GaussianLatentPolicy(
            actor: exploration.actor, observationSize: observationSize, latent: belief.meanAndVariance)
        var player = EpisodePlayer(environment)
        var played: [Episode] = []
        for _ in 0..<episodes {
            played.append(try player.play(
                explorer, mode: settings.metaTestActing, using: &random,
                observe: { observation, action, result in
                    if belief.observe(observation, action, result) { explorer.condition(on: belief.meanAndVariance) }
                }))
        }
        let adapted = GaussianLatentPolicy(
            actor: exploitation.actor.frozenCopy(), observationSize: observationSize, latent: belief.mean)
        return Adaptation(policy: adapted, episodes: played, latent: belief.mean)
    }

    /// The means of the beliefs after each task's latest stored exploration.
    public func storedLatents() -> [[Float]?] {
        tasks.map(storedLatent)
    }

    private func storedLatent(of task: ContextTask) -> [Float]? {
        guard task.context.count >= settings.contextLength else { return nil }
        return withoutGradients { encoder.latent(task.context.latestContext(settings.contextLength, withNext: contextHasNext)) }
    }

    /// The exploitation policy at a task's stored belief, at the prior where there is none.
    private func storedPolicy(task index: Int) -> GaussianLatentPolicy {
        GaussianLatentPolicy(
            actor: exploitation.actor.frozenCopy(), observationSize: observationSize,
            latent: storedLatent(of: tasks[index]) ?? Array(repeating: 0, count: settings.latentSize))
    }
}

extension MetaCURE {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("encoder", encoder)
        try coder.object("encoderOptimizer", encoderOptimizer)
        try coder.object("exploitation", exploitation)
        try coder.object("exploration", exploration)
        try coder.network("decoder", decoder)
        try coder.object("decoderOptimizer", decoderOptimizer)
        for (index, predictor) in predictors.enumerated() {
            try coder.network("predictor-\(index)", predictor)
            try coder.object("predictorOptimizer-\(index)", predictorOptimizers[index])
        }
        for task in tasks { try coder.object("task-\(task.index)", task) }
        try tasks.checkSteps(coder, most: problem.totalSteps)
        try coder.value("schedule", &iterations)
        try coder.stream("random.update", &updateRandom)
        try coder.count("gradientUpdates", &gradientUpdates)
    }
}
