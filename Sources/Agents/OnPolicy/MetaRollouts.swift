import Core

/// What an iteration gathered on one of its tasks.
public struct AdaptedBatches: Sendable {
    /// Position in the meta-batch.
    public let slot: Int
    /// One for each inner step, by the policy that the step adapts.
    public let inner: [PolicyBatch]
    /// By the adapted policy.
    public let outer: PolicyBatch
    public init(slot: Int, inner: [PolicyBatch], outer: PolicyBatch) {
        self.slot = slot
        self.inner = inner
        self.outer = outer
    }
}

/// The rollouts of an agent with inner policy-gradient steps: in each iteration a meta-batch of tasks is drawn, and on each of them rollouts
/// are collected by the policy, then by the policy adapted to these, once for each inner step.
///
/// It collects for some tasks at a time; in between everything can be saved. Iterations use the step budget up exactly.
public final class MetaRollouts {
    private let problem: Problem
    private let settings: any InnerStepSettings
    private let innerSteps: InnerSteps
    private let schedule: CollectionSchedule
    /// By slot: a collector and the task that it collects on.
    private var collectors: [(task: Int, collector: RolloutCollector)?]

    /// The next collection of the run; within an iteration they go stage by stage, task by task.
    private var next = 0
    /// [slot]: tasks of the iteration under way; empty between two.
    private var tasks: [Int] = []
    /// [stage][slot] of the iteration under way: stage 0 before the first inner step, the last after all. nil if there is none yet, or
    /// if the budget had no step for it.
    private var rollouts: [[Rollout?]]
    private var taskRandom: RandomStream
    /// [slot]
    private var streams: [RandomStream]
    public private(set) var unstableEpisodes = 0

    public init(problem: Problem, settings: any InnerStepSettings, adaptation: InnerAdaptation, random: RandomStreams) throws {
        self.problem = problem
        self.settings = settings
        innerSteps = InnerSteps(adaptation: adaptation, discount: settings.discount, lambda: settings.gaeLambda)
        let stages = settings.innerSteps + 1
        schedule = try CollectionSchedule(
            budget: problem.budget, collectionsPerIteration: settings.metaBatch * stages,
            stepsPerCollection: settings.trajectories * problem.environment.episodeLimit,
            episodeLimit: problem.environment.episodeLimit)
        collectors = Array(repeating: nil, count: settings.metaBatch)
        rollouts = Array(repeating: Array(repeating: nil, count: settings.metaBatch), count: stages)
        taskRandom = random["tasks"]
        streams = (0..<settings.metaBatch).map { random["collection/slot-\($0)"] }
    }

    private var collectionsPerIteration: Int { schedule.collectionsPerIteration }
    private var collections: Int { schedule.iterations * collectionsPerIteration }
    /// Environment steps so far.
    public var environmentSteps: Int { schedule.steps(before: next) }
    /// Whether the budget is spent.
    public var isFinished: Bool { next == collections }
    /// Iterations that are complete.
    public var iterations: Int { next / collectionsPerIteration }
    /// Whether no iteration is in progress.
    private var isBetweenIterations: Bool { next % collectionsPerIteration == 0 }

    /// Steps that are collected at a time at the most, where one task's are not more, and tasks.
    private static let sliceSteps = 20_000, sliceTasks = 16

    /// Goes on with the iteration under way, or with the next one, to its end: stage after stage, some tasks at a time, with a pause
    /// after every collection that took steps. Returns what the iteration gathered, without the tasks that the budget had no adapted step
    /// for, and the mean returns of the last collection. `policy` must not change before the iteration's end.
    public func finishIteration(
        _ policy: GaussianPolicy, _ session: any TrainingSession
    ) throws -> (tasks: [AdaptedBatches], metrics: [String: Double]) {
        while true {
            let before = environmentSteps, metrics = try collect(policy)
            if isBetweenIterations { return (takeBatches(policy), metrics) }
            // A tiny budget has no steps for most tasks of a large meta-batch.
            if environmentSteps > before { try session.pause(metrics) }
        }
    }

    /// Collects for some tasks of the iteration under way, or of the next one. Returns mean returns by stage.
    private func collect(_ policy: GaussianPolicy) throws -> [String: Double] {
        if isBetweenIterations { tasks = drawTasks() }
        let position = next % collectionsPerIteration
        let stage = position / settings.metaBatch, first = position % settings.metaBatch
        let perTask = max(1, settings.trajectories * problem.environment.episodeLimit)
        let slots = first..<min(settings.metaBatch, first + min(Self.sliceTasks, max(1, Self.sliceSteps / perTask)))
        for slot in slots where collectors[slot]?.task != tasks[slot] {
            let collector = RolloutCollector(problem: problem, task: tasks[slot], actionScale: settings.actionScale)
            collectors[slot] = (tasks[slot], collector)
        }
        let plans = slots.enumerated().map { plan(stage: stage, slot: $1, collection: next + $0) }
        let found = try mapInParallel(plans, threads: problem.threads) { [innerSteps] plan in
            try plan.map { try $0.collect(innerSteps.adapt(policy, to: $0.earlier).policy) }
        }
        var returns: [Float] = []
        for (slot, result) in zip(slots, found) {
            guard let result else { continue }
            rollouts[stage][slot] = result.rollout
            streams[slot] = result.random
            unstableEpisodes += result.rollout.unstableEpisodes
            returns += result.rollout.episodeReturns
        }
        next += slots.count
        guard !returns.isEmpty else { return [:] }
        return [returnName(stage): returns.reduce(0) { $0 + Double($1) } / Double(returns.count)]
    }

    private func returnName(_ stage: Int) -> String {
        stage == settings.innerSteps ? "postAdaptationReturn" : stage == 0 ? "preAdaptationReturn" : "step\(stage)Return"
    }

    /// nil where the budget has no step for it.
    private func plan(stage: Int, slot: Int, collection: Int) -> PlannedCollection? {
        let steps = schedule.steps(collection: collection)
        guard steps > 0, let collector = collectors[slot]?.collector else { return nil }
        return PlannedCollection(
            collector: collector, steps: steps, earlier: rollouts(slot: slot, before: stage), random: streams[slot])
    }

    /// A task's rollouts of the first `stage` stages.
    private func rollouts(slot: Int, before stage: Int) -> [Rollout] { rollouts[..<stage].compactMap { $0[slot] } }

    /// What the iteration that just ended gathered; its rollouts are then forgotten.
    private func takeBatches(_ policy: GaussianPolicy) -> [AdaptedBatches] {
        let last = settings.innerSteps
        let gathered = (0..<settings.metaBatch).compactMap { slot in
            rollouts[last][slot].map { (slot: slot, earlier: rollouts(slot: slot, before: last), last: $0) }
        }
        let found = mapInParallel(gathered, threads: problem.threads) { [innerSteps] in
            let (adapted, inner) = innerSteps.adapt(policy, to: $0.earlier)
            return AdaptedBatches(slot: $0.slot, inner: inner, outer: innerSteps.batch($0.last.forLearning, adapted))
        }
        tasks = []
        forgetRollouts()
        return found
    }

    private func forgetRollouts() {
        for stage in rollouts.indices { rollouts[stage] = Array(repeating: nil, count: settings.metaBatch) }
    }

    /// The tasks of an iteration, in their order, so that a slot mostly keeps its environments.
    private func drawTasks() -> [Int] {
        let count = problem.trainTasks.count, wanted = settings.metaBatch
        switch settings.taskSampling {
        case .replacement:
            return (0..<wanted).map { _ in taskRandom.index(below: count) }.sorted()
        case .balanced:
            var rest = Array(0..<count), drawn: [Int] = []
            for task in rest { drawn += Array(repeating: task, count: wanted / count) }
            while drawn.count < wanted { drawn.append(rest.remove(at: taskRandom.index(below: rest.count))) }
            return drawn.sorted()
        }
    }
}

/// One task's collection: what a thread needs for it.
private struct PlannedCollection: Sendable {
    let collector: RolloutCollector
    let steps: Int
    /// Of the stages before.
    let earlier: [Rollout]
    /// Where the slot's random stream is now.
    let random: RandomStream

    func collect(_ policy: GaussianPolicy) throws -> (rollout: Rollout, random: RandomStream) {
        var random = random
        return (try collector.collect(policy, steps: steps, using: &random), random)
    }
}

/// The inner steps from a task's rollouts.
private struct InnerSteps: Sendable {
    let adaptation: InnerAdaptation
    let discount: Float
    let lambda: Float

    /// The policy adapted to a task's rollouts, one step for each, and these as batches.
    func adapt(_ policy: GaussianPolicy, to rollouts: [Rollout]) -> (policy: GaussianPolicy, batches: [PolicyBatch]) {
        var policy = policy, batches: [PolicyBatch] = []
        for rollout in rollouts {
            let batch = batch(rollout, policy)
            batches.append(batch)
            policy = adaptation.adapted(policy, to: [batch], throughGradients: false).trainableCopy()
        }
        return (policy, batches)
    }

    func batch(_ rollout: Rollout, _ policy: GaussianPolicy) -> PolicyBatch {
        PolicyBatch(rollout, collectedBy: policy, discount: discount, lambda: lambda)
    }
}

extension MetaRollouts: StatefulObject {
    /// Everything that the next collection depends on, except the policy.
    public func codeState(_ coder: StateCoder) throws {
        try coder.count("next", &next, most: collections)
        try coder.count("unstableEpisodes", &unstableEpisodes)
        let underWay = next % collectionsPerIteration
        try coder.integers(
            "tasks", &tasks, count: underWay == 0 ? 0 : settings.metaBatch, in: 0...problem.trainTasks.count - 1)
        try coder.stream("random.tasks", &taskRandom)
        try coder.streams("random.slot", &streams)
        if coder.isRestoring { forgetRollouts() }
        for position in 0..<underWay {
            let steps = schedule.steps(collection: next - underWay + position)
            guard steps > 0 else { continue }
            let stage = position / settings.metaBatch, slot = position % settings.metaBatch
            let key = "stage-\(stage)/slot-\(slot)"
            var rollout = rollouts[stage][slot] ?? Rollout(
                observationSize: problem.environment.observation.columns, actionSize: problem.environment.action.columns)
            try coder.scope(key) { try rollout.codeState(coder, hasLearningReward: problem.environment.hasLearningReward) }
            guard rollout.steps == steps else { throw coder.invalid(key, "\(steps) steps expected, found \(rollout.steps)") }
            rollouts[stage][slot] = rollout
        }
    }
}
