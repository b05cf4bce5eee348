import Agents
import Core
import Environments
import Learning

/// MAML for reinforcement learning with a trust-region outer step (Finn et al. 2017, Algorithm 3): the policy's parameters are meta-learned
/// so that one policy-gradient step on a task's own trajectories makes it good at that task.
///
/// An iteration draws tasks, collects trajectories of each by the policy (line 5), adapts to each (lines 6-7), collects again by the
/// adapted policies (line 8), and takes one trust-region step on the adapted policies' surrogate, differentiating through the
/// adaptation (line 10).
public final class MAMLTRPO: MetaAgent {
    public static let name = "maml-trpo"
    public static let summary = "MAML: an initial policy one gradient step from each task's, meta-learned by TRPO"

    private let problem: MetaProblem
    private let settings: MAMLTRPOSettings
    private let policy: GaussianPolicy
    private let adaptation: InnerAdaptation
    private let rollouts: MetaRollouts
    public private(set) var gradientUpdates = 0

    public init(problem: MetaProblem, settings: MAMLTRPOSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, initialLogStd: settings.initialLogStd, using: &initialization)
        adaptation = InnerAdaptation(stepSize: settings.innerStepSize, surrogate: settings.innerSurrogate)
        rollouts = MetaRollouts(problem: problem, settings: settings, adaptation: adaptation, random: random)
    }

    public var environmentSteps: Int { rollouts.environmentSteps }
    public var unstableEpisodes: Int { rollouts.unstableEpisodes }
    public var isEvaluationPoint: Bool { rollouts.isBetweenIterations }

    /// Collects on some tasks; the last ones of an iteration bring its outer step.
    public func train() throws -> [String: Double] {
        guard !rollouts.isFinished else { return [:] }
        var metrics = try rollouts.collect(policy)
        if rollouts.isBetweenIterations { metrics.merge(try outerStep()) { $1 } }
        return metrics
    }

    /// Line 10: one trust-region step of the meta-parameters. No task has adapted trajectories (the budget is tiny): no step.
    private func outerStep() throws -> [String: Double] {
        let tasks = rollouts.takeBatches(policy)
        guard !tasks.isEmpty else { return [:] }
        let objective = AdaptedObjective(
            policy: policy, tasks: tasks, adaptation: adaptation, firstOrder: settings.firstOrder, threads: problem.threads)
        let outcome = settings.trustRegion.step(policy.parameters, objective)
        gradientUpdates += 1
        guard outcome.lossBefore.isFinite, euclideanNorm(policy.parameters).isFinite else {
            throw TrainingError.nonFinite("meta surrogate", update: gradientUpdates, task: 0)
        }
        return [
            "surrogateBefore": Double(outcome.lossBefore), "surrogateAfter": Double(outcome.lossAfter), "kl": Double(outcome.kl),
            "backtracks": Double(outcome.backtracks), "acceptedSteps": outcome.isAccepted ? 1 : 0,
        ]
    }

    /// `innerSteps` policy-gradient steps, each on `adaptationTrajectories` episodes; `episodes` is not what this agent counts in.
    public func adapt(
        to environment: any Environment, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try adaptation.run(policy, in: environment, settings: settings, using: &random)
    }

    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        policy.store(in: &state, at: "networks/policy")
        rollouts.store(in: &state)
        state.store(gradientUpdates, at: "gradientUpdates")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        let updates = try state.integer("gradientUpdates")
        guard updates >= 0 else { throw StateError.invalid("gradientUpdates", "a count expected, found \(updates)") }
        try policy.restore(from: state, at: "networks/policy")
        try rollouts.restore(from: state)
        gradientUpdates = updates
    }
}
