import Agents
import Core
import Environments
import Learning

/// The policy gradient (Williams 1992) on all training tasks together: one Gaussian policy, and a step of Adam on a rollout of every
/// task. Adapting takes one more step, of plain gradient descent, on the new task's own episodes.
public final class TemplateBaseline: MetaAgent {
    public static let name = "template-baseline"
    public static let summary = "policy gradient on all tasks together, and one more step on a new one"

    private let problem: Problem
    private let settings: TemplateBaselineSettings
    private let policy: GaussianPolicy
    private let optimizer: Adam
    /// One a training task.
    private let collectors: [RolloutCollector]
    /// How many steps each collection takes, so that the budget is met exactly.
    private let schedule: CollectionSchedule
    /// One a training task: every random draw comes from a named stream that is part of the saved state.
    private var actingRandom: [RandomStream]

    /// Steps, updates and iterations so far.
    public private(set) var progress = AgentProgress()
    /// What it yields: a policy for any task, after adapting to it.
    public var policies: [AgentPolicy] { [.meta] }

    public init(problem: Problem, settings: TemplateBaselineSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, precision: settings.precision, using: &initialization)
        optimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        collectors = problem.trainTasks.indices.map {
            RolloutCollector(problem: problem, task: $0, actionScale: settings.actionScale)
        }
        schedule = try CollectionSchedule(
            budget: problem.budget, collectionsPerIteration: collectors.count, stepsPerCollection: settings.stepsPerTask,
            episodeLimit: problem.environment.episodeLimit)
        actingRandom = collectors.indices.map { random["task-\($0)/acting"] }
    }

    /// The algorithm, from top to bottom. Between two iterations the state is whole: there `session` logs, evaluates, saves, and
    /// stops where somebody asks to. What the loop starts from is stored, so that a saved agent goes on where it was.
    public func train(_ session: any TrainingSession) throws {
        while progress.environmentSteps < problem.totalSteps {
            let rollouts = try collect()
            let loss = loss(of: policy, on: rollouts.map(\.forLearning))
            guard loss.scalar.isFinite else {
                throw TrainingError.nonFinite("policy loss", update: progress.gradientUpdates, task: 0)
            }
            optimizer.step(gradients(of: loss, withRespectTo: policy.parameters))
            guard euclideanNorm(policy.parameters).isFinite else {
                throw TrainingError.nonFinite("norm of the parameters", update: progress.gradientUpdates, task: 0)
            }
            progress.gradientUpdates += 1
            progress.rounds += 1

            var metrics = ["policyLoss": Double(loss.scalar)]
            let returns = rollouts.flatMap(\.episodeReturns)
            if !returns.isEmpty { metrics["trainingReturn"] = returns.reduce(0) { $0 + Double($1) } / Double(returns.count) }
            try session.endRound(metrics)
        }
    }

    /// A rollout of every task.
    private func collect() throws -> [Rollout] {
        var rollouts: [Rollout] = []
        for task in collectors.indices {
            let steps = schedule.steps(collection: progress.rounds * collectors.count + task)
            if steps > 0 { rollouts.append(try collectors[task].collect(policy, steps: steps, using: &actingRandom[task])) }
        }
        for rollout in rollouts {
            progress.environmentSteps += rollout.steps
            progress.unstableEpisodes += rollout.unstableEpisodes
        }
        return rollouts
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
    public func adapt(
        to environment: any Environment, as name: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        let adapted = policy.trainableCopy()
        let rollout = try Rollout(episodes: episodes, of: adapted, in: environment, actionScale: settings.actionScale, using: &random)
        if episodes > 0 {
            let slope = gradients(of: loss(of: adapted, on: [rollout]), withRespectTo: adapted.parameters)
            SGD(adapted.parameters, learningRate: settings.adaptationRate).step(slope)
        }
        return Adaptation(
            policy: ScaledGaussianPolicy(adapted, actionScale: settings.actionScale),
            episodeReturns: rollout.episodeReturns.map(Double.init), steps: rollout.steps)
    }
}

extension TemplateBaseline {
    /// Everything that training goes on from, described once for saving and restoring.
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("policy", policy)
        try coder.object("optimizer", optimizer)
        try coder.streams("random.acting", &actingRandom)
        try coder.count("environmentSteps", &progress.environmentSteps, most: problem.totalSteps)
        try coder.count("gradientUpdates", &progress.gradientUpdates)
        try coder.count("rounds", &progress.rounds, most: schedule.iterations)
        try coder.count("unstableEpisodes", &progress.unstableEpisodes)
    }
}
