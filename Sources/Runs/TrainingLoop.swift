import Agents
import Core
import Environments
import Foundation

/// Trains an agent: runs its `train` and, whenever the agent pauses, logs, evaluates, saves, and stops when asked to.
///
/// - Evaluation: before training, at the first end of a round at or after each multiple of `evaluateEvery` (or at every round's end),
///   and at the end. Multiples are counted in the unit of the agent's budget.
/// - Checkpoint: at the first pause at or after each multiple of `checkpointEvery`, when interrupted, and at the end.
///   It is written after everything else that is due, so that a resumed run repeats nothing.
/// - Films, if requested: at ends of rounds, as `EvaluationFilming` decides.
/// - Stopping: at the first pause after a request, by an error that passes through the agent and is caught here.
public final class TrainingLoop {
    private let directory: RunDirectory
    private let configuration: RunConfiguration
    private let agent: any Agent
    private let unit: BudgetUnit
    private let evaluation: Evaluation
    private let interruption: Interruption
    private let observe: (RunEvent) -> Void
    private let log: RunLog
    private let films: (any EvaluationFilming)?

    private var progress: RunProgress
    private var memory: GraphMemory
    private var clock = ContinuousClock.now
    private var pace: (steps: Int, updates: Int, spent: Int, seconds: Double, evaluations: Int, evaluationSeconds: Double)
    private var lastRecords: [MetricRecord] = []
    private var lastSaved: RunProgress?
    private var pauses = 0
    private var idlePauses = 0
    private var lastStatusAt: ContinuousClock.Instant?
    /// Since the run began, each once.
    private var warnings: [String]

    /// Thrown through the agent's `train` to stop it.
    private struct Stopped: Error {}

    /// A loop that starts at `progress`, which `agent`, `log` and `memory` must be at.
    init(
        directory: RunDirectory, configuration: RunConfiguration, agent: any Agent, family: any TaskFamily,
        progress: RunProgress, log: RunLog, isSaved: Bool, interruption: Interruption, observe: @escaping (RunEvent) -> Void,
        memory: GraphMemory = GraphMemory(trajectories: 0), filming: EvaluationFilmingMaker? = nil
    ) {
        self.memory = memory
        self.directory = directory
        self.configuration = configuration
        self.agent = agent
        unit = configuration.budget.unit
        self.progress = progress
        self.log = log
        self.interruption = interruption
        self.observe = observe
        evaluation = Evaluation(configuration: configuration, family: family)
        films = filming?(evaluation, directory.videosFolder, progress.steps)
        lastSaved = isSaved ? progress : nil
        warnings = directory.status()?.warnings ?? []
        pace = (progress.steps, progress.updates, progress.spent, 0, 0, 0)
    }

    /// Trains until the budget is spent or the user stops it. Throws what the agent throws (`TrainingError` on a non-finite
    /// loss), `FileError` or `GaitError`; the last checkpoint is then still valid.
    public func run() throws -> RunOutcome {
        try writeStatus(.running, durable: true)
        do {
            if evaluates, let omission = try evaluation.omission() { warn(omission) }
            try directory.write(titles: agent.policies.map { ($0.name, $0.title) })
            try doWhatIsDue()
            let wasSpent = isBudgetSpent
            clock = .now
            try agent.train(self)
            try checkEnd(wasSpent: wasSpent)
            try finish()
            return outcome(.finished)
        } catch is Stopped {
            try writeStatus(.interrupted, durable: true)
            return outcome(.interrupted(signal: interruption.requested ?? SIGTERM))
        } catch {
            try? writeStatus(.failed, error: "\(error)", durable: true)
            throw error
        }
    }

    /// The run's budget, in its unit.
    private var totalSteps: Int { configuration.budget.amount }
    private var isBudgetSpent: Bool { progress.spent >= totalSteps }
    private var evaluates: Bool { configuration.budget.evaluateEvery != .never }

    /// Does what is due at the start, at a resume or at a pause. Throws `Stopped` to stop.
    private func doWhatIsDue() throws {
        let wasStopped = try !evaluateIfDue(isEnd: false)
        if progress.isAtRoundEnd { film() }
        if interruption.requested != nil || wasStopped {
            try save()
            throw Stopped()
        }
        // At the end of the last round the end's evaluation is still due: the checkpoint comes after it.
        if !(isBudgetSpent && progress.isAtRoundEnd) { try saveIfDue() }
    }

    /// The evaluation and the checkpoint at the end.
    private func finish() throws {
        try logIfDue(isEnd: true)
        guard try evaluateIfDue(isEnd: true) else {
            try save()
            throw Stopped()
        }
        film()
        try save()
        try writeStatus(.finished, durable: true)
    }

    /// Checks that the agent did what `Agent.train` promises.
    private func checkEnd(wasSpent: Bool) throws {
        let spent = agent.progress.spent(in: unit)
        let place = "\(configuration.agent) returned from `train` after \(spent) of \(totalSteps) \(unit.rawValue)"
        guard spent >= totalSteps else { throw GaitError.failure("\(place), with budget left; this is an error in the agent's code") }
        guard pauses > 0 || wasSpent else {
            throw GaitError.failure("\(place) without ever calling the session's `pause` or `endRound`; this is an error in the agent's code")
        }
        takeProgress()
    }

    private func film() {
        films?.film(agent, step: progress.steps, shouldStop: { interruption.requested != nil }, observe: observe)
    }

    private func logIfDue(isEnd: Bool) throws {
        guard progress.spent >= progress.nextLog || isEnd, !progress.metricSums.isEmpty else { return }
        progress.nextLog = next(multipleOf: max(1, totalSteps / 200))
        let metrics = progress.metricSums.reduce(into: [String: Double]()) { result, sum in
            result[sum.key] = sum.value / Double(progress.metricCounts[sum.key] ?? 1)
        }
        progress.metricSums = [:]
        progress.metricCounts = [:]
        try log.append(metrics: metrics, pace: currentPace, progress: &progress)
        observe(.logged(step: progress.steps, metrics: metrics))
    }

    /// False if the user stopped it in the middle: the evaluation is then repeated after a resume.
    private func evaluateIfDue(isEnd: Bool) throws -> Bool {
        guard evaluates, progress.lastEvaluated != progress.spent else { return true }
        let isFair = progress.isAtRoundEnd || progress.spent == 0
        guard isEnd || (isFair && progress.spent >= progress.nextEvaluation) else { return true }
        clock = .now
        let records = try evaluation.run(
            agent, step: progress.steps, spent: progress.spent, memory: &memory, shouldStop: { interruption.requested != nil })
        guard let records else { return false }
        let seconds = clock.duration(to: .now).seconds
        progress.evaluationSeconds += seconds
        pace.evaluations += 1
        pace.evaluationSeconds += seconds
        // At every round's end: at the next one.
        progress.nextEvaluation = configuration.budget.evaluateEvery.number.map(next) ?? 0
        progress.lastEvaluated = progress.spent
        let policies = [PolicyName.personal, PolicyName.meta] + agent.policies.map(\.name)
        progress.lastReturnPolicy = policies.first { records.mean(of: $0, on: .train) != nil }
        progress.lastReturn = progress.lastReturnPolicy.flatMap { records.mean(of: $0, on: .train) }
        lastRecords = records
        try log.append(records, progress: &progress)
        observe(.evaluated(step: progress.steps, records: records, seconds: seconds))
        return true
    }

    private func saveIfDue() throws {
        let every = configuration.budget.checkpointEvery
        guard every > 0 else { return }
        if progress.nextCheckpoint == 0 { progress.nextCheckpoint = every }
        if progress.spent >= progress.nextCheckpoint { try save() }
    }

    private func save() throws {
        guard lastSaved != progress else { return }
        if configuration.budget.checkpointEvery > 0 { progress.nextCheckpoint = next(multipleOf: configuration.budget.checkpointEvery) }
        try log.synchronize()
        var state = try StateCoder.saving(agent)
        memory.save(in: &state)
        let path = try directory.checkpoints.save(
            Checkpoint(progress: progress, state: state, configuration: configuration.yaml()),
            metadata: [
                "agent": configuration.agent, "family": configuration.family, "step": "\(progress.steps)",
                "gait": configuration.versions.gait,
            ])
        lastSaved = progress
        observe(.saved(step: progress.steps, path: path))
        try writeStatus(.running, durable: false)
    }

    private func outcome(_ end: RunOutcome.End) -> RunOutcome {
        let outcome = RunOutcome(
            directory: directory.path, end: end, steps: progress.steps, updates: progress.updates,
            seconds: progress.trainingSeconds + progress.evaluationSeconds, returns: lastRecords.meanReturns)
        observe(.ended(outcome))
        return outcome
    }

    private func next(multipleOf every: Int) -> Int { (progress.spent / every + 1) * every }

    private var currentPace: RunPace {
        let steps = Double(progress.steps - pace.steps), updates = Double(progress.updates - pace.updates)
        let spent = Double(progress.spent - pace.spent), rest = Double(totalSteps - progress.spent)
        var left: Double?
        if pace.seconds > 0, spent > 0 {
            let evaluationsLeft = configuration.budget.evaluateEvery.number.map { $0 == 0 ? 0 : (rest / Double($0)).rounded(.up) }
            let each = pace.evaluations > 0 ? pace.evaluationSeconds / Double(pace.evaluations) : 0
            left = rest / (spent / pace.seconds) + (evaluationsLeft ?? 0) * each
        }
        return RunPace(
            step: progress.steps, spent: progress.spent, budget: totalSteps, unit: unit, updates: progress.updates,
            stepsPerSecond: pace.seconds > 0 ? steps / pace.seconds : 0,
            updatesPerSecond: pace.seconds > 0 ? updates / pace.seconds : 0, secondsLeft: left,
            lastReturn: progress.lastReturn, lastReturnPolicy: progress.lastReturnPolicy)
    }

    private func writeStatus(_ state: RunStatus.State, error: String? = nil, durable: Bool) throws {
        lastStatusAt = .now
        let pace = currentPace
        try RunStatus(
            state: state, steps: progress.steps, spent: progress.spent, totalSteps: totalSteps, updates: progress.updates,
            seconds: progress.trainingSeconds + progress.evaluationSeconds, stepsPerSecond: pace.stepsPerSecond,
            lastReturn: pace.lastReturn, lastReturnPolicy: pace.lastReturnPolicy, unstableEpisodes: progress.unstableEpisodes,
            lastCheckpoint: lastSaved?.steps, error: error,
            warnings: warnings
        ).write(to: directory.statusFile, durable: durable)
    }
}

extension TrainingLoop: TrainingSession {
    public func pause(_ metrics: [String: Double]) throws { try visit(metrics, isRoundEnd: false) }
    public func endRound(_ metrics: [String: Double]) throws { try visit(metrics, isRoundEnd: true) }

    /// Shown at once, and kept in the run's status.
    public func warn(_ message: String) {
        if !warnings.contains(message) { warnings.append(message) }
        observe(.warning(message))
    }

    private func visit(_ metrics: [String: Double], isRoundEnd: Bool) throws {
        let seconds = clock.duration(to: .now).seconds
        pauses += 1
        progress.trainingSeconds += seconds
        pace.seconds += seconds
        try take(metrics)
        let before = (progress.steps, progress.updates, progress.spent)
        takeProgress()
        progress.isAtRoundEnd = isRoundEnd
        idlePauses = before == (progress.steps, progress.updates, progress.spent) ? idlePauses + 1 : 0
        guard idlePauses < 1000 else {
            throw GaitError.failure(
                "the agent neither acts nor learns any more after \(progress.spent) of \(totalSteps) \(unit.rawValue); "
                    + "this is an error in the agent's code")
        }
        guard progress.spent <= totalSteps else {
            throw GaitError.failure("the agent spent \(progress.spent) of \(totalSteps) \(unit.rawValue); this is an error in the agent's code")
        }
        observe(.sliced(currentPace))
        if lastStatusAt.map({ $0.duration(to: .now) > .seconds(1) }) ?? true { try writeStatus(.running, durable: false) }
        try logIfDue(isEnd: false)
        try doWhatIsDue()
        clock = .now
    }

    private func take(_ metrics: [String: Double]) throws {
        for (name, value) in metrics {
            guard value.isFinite else {
                throw GaitError.failure(
                    "'\(name)' became \(value) at step \(agent.progress.environmentSteps), update \(agent.progress.gradientUpdates); "
                        + "use lower learning rates, or check the rewards")
            }
            progress.metricSums[name, default: 0] += value
            progress.metricCounts[name, default: 0] += 1
        }
    }

    private func takeProgress() {
        let now = agent.progress
        progress.steps = now.environmentSteps
        progress.updates = now.gradientUpdates
        progress.unstableEpisodes = now.unstableEpisodes
        progress.rounds = now.rounds
        progress.spent = now.spent(in: unit)
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
