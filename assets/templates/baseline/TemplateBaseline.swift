import Agents
import Core
import Environments
import Learning

/// The policy gradient (Williams 1992) on all training tasks together: one Gaussian policy, and a step of Adam on a rollout of every
/// task. Adapting takes one more step, of plain gradient descent, on the new task's own episodes.
public final class TemplateBaseline: MetaAgent {
    public static let name = "template-baseline"
    public static let summary = "policy gradient on all tasks together, and one more step on a new one"

    private let problem: MetaProblem
    private let settings: TemplateBaselineSettings
    private let policy: GaussianPolicy
    private let optimizer: Adam
    /// One a training task.
    private let collectors: [RolloutCollector]
    /// How many steps each collection takes, so that the budget is met exactly.
    private let schedule: CollectionSchedule
    /// One a training task: every random draw comes from a named stream that is part of the saved state.
    private var actingRandom: [RandomStream]

    public private(set) var environmentSteps = 0
    public private(set) var gradientUpdates = 0
    public private(set) var unstableEpisodes = 0
    /// Slices are whole iterations: evaluating is fair between any two.
    public var isEvaluationPoint: Bool { true }

    public init(problem: MetaProblem, settings: TemplateBaselineSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, using: &initialization)
        optimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        collectors = problem.trainTasks.indices.map {
            RolloutCollector(problem: problem, task: $0, actionScale: settings.actionScale)
        }
        schedule = CollectionSchedule(
            totalSteps: problem.totalSteps, collectionsPerIteration: collectors.count, stepsPerCollection: settings.stepsPerTask,
            episodeLimit: problem.environment.episodeLimit)
        actingRandom = collectors.indices.map { random["task-\($0)/acting"] }
    }

    /// One iteration: a rollout of every task, then one step on all of them.
    public func train() throws -> [String: Double] {
        guard environmentSteps < problem.totalSteps else { return [:] }
        var rollouts: [Rollout] = []
        for task in collectors.indices {
            let steps = schedule.steps(collection: gradientUpdates * collectors.count + task)
            if steps > 0 { rollouts.append(try collectors[task].collect(policy, steps: steps, using: &actingRandom[task])) }
        }
        for rollout in rollouts {
            environmentSteps += rollout.steps
            unstableEpisodes += rollout.unstableEpisodes
        }
        let loss = loss(of: policy, on: rollouts)
        guard loss.scalar.isFinite else { throw TrainingError.nonFinite("policy loss", update: gradientUpdates, task: 0) }
        optimizer.step(gradients(of: loss, withRespectTo: policy.parameters))
        guard euclideanNorm(policy.parameters).isFinite else {
            throw TrainingError.nonFinite("norm of the parameters", update: gradientUpdates, task: 0)
        }
        gradientUpdates += 1

        var metrics = ["policyLoss": Double(loss.scalar)]
        let returns = rollouts.flatMap(\.episodeReturns)
        if !returns.isEmpty { metrics["trainingReturn"] = returns.reduce(0) { $0 + Double($1) } / Double(returns.count) }
        return metrics
    }

    /// -mean(log pi(a | s) A), the mean over rollouts; A are advantages over a linear baseline, normalised within each rollout.
    private func loss(of policy: GaussianPolicy, on rollouts: [Rollout]) -> Tensor {
        var total = Tensor(0)
        for rollout in rollouts {
            total += PolicyGradient.logLikelihood(
                policy(rollout.observations), actions: rollout.actions,
                advantages: rollout.normalizedAdvantages(discount: settings.discount, lambda: settings.traceDecay))
        }
        return total / Float(max(1, rollouts.count))
    }

    /// One gradient step of a copy on `episodes` episodes.
    public func adapt(to environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        let adapted = policy.copied(), limit = environment.description.episodeLimit
        let collector = RolloutCollector(description: environment.description, actionScale: settings.actionScale) { _ in environment }
        var rollouts: [Rollout] = []
        for _ in 0..<episodes { rollouts.append(try collector.collect(adapted, steps: limit, using: &random)) }
        if !rollouts.isEmpty {
            let slope = gradients(of: loss(of: adapted, on: rollouts), withRespectTo: adapted.parameters)
            SGD(adapted.parameters, learningRate: settings.adaptationRate).step(slope)
        }
        return Adaptation(
            policy: MeanPolicy(adapted, actionScale: settings.actionScale),
            episodeReturns: rollouts.flatMap { $0.episodeReturns.map(Double.init) }, steps: episodes * limit)
    }
}

extension TemplateBaseline {
    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        policy.store(in: &state, at: "networks/policy")
        optimizer.store(in: &state, at: "optimizer")
        for (task, stream) in actingRandom.enumerated() { state.store(stream, at: "task-\(task)/random.acting") }
        state.store([environmentSteps, gradientUpdates, unstableEpisodes], at: "counters")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        try policy.restore(from: state, at: "networks/policy")
        try optimizer.restore(from: state, at: "optimizer")
        actingRandom = try actingRandom.indices.map { try state.stream("task-\($0)/random.acting") }
        let counters = try state.integers("counters", count: 3)
        guard (0...problem.totalSteps).contains(counters[0]), (0...schedule.iterations).contains(counters[1]), counters[2] >= 0 else {
            throw StateError.invalid("counters", "at most \(problem.totalSteps) steps and \(schedule.iterations) updates expected, found \(counters)")
        }
        (environmentSteps, gradientUpdates, unstableEpisodes) = (counters[0], counters[1], counters[2])
    }
}
