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
    public static let summary = "MAML: a policy that adapts to a task in one gradient step, meta-learned by TRPO"

    private let problem: Problem
    private let settings: MAMLTRPOSettings
    private let policy: GaussianPolicy
    private let adaptation: InnerAdaptation
    private let rollouts: MetaRollouts
    private var gradientUpdates = 0

    public init(problem: Problem, settings: MAMLTRPOSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, initialLogStd: settings.initialLogStd,
            precision: settings.precision, using: &initialization)
        adaptation = InnerAdaptation(stepSize: settings.innerStepSize, surrogate: settings.innerSurrogate)
        rollouts = try MetaRollouts(problem: problem, settings: settings, adaptation: adaptation, random: random)
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: rollouts.environmentSteps, gradientUpdates: gradientUpdates,
            unstableEpisodes: rollouts.unstableEpisodes, rounds: rollouts.iterations)
    }
    public var policies: [AgentPolicy] { settings.policies }

    /// Algorithm 3.
    public func train(_ session: any TrainingSession) throws {
        while !rollouts.isFinished {
            // Lines 3-8: draw tasks, collect on each by the policy, adapt to each, collect by the adapted policies.
            var (tasks, metrics) = try rollouts.finishIteration(policy, session)
            // Line 10. With a tiny budget no task has adapted trajectories; then there is no step.
            if !tasks.isEmpty { metrics.merge(try outerStep(on: tasks)) { $1 } }
            try session.endRound(metrics)
        }
    }

    /// Line 10: one trust-region step of the meta-parameters.
    private func outerStep(on tasks: [AdaptedBatches]) throws -> [String: Double] {
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

    /// `innerSteps` policy-gradient steps, each on `adaptationTrajectories` episodes, or on two as `meta-k2`. `episodes` is ignored.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try adaptation.run(self.policy, as: policy, in: environment, settings: settings, using: &random)
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("policy", policy)
        try coder.object("rollouts", rollouts)
        try coder.count("gradientUpdates", &gradientUpdates)
    }
}
