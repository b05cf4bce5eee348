import Agents
import Core
import Environments
import Learning

/// Proximal meta-policy search (Rothfuss et al. 2019, Algorithm 1): MAML's search for a policy one gradient step from each task's, with a
/// surrogate whose curvature credits the sampling before the step, and an outer objective that stays near the policies that acted,
/// so that a batch serves several steps.
public final class ProMP: MetaAgent {
    public static let name = "promp"
    public static let summary = "ProMP: MAML with low-variance curvature, a clipped outer objective and several steps on each batch"

    private let problem: Problem
    private let settings: ProMPSettings
    private let policy: GaussianPolicy
    private let optimizer: Adam
    private let rollouts: MetaRollouts
    /// [eta]
    private var klPenalty: Float

    public init(problem: Problem, settings: ProMPSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, initialLogStd: settings.initialLogStd,
            precision: settings.precision, using: &initialization)
        optimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        klPenalty = settings.innerKLPenalty
        rollouts = try MetaRollouts(problem: problem, settings: settings, adaptation: settings.adaptation, random: random)
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: rollouts.environmentSteps, gradientUpdates: optimizer.steps,
            unstableEpisodes: rollouts.unstableEpisodes, rounds: rollouts.iterations)
    }
    public var policies: [AgentPolicy] { settings.policies }

    /// Algorithm 1.
    public func train(_ session: any TrainingSession) throws {
        while !rollouts.isFinished {
            // Lines 2-3 and 7-8: draw tasks, collect on each by the policy, adapt to each, collect by the adapted policies.
            var (tasks, metrics) = try rollouts.finishIteration(policy, session)
            // Lines 4-10. With a tiny budget no task has adapted trajectories; then there is no step.
            if !tasks.isEmpty { metrics.merge(try outerSteps(on: tasks)) { $1 } }
            try session.endRound(metrics)
        }
    }

    /// `outerSteps` Adam steps on the iteration's trajectories.
    private func outerSteps(on tasks: [AdaptedBatches]) throws -> [String: Double] {
        let objective = ProximalObjective(
            policy: policy, tasks: tasks, adaptation: settings.adaptation, clip: settings.clip, threads: problem.threads)
        var before = ProximalObjective.Terms()
        for step in 0..<settings.outerSteps {
            let (terms, gradient) = objective.gradient(klPenalty: klPenalty)
            if step == 0 { before = terms }
            guard terms.surrogate.isFinite, terms.innerKL.isFinite else {
                throw TrainingError.nonFinite("meta surrogate", update: optimizer.steps, task: 0)
            }
            optimizer.step(gradient)
        }
        let after = objective.evaluate()
        guard euclideanNorm(policy.parameters).isFinite, after.surrogate.isFinite, after.innerKL.isFinite else {
            throw TrainingError.nonFinite("meta surrogate", update: optimizer.steps, task: 0)
        }
        if settings.innerKLTarget > 0 { adaptPenalty(to: after.innerKL) }
        return [
            "surrogateBefore": Double(before.surrogate), "surrogateAfter": Double(after.surrogate), "kl": Double(after.outerKL),
            "innerKL": Double(after.innerKL), "innerKLPenalty": Double(klPenalty),
        ]
    }

    /// The rule of PPO's adaptive penalty (Schulman et al. 2017, section 4).
    private func adaptPenalty(to divergence: Float) {
        if divergence < settings.innerKLTarget / 1.5 { klPenalty /= 2 }
        if divergence > settings.innerKLTarget * 1.5 { klPenalty *= 2 }
        klPenalty = min(max(klPenalty, 1e-8), 1e8)
    }

    /// `innerSteps` policy-gradient steps, each on `adaptationTrajectories` episodes, or on two as `meta-k2`. `episodes` is ignored.
    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try settings.adaptation.run(self.policy, as: policy, in: environment, settings: settings, using: &random)
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("policy", policy)
        try coder.object("optimizer", optimizer)
        try coder.object("rollouts", rollouts)
        try coder.float("innerKLPenalty", &klPenalty)
        guard klPenalty >= 0, klPenalty.isFinite else {
            throw coder.invalid("innerKLPenalty", "a number of at least 0 expected, found \(klPenalty)")
        }
    }
}
