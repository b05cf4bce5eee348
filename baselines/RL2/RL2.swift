import Agents
import Core
import Learning

/// RL2 (Duan et al. 2016; Wang et al. 2016): a recurrent policy sees, beside the observation, its previous action and reward, and
/// keeps its hidden state across the episodes of a trial on one task. Trained by PPO to get the most out of whole trials, it learns to find
/// out which task it is on: its fast learning algorithm is the GRU's dynamics, and adapting changes no weights.
public final class RL2: MetaAgent {
    public static let name = "rl2"
    public static let summary = "RL2: a recurrent policy that adapts through its hidden state, trained by PPO on trials of several episodes"

    let problem: Problem
    let settings: RL2Settings
    let input: RecurrentInput
    let policy: RecurrentPolicy
    let optimizer: Adam
    let collector: TrialCollector
    let schedule: CollectionSchedule
    var taskRandom: RandomStream
    var updateRandom: RandomStream

    var environmentSteps = 0
    /// Iterations begun.
    var iteration = 0
    /// This iteration's trials; nil between two iterations.
    var trials: TrialBatch?
    /// Where learning from them stands; nil while they are collected.
    var learning: TrialLearning?

    public init(problem: Problem, settings: RL2Settings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        input = RecurrentInput(observation: problem.environment.observation.columns, action: problem.environment.action.columns)
        var initialization = random["initialization"]
        policy = RecurrentPolicy(
            input: input, hidden: settings.hiddenSize, initialLogStd: settings.initialLogStd, precision: settings.precision,
            using: &initialization)
        optimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        collector = TrialCollector(problem: problem, actionScale: settings.actionScale, random: random)
        let trial = settings.episodesPerTrial * problem.environment.episodeLimit
        schedule = try CollectionSchedule(
            budget: problem.budget, collectionsPerIteration: 1,
            stepsPerCollection: settings.metaBatch * settings.trialsPerTask * trial, episodeLimit: trial)
        taskRandom = random["tasks"]
        updateRandom = random["update"]
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: environmentSteps, gradientUpdates: optimizer.steps, unstableEpisodes: collector.unstableEpisodes,
            rounds: trials == nil ? iteration : iteration - 1)
    }
    public var policies: [AgentPolicy] { [.meta] }

    /// Iterations of playing trials, with many copies at a time, and passes of PPO over them.
    public func train(_ session: any TrainingSession) throws {
        while environmentSteps < problem.totalSteps || trials != nil {
            if trials == nil { trials = beginIteration() }
            while learning == nil { try session.pause(try collect()) }
            while learning != nil {
                let metrics = try learn()
                try session.pause(metrics, endsRound: learning == nil)
            }
        }
    }

    /// Steps of a whole trial.
    var trialSteps: Int { settings.episodesPerTrial * problem.environment.episodeLimit }
    /// Environment steps that are collected between two pauses, if a trial is not longer: a second or two of physics.
    static let blockSteps = 8000
    /// Rows of trials that are learned from between two pauses, if a minibatch has not more.
    static let blockRows = 40_000
}

// MARK: Trials

extension RL2 {
    /// Memory for the next iteration's trials, on newly drawn tasks. A budget that is less than a trial makes one short trial.
    private func beginIteration() -> TrialBatch {
        while schedule.steps(collection: iteration) == 0 { iteration += 1 }
        let steps = schedule.steps(collection: iteration), copies = max(1, steps / trialSteps)
        iteration += 1
        return makeBatch(steps: min(steps, trialSteps), copies: copies)
    }

    private func makeBatch(steps: Int, copies: Int) -> TrialBatch {
        TrialBatch(
            steps: steps, tasks: drawTasks(copies: copies), input: input, hasLearningReward: problem.environment.hasLearningReward)
    }

    /// The task of each copy: every drawn task has about `trialsPerTask` of them, and almost every block has all tasks.
    private func drawTasks(copies: Int) -> [Int] {
        let count = problem.trainTasks.count, needed = (copies + settings.trialsPerTask - 1) / settings.trialsPerTask
        var drawn: [Int] = []
        switch settings.taskDraw {
        case .replacement: drawn = (0..<needed).map { _ in taskRandom.index(below: count) }
        case .balanced: while drawn.count < needed { drawn += taskRandom.permutation(of: count) }
        }
        let tasks = (0..<copies).map { drawn[$0 % needed] }
        return (0..<blocks(copies: copies)).flatMap { tasks[block($0, copies: copies)].sorted() }
    }

    private func blocks(copies: Int) -> Int {
        let perBlock = max(1, Self.blockSteps / trialSteps)
        return (copies + perBlock - 1) / perBlock
    }

    /// The copies of one of an iteration's blocks.
    private func block(_ index: Int, copies: Int) -> Range<Int> {
        let count = blocks(copies: copies)
        return (index * copies / count)..<((index + 1) * copies / count)
    }

    private func collect() throws -> [String: Double] {
        guard var batch = trials else { return [:] }
        trials = nil  // sole owner of the arrays while they are written
        let copies = batch.copies
        let next = (0..<blocks(copies: copies)).map { block($0, copies: copies) }.first { $0.upperBound > batch.collected }
        if let next {
            try collector.collect(policy, copies: next, into: &batch)
            batch.collected = next.upperBound
            environmentSteps += next.count * batch.steps
            try check(batch, next)
        }
        let metrics = next.map { returns(of: batch, $0) } ?? [:]
        if batch.collected == copies {
            try playRest(after: batch)
            learning = beginLearning(from: batch)
        }
        trials = batch
        return metrics
    }

    /// A budget need not be a whole number of trials: the steps that are left over are played, and not learned from.
    private func playRest(after batch: TrialBatch) throws {
        let rest = schedule.steps(collection: iteration - 1) - batch.rows
        guard rest > 0 else { return }
        var remainder = makeBatch(steps: rest, copies: 1)
        try collector.collect(policy, copies: 0..<1, into: &remainder)
        environmentSteps += rest
    }

    private func returns(of batch: TrialBatch, _ copies: Range<Int>) -> [String: Double] {
        var means: [String: (sum: Double, count: Int)] = [:]
        for copy in copies {
            let returns = batch.episodeReturns(copy: copy)
            for (name, value) in [("firstReturn", returns.first), ("adaptedReturn", returns.count > 1 ? returns.last : nil)] {
                guard let value else { continue }
                means[name, default: (0, 0)].sum += Double(value)
                means[name]!.count += 1
            }
        }
        return means.mapValues { $0.sum / Double($0.count) }
    }

    private func check(_ batch: TrialBatch, _ copies: Range<Int>) throws {
        for row in batch.rewards.indices where !batch.rewards[row].isFinite && copies.contains(row % batch.copies) {
            throw TrainingError.nonFinite("the reward", update: optimizer.steps, task: batch.tasks[row % batch.copies])
        }
    }
}

// MARK: Learning

/// Where an iteration's passes over its trials stand.
struct TrialLearning {
    /// [steps * copies], normalised within each task
    var advantages: [Float]
    /// [steps * copies], the target of the value head
    var targets: [Float]
    /// This pass's order of the copies.
    var order: [Int]
    var epoch = 0
    /// Minibatches of this pass that are done.
    var minibatch = 0
}

extension RL2 {
    private func beginLearning(from batch: TrialBatch) -> TrialLearning {
        let scale = 1 - settings.discount
        let values: [Float] = switch settings.baseline {
        case .linearFeatures: batch.linearFeatureValues(discount: settings.discount)
        case .valueHead: withoutGradients { (policy.value(policy.hiddenStates(batch.inputs)) * (1 / scale)).array }
        }
        // The value head does not know the time, so the end of a trial must not affect its targets. The linear baseline knows it.
        let advantages = batch.advantages(
            values: values, bootstraps: settings.baseline == .valueHead, discount: settings.discount, lambda: settings.gaeLambda)
        return TrialLearning(
            advantages: batch.normalizedWithinTasks(advantages), targets: zip(advantages, values).map { scale * ($0 + $1) },
            order: updateRandom.permutation(of: batch.copies))
    }

    private func learn() throws -> [String: Double] {
        guard let batch = trials, var progress = learning else { return [:] }
        let count = min(settings.minibatches, batch.copies), rows = max(1, batch.rows / count)
        var sums: [String: Double] = [:], steps = 0
        while progress.epoch < settings.epochs && (steps == 0 || (steps + 1) * rows <= Self.blockRows) {
            let share = (progress.minibatch * batch.copies / count)..<((progress.minibatch + 1) * batch.copies / count)
            let chosen = progress.order[share].sorted()
            let minibatch = batch.minibatch(copies: chosen, advantages: progress.advantages, targets: progress.targets)
            guard let loss = try step(minibatch, batch.tasks[chosen[0]]) else {
                progress.epoch = settings.epochs
                break
            }
            steps += 1
            for (name, value) in loss.metrics { sums[name, default: 0] += Double(value) }
            progress.minibatch += 1
            guard progress.minibatch == count else { continue }
            (progress.minibatch, progress.epoch) = (0, progress.epoch + 1)
            progress.order = updateRandom.permutation(of: batch.copies)
        }
        learning = progress
        if progress.epoch == settings.epochs { (trials, learning) = (nil, nil) }
        return sums.mapValues { $0 / Double(steps) }
    }

    /// One Adam step through whole trials; nil, and no step, where the policy is as far from the one that collected as it may go. All tasks
    /// share the networks: an error names the first task of the minibatch.
    private func step(_ minibatch: TrialMinibatch, _ task: Int) throws -> TrialLoss? {
        let loss = policy.loss(minibatch, settings: settings)
        guard loss.total.scalar.isFinite else {
            throw TrainingError.nonFinite("the loss", update: optimizer.steps, task: task)
        }
        if settings.maxKL > 0, loss.kl > settings.maxKL { return nil }
        let found = gradients(of: loss.total, withRespectTo: policy.parameters)
        guard clipGradients(found, maxNorm: settings.maxGradientNorm).isFinite else {
            throw TrainingError.nonFinite("the gradient", update: optimizer.steps, task: task)
        }
        optimizer.step(found)
        return loss
    }
}
