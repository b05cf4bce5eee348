import Agents
import Core
import Environments
import Learning

/// Proximal meta-policy search (Rothfuss et al. 2019, Algorithm 1): MAML's search for a policy one gradient step from each task's, with a
/// surrogate whose curvature credits the sampling before the step, and an outer objective that stays near the policies that acted,
/// so that a batch serves several steps.
public final class ProMP: MetaAgent {
    public static let name = "promp"
    public static let summary = "ProMP: MAML with low-variance curvature, a clipped outer objective and several steps a batch"

    private let problem: MetaProblem
    private let settings: ProMPSettings
    private let policy: GaussianPolicy
    private let optimizer: Adam
    private let rollouts: MetaRollouts
    /// [eta]
    private var klPenalty: Float

    public init(problem: MetaProblem, settings: ProMPSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        var initialization = random["initialization"]
        policy = GaussianPolicy(
            inputs: problem.environment.observation.columns, hidden: settings.hidden,
            actionSize: problem.environment.action.columns, initialLogStd: settings.initialLogStd, using: &initialization)
        optimizer = Adam(policy.parameters, learningRate: settings.learningRate)
        klPenalty = settings.innerKLPenalty
        rollouts = MetaRollouts(problem: problem, settings: settings, adaptation: settings.adaptation, random: random)
    }

    public var environmentSteps: Int { rollouts.environmentSteps }
    public var gradientUpdates: Int { optimizer.steps }
    public var unstableEpisodes: Int { rollouts.unstableEpisodes }
    public var isEvaluationPoint: Bool { rollouts.isBetweenIterations }

    /// Collects on some tasks; the last ones of an iteration bring its outer steps.
    public func train() throws -> [String: Double] {
        guard !rollouts.isFinished else { return [:] }
        var metrics = try rollouts.collect(policy)
        if rollouts.isBetweenIterations { metrics.merge(try outerSteps()) { $1 } }
        return metrics
    }

    /// Lines 4-5: `outerSteps` Adam steps on the iteration's trajectories. No task has adapted trajectories (the budget is tiny): none.
    private func outerSteps() throws -> [String: Double] {
        let tasks = rollouts.takeBatches(policy)
        guard !tasks.isEmpty else { return [:] }
        let objective = ProximalObjective(
            policy: policy, tasks: tasks, adaptation: settings.adaptation, clip: settings.clip, threads: problem.threads)
        var before = ProximalObjective.Terms()
        for step in 0..<settings.outerSteps {
            let (terms, gradient) = objective.gradient(klPenalty: klPenalty)
            if step == 0 { before = terms }
            guard terms.surrogate.isFinite, terms.innerKL.isFinite else {
                throw TrainingError.nonFinite("meta surrogate", update: gradientUpdates, task: 0)
            }
            optimizer.step(gradient)
        }
        let after = objective.evaluate()
        guard euclideanNorm(policy.parameters).isFinite, after.surrogate.isFinite, after.innerKL.isFinite else {
            throw TrainingError.nonFinite("meta surrogate", update: gradientUpdates, task: 0)
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

    /// `innerSteps` policy-gradient steps, each on `adaptationTrajectories` episodes; `episodes` is not what this agent counts in.
    public func adapt(
        to environment: any Environment, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try settings.adaptation.run(policy, in: environment, settings: settings, using: &random)
    }

    public func saveState() -> StateDictionary {
        var state = StateDictionary()
        policy.store(in: &state, at: "networks/policy")
        optimizer.store(in: &state, at: "optimizer")
        rollouts.store(in: &state)
        state.store([klPenalty], at: "innerKLPenalty")
        return state
    }

    public func restoreState(_ state: StateDictionary) throws {
        let penalty = try state.floats("innerKLPenalty", count: 1)[0]
        guard penalty >= 0, penalty.isFinite else {
            throw StateError.invalid("innerKLPenalty", "a number of at least 0 expected, found \(penalty)")
        }
        try policy.restore(from: state, at: "networks/policy")
        try optimizer.restore(from: state, at: "optimizer")
        try rollouts.restore(from: state)
        klPenalty = penalty
    }
}
