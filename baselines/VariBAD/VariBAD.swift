import Agents
import Core
import Learning

/// VariBAD (Zintgraf et al. 2020): a recurrent encoder infers a belief about the task, the posterior of a latent description of it, from everything
/// that happened in a trial, and a policy acts on the observation and this belief. Encoder and decoders learn from whole trials to predict rewards
/// or transitions; the policy learns by PPO to get the most out of trials of several episodes. No gradient of the policy reaches the encoder.
public final class VariBAD: MetaAgent {
    public static let name = "varibad"
    public static let summary = "VariBAD: a policy on the belief about the task that a recurrent autoencoder of trials infers, trained by PPO"

    let problem: Problem
    let settings: VariBADSettings
    let policy: BeliefPolicy
    package let beliefModel: BeliefModel
    let policyOptimizer: Adam
    let beliefOptimizer: Adam
    let collector: BeliefCollector
    let schedule: CollectionSchedule
    var normalization: InputNormalization
    var returnMoments = RunningMoments(columns: 1)
    var memory: TrialMemory
    var taskRandom: RandomStream
    var policyRandom: RandomStream
    var beliefRandom: RandomStream

    var environmentSteps = 0
    /// Iterations that are done.
    var iteration = 0

    public init(problem: Problem, settings: VariBADSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        let (observation, action) = (problem.environment.observation.columns, problem.environment.action.columns)
        var initialization = random["initialization"]
        policy = BeliefPolicy(observation: observation, action: action, settings: settings, using: &initialization)
        let encoder = BeliefEncoder(observation: observation, action: action, settings: settings, using: &initialization)
        var decoders: [TrajectoryDecoder] = []
        for target in settings.targets(dynamicsVary: problem.environment.dynamicsVary) {
            decoders.append(TrajectoryDecoder(target, observation: observation, action: action, settings: settings, using: &initialization))
        }
        beliefModel = BeliefModel(encoder: encoder, decoders: decoders)
        policyOptimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        beliefOptimizer = Adam(beliefModel.parameters, learningRate: settings.beliefLearningRate)
        collector = BeliefCollector(problem: problem, settings: settings, random: random)
        let trial = settings.episodesPerTrial * problem.environment.episodeLimit
        schedule = try CollectionSchedule(
            budget: problem.budget, collectionsPerIteration: 1, stepsPerCollection: settings.metaBatch * trial, episodeLimit: trial)
        normalization = InputNormalization(observation: observation, settings: settings)
        memory = TrialMemory(observation: observation, action: action, capacity: settings.bufferTrials, longest: trial)
        taskRandom = random["tasks"]
        policyRandom = random["policy"]
        beliefRandom = random["belief"]
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: environmentSteps, gradientUpdates: policyOptimizer.steps + beliefOptimizer.steps,
            unstableEpisodes: collector.environments.unstableEpisodes, rounds: iteration)
    }
    public var policies: [AgentPolicy] { [.meta] }

    /// Iterations of playing trials on drawn tasks, PPO on their steps, and updates of encoder and decoders on trials of the memory.
    public func train(_ session: any TrainingSession) throws {
        while environmentSteps < problem.totalSteps {
            var metrics: [String: Double] = [:]
            for trials in try collect() {
                memory.insert(trials)
                metrics.merge(returns(of: trials)) { $1 }
                guard environmentSteps >= min(settings.initialSteps, problem.totalSteps / 2) else { continue }
                metrics.merge(try improvePolicy(trials)) { $1 }
                metrics.merge(try improveBelief()) { $1 }
            }
            iteration += 1
            try session.endRound(metrics)
        }
    }
}

extension VariBADSettings {
    func targets(dynamicsVary: Bool) -> [TrajectoryDecoder.Target] {
        switch decodes {
        case .automatic: dynamicsVary ? [.outcome] : [.reward]
        case .rewards: [.reward]
        case .transitions: [.outcome]
        case .both: [.reward, .outcome]
        }
    }
}

// MARK: Trials

extension VariBAD {
    /// This iteration's steps, to learn from; none where the budget has no steps for it. A budget need not be a whole number of trials: what is left
    /// over is played, and not learned from.
    private func collect() throws -> [BeliefTrials] {
        let steps = schedule.steps(collection: iteration), longest = settings.episodesPerTrial * problem.environment.episodeLimit
        guard steps > 0 else { return [] }
        let copies = max(1, steps / longest), each = min(steps, longest)
        let trials = try play(steps: each, copies: copies)
        if steps > copies * each { _ = try play(steps: steps - copies * each, copies: 1) }
        return [trials]
    }

    private func play(steps: Int, copies: Int) throws -> BeliefTrials {
        let environment = problem.environment
        var trials = BeliefTrials(
            steps: steps, tasks: drawTasks(copies).sorted(), observation: environment.observation.columns, action: environment.action.columns,
            latent: settings.latentSize)
        try collector.collect(beliefModel.encoder, policy, normalization, into: &trials)
        environmentSteps += trials.rows
        for row in trials.rewards.indices where !trials.rewards[row].isFinite || !trials.learningRewards[row].isFinite {
            throw TrainingError.nonFinite("the reward", update: policyOptimizer.steps, task: trials.tasks[row % copies])
        }
        return trials
    }

    private func drawTasks(_ count: Int) -> [Int] {
        let tasks = problem.trainTasks.count
        switch settings.taskDraw {
        case .replacement: return (0..<count).map { _ in taskRandom.index(below: tasks) }
        case .balanced: return drawEvenly(count, of: tasks, using: &taskRandom)
        }
    }

    /// Mean returns of the first and of the last episodes of finished trials.
    private func returns(of trials: BeliefTrials) -> [String: Double] {
        let all = (0..<trials.copies).flatMap { trials.episodeReturns(copy: $0) }
        guard !all.isEmpty else { return [:] }
        func mean(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } / Double(values.count) }
        return ["firstReturn": mean(all.compactMap(\.first)), "adaptedReturn": mean(all.compactMap(\.last))]
    }
}

// MARK: Learning

extension VariBAD {
    /// Passes of PPO over an iteration's steps.
    private func improvePolicy(_ trials: BeliefTrials) throws -> [String: Double] {
        if settings.annealsLearningRate {
            policyOptimizer.learningRate = settings.learningRate * (1 - Float(iteration) / Float(schedule.iterations))
        }
        let steps = minibatch(of: trials), count = min(settings.minibatches, trials.rows), size = trials.rows / count
        var means = MetricMeans()
        for _ in 0..<settings.epochs {
            let order = policyRandom.permutation(of: trials.rows)
            for share in 0..<count {
                let loss = policy.loss(steps.rows(Array(order[share * size..<(share + 1) * size])), settings: settings)
                try step(policyOptimizer, loss.total, [(policy.parameters, settings.maxGradientNorm)], trials.tasks[0])
                for (name, value) in loss.metrics { means.add(name, value) }
            }
        }
        return means.drainMeans()
    }

    /// All of an iteration's steps as the policy learns from them. Takes their observations and beliefs into the normalisation first, so that the
    /// likelihoods of the actions are those under the policy that learning begins with.
    private func minibatch(of trials: BeliefTrials) -> PolicyMinibatch {
        let rewards = settings.normalizesRewards
            ? trials.normalizedRewards(discount: settings.discount, moments: &returnMoments) : trials.learningRewards
        let advantages = trials.advantages(of: rewards, discount: settings.discount, lambda: settings.gaeLambda)
        let values = Array(trials.values.prefix(trials.rows)), column = [trials.rows, 1]
        let observations = trials.observations.rows(0..<trials.rows), beliefs = trials.beliefs.rows(0..<trials.rows)
        normalization.update(observations: observations, beliefs: beliefs)
        return withoutGradients {
            let (observations, beliefs) = (normalization.observations(observations), normalization.beliefs(beliefs))
            return PolicyMinibatch(
                observations: observations, beliefs: beliefs, actions: trials.actions,
                logProbabilities: policy.distribution(policy.inputs(observations, beliefs)).logProbability(of: trials.actions),
                advantages: Tensor(PolicyGradient.normalized(advantages), shape: column),
                returns: Tensor(zip(advantages, values).map { $0 + $1 }, shape: column), values: Tensor(values, shape: column))
        }
    }

    /// Updates of encoder and decoders.
    private func improveBelief() throws -> [String: Double] {
        var means = MetricMeans()
        for _ in 0..<settings.beliefUpdates {
            let batch = memory.draw(settings.beliefBatch, using: &beliefRandom)
            let sample = ElboSample(
                batch, terms: settings.elboTerms, decoded: settings.decodedSteps, latent: settings.latentSize, using: &beliefRandom)
            let loss = beliefModel.loss(batch, sample, settings: settings)
            let parts = [beliefModel.encoder.parameters] + beliefModel.decoders.map(\.parameters)
            try step(beliefOptimizer, loss.total, parts.map { ($0, settings.beliefMaxGradientNorm) }, 0)
            for (decoder, error) in zip(beliefModel.decoders, loss.errors) {
                means.add(decoder.target == .reward ? "rewardError" : "transitionError", error)
            }
            means.add("divergence", loss.divergence)
        }
        return means.drainMeans()
    }

    /// One step down a loss. `parts` are the optimizer's parameters in order, in groups whose gradients are each held to a norm. All tasks share the
    /// networks: an error names `task`.
    private func step(_ optimizer: Adam, _ loss: Tensor, _ parts: [(parameters: [Tensor], maxNorm: Float)], _ task: Int) throws {
        guard loss.scalar.isFinite else { throw TrainingError.nonFinite("the loss", update: optimizer.steps, task: task) }
        let found = gradients(of: loss, withRespectTo: parts.flatMap(\.parameters))
        var start = 0
        for part in parts {
            let own = Array(found[start..<start + part.parameters.count])
            start += own.count
            guard clipGradients(own, maxNorm: part.maxNorm).isFinite else {
                throw TrainingError.nonFinite("the gradient", update: optimizer.steps, task: task)
            }
        }
        optimizer.step(found)
    }
}
