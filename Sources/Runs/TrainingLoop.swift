import Agents
import Core
import Environments
import Foundation

/// Trains an agent slice by slice and, between two slices, logs, evaluates, saves, and stops when asked to.
///
/// - Evaluation: at step 0, at the first evaluation point of the agent at or after each multiple of `evaluateEvery`, and
///   at the end.
/// - Checkpoint: at the first slice's end at or after each multiple of `checkpointEvery`, when interrupted, and at the end.
///   It is taken when everything due at its step is done, so that going on from it repeats nothing.
/// - Films, where asked for: at evaluation points, as `EvaluationFilming` decides.
/// - Once the budget is spent, the agent is given slices until it is at an evaluation point, so that a last round can
///   finish its updates; a slice that changes nothing ends that.
public final class TrainingLoop {
    private let directory: RunDirectory
    private let configuration: RunConfiguration
    private let agent: any MetaAgent
    private let evaluation: Evaluation
    private let interruption: Interruption
    private let observe: (RunEvent) -> Void
    private let log: RunLog
    private let films: (any EvaluationFilming)?

    private var progress: RunProgress
    private var clock = ContinuousClock.now
    private var pace: (steps: Int, updates: Int, seconds: Double, evaluations: Int, evaluationSeconds: Double)
    private var lastRecords: [MetricRecord] = []
    private var lastSaved: RunProgress?
    private var idleSlices = 0
    private var trainingReturn: Double?
    private var lastStatusAt: ContinuousClock.Instant?

    /// A loop that begins at `progress`, at which `agent` and `log` must stand.
    init(
        directory: RunDirectory, configuration: RunConfiguration, agent: any MetaAgent, family: any TaskFamily,
        progress: RunProgress, log: RunLog, isSaved: Bool, interruption: Interruption, observe: @escaping (RunEvent) -> Void,
        filming: EvaluationFilmingMaker? = nil
    ) {
        self.directory = directory
        self.configuration = configuration
        self.agent = agent
        self.progress = progress
        self.log = log
        self.interruption = interruption
        self.observe = observe
        evaluation = Evaluation(configuration: configuration, family: family)
        films = filming?(evaluation, directory.videosFolder, progress.steps)
        lastSaved = isSaved ? progress : nil
        pace = (progress.steps, progress.updates, 0, 0, 0)
    }

    /// Until the budget is spent or somebody asks to stop. Throws what the agent throws (`TrainingError` on a non-finite
    /// loss), `FileError` or `GaitError`; the last checkpoint then stands.
    public func run() throws -> RunOutcome {
        try writeStatus(.running, durable: true)
        do {
            while true {
                try logIfDue()
                let wasStopped = try !evaluateIfDue()
                if agent.isEvaluationPoint || isTrained {
                    films?.film(agent, step: progress.steps, shouldStop: { interruption.requested != nil }, observe: observe)
                }
                if isDone { break }
                if wasStopped { return try stop() }
                try saveIfDue()
                if interruption.requested != nil { return try stop() }
                try trainSlice()
            }
            try finish()
            return outcome(.finished)
        } catch {
            try? writeStatus(.failed, error: "\(error)", durable: true)
            throw error
        }
    }

    private var totalSteps: Int { configuration.budget.steps }
    private var isBudgetSpent: Bool { progress.steps >= totalSteps }
    private var isTrained: Bool { isBudgetSpent && (agent.isEvaluationPoint || idleSlices > 0) }
    private var isDone: Bool { isTrained && (!evaluates || progress.lastEvaluatedStep == progress.steps) }
    private var evaluates: Bool { configuration.budget.evaluateEvery > 0 }

    private func trainSlice() throws {
        clock = .now
        let metrics = try agent.train()
        let seconds = clock.duration(to: .now).seconds
        for (name, value) in metrics {
            guard value.isFinite else {
                throw GaitError.failure(
                    "'\(name)' became \(value) at step \(agent.environmentSteps), update \(agent.gradientUpdates); "
                        + "lower the learning rates or look at the rewards")
            }
            progress.metricSums[name, default: 0] += value
            progress.metricCounts[name, default: 0] += 1
        }
        let isIdle = agent.environmentSteps == progress.steps && agent.gradientUpdates == progress.updates
        idleSlices = isIdle ? idleSlices + 1 : 0
        if idleSlices >= 1000 {
            throw GaitError.failure("the agent neither acts nor learns at step \(progress.steps) of \(totalSteps); this is a fault of the agent")
        }
        progress.steps = agent.environmentSteps
        progress.updates = agent.gradientUpdates
        progress.unstableEpisodes = agent.unstableEpisodes
        progress.trainingSeconds += seconds
        pace.seconds += seconds
        if let name = metrics.keys.sorted().first(where: { $0.lowercased().hasSuffix("return") }) { trainingReturn = metrics[name] }
        observe(.sliced(currentPace))
        if lastStatusAt.map({ $0.duration(to: .now) > .seconds(1) }) ?? true { try writeStatus(.running, durable: false) }
    }

    private func logIfDue() throws {
        guard progress.steps >= progress.nextLog || isBudgetSpent, !progress.metricSums.isEmpty else { return }
        progress.nextLog = next(multipleOf: max(1, totalSteps / 200))
        let metrics = progress.metricSums.reduce(into: [String: Double]()) { result, sum in
            result[sum.key] = sum.value / Double(progress.metricCounts[sum.key] ?? 1)
        }
        progress.metricSums = [:]
        progress.metricCounts = [:]
        try log.append(metrics: metrics, pace: currentPace, progress: &progress)
        observe(.logged(step: progress.steps, metrics: metrics))
    }

    /// False when somebody asked to stop in the middle: the evaluation is then done again after a resume.
    private func evaluateIfDue() throws -> Bool {
        guard evaluates, progress.lastEvaluatedStep != progress.steps else { return true }
        let isDue = progress.steps >= progress.nextEvaluation && (agent.isEvaluationPoint || progress.steps == 0)
        guard isDue || isTrained else { return true }
        clock = .now
        guard let records = try evaluation.run(agent, step: progress.steps, shouldStop: { interruption.requested != nil }) else {
            return false
        }
        let seconds = clock.duration(to: .now).seconds
        progress.evaluationSeconds += seconds
        pace.evaluations += 1
        pace.evaluationSeconds += seconds
        progress.nextEvaluation = next(multipleOf: configuration.budget.evaluateEvery)
        progress.lastEvaluatedStep = progress.steps
        progress.lastReturn = records.mean(of: PolicyName.personal, on: .train) ?? records.mean(of: PolicyName.meta, on: .train)
        lastRecords = records
        try log.append(records, progress: &progress)
        observe(.evaluated(step: progress.steps, records: records, seconds: seconds))
        return true
    }

    private func saveIfDue() throws {
        let every = configuration.budget.checkpointEvery
        guard every > 0 else { return }
        if progress.nextCheckpoint == 0 { progress.nextCheckpoint = every }
        if progress.steps >= progress.nextCheckpoint { try save() }
    }

    private func save() throws {
        guard lastSaved != progress else { return }
        if configuration.budget.checkpointEvery > 0 { progress.nextCheckpoint = next(multipleOf: configuration.budget.checkpointEvery) }
        try log.synchronize()
        let path = try directory.checkpoints.save(
            Checkpoint(progress: progress, state: agent.saveState()),
            metadata: [
                "agent": configuration.agent, "family": configuration.family, "step": "\(progress.steps)",
                "gait": configuration.versions.gait,
            ])
        lastSaved = progress
        observe(.saved(step: progress.steps, path: path))
        try writeStatus(.running, durable: false)
    }

    private func stop() throws -> RunOutcome {
        try save()
        try writeStatus(.interrupted, durable: true)
        return outcome(.interrupted(signal: interruption.requested ?? SIGTERM))
    }

    private func finish() throws {
        try save()
        try writeStatus(.finished, durable: true)
    }

    private func outcome(_ end: RunOutcome.End) -> RunOutcome {
        let outcome = RunOutcome(
            directory: directory.path, end: end, steps: progress.steps, updates: progress.updates,
            seconds: progress.trainingSeconds + progress.evaluationSeconds, returns: lastRecords.meanReturns)
        observe(.ended(outcome))
        return outcome
    }

    private func next(multipleOf every: Int) -> Int { (progress.steps / every + 1) * every }

    private var currentPace: RunPace {
        let steps = Double(progress.steps - pace.steps), updates = Double(progress.updates - pace.updates)
        let rate = pace.seconds > 0 ? steps / pace.seconds : 0
        var left: Double?
        if rate > 0 {
            let evaluationsLeft = evaluates ? (Double(totalSteps - progress.steps) / Double(configuration.budget.evaluateEvery)).rounded(.up) : 0
            let each = pace.evaluations > 0 ? pace.evaluationSeconds / Double(pace.evaluations) : 0
            left = Double(totalSteps - progress.steps) / rate + evaluationsLeft * each
        }
        return RunPace(
            step: progress.steps, totalSteps: totalSteps, updates: progress.updates, stepsPerSecond: rate,
            updatesPerSecond: pace.seconds > 0 ? updates / pace.seconds : 0, secondsLeft: left,
            lastReturn: progress.lastReturn ?? trainingReturn)
    }

    private func writeStatus(_ state: RunStatus.State, error: String? = nil, durable: Bool) throws {
        lastStatusAt = .now
        let pace = currentPace
        try RunStatus(
            state: state, steps: progress.steps, totalSteps: totalSteps, updates: progress.updates,
            seconds: progress.trainingSeconds + progress.evaluationSeconds, stepsPerSecond: pace.stepsPerSecond,
            lastReturn: pace.lastReturn, unstableEpisodes: progress.unstableEpisodes, error: error
        ).write(to: directory.statusFile, durable: durable)
    }
}

extension Duration {
    /// As a number of seconds.
    package var seconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
    }
}
