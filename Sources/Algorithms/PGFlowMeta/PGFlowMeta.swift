import Agents
import Core
import Environments
import Learning

/// pGFlowMeta (Ji et al., "Meta Generative Flow Networks with Personalization for Task-Specific Adaptation"), Algorithm 2: every training task
/// has a personalized GFlowNet, which is pulled to an auxiliary copy of the meta network; the meta network is the mean of these copies.
///
/// It yields the personalized policy of each training task, and the meta-policy: one network for all tasks that knows nothing of the task,
/// before and after some updates on it.
public final class PGFlowMeta: MetaAgent {
    public static let name = "pgflow-meta"
    public static let summary = "personalized GFlowNets of each task, and a meta network that they are pulled to"
    public static var budgetUnit: BudgetUnit { .trajectories }

    private let problem: Problem
    private let settings: PGFlowMetaSettings
    private let meta: FlowNetwork
    private let tasks: [PGFlowTask]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: PGFlowMetaSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        var initialization = random["initialization"]
        let meta = problem.flowNetwork(hidden: settings.hidden, precision: settings.precision, using: &initialization)
        self.meta = meta
        tasks = try problem.flowTasks(agent: Self.name, objective: settings.objective, random: random)
            .map { PGFlowTask($0, meta: meta, settings: settings) }
    }

    /// Algorithm 2. Tasks share nothing within a round, so any number of threads gives the same bits.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent {
            if rounds.beginsRound {
                for task in tasks { task.beginRound(from: meta) }                                    // line 4
            }
            let updates = rounds.block
            try forEachInParallel(tasks, threads: problem.threads) { task in                         // line 3
                for _ in 0..<updates { try task.update() }                                           // lines 5 to 9
            }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            if endsRound {
                average(tasks.map(\.auxiliary.parameters), into: meta.parameters, weight: settings.metaRate)   // line 12
                for task in tasks { task.task.noteDistance(of: task.personalized, to: meta) }
            }
            try session.pause(MetricMeans.means(of: tasks.map { $0.task.metrics.drain() }), endsRound: endsRound)
        }
    }

    /// Updates of each task between two pauses at the most.
    private static let updatesPerPause = 20

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.task.remaining == 0 } }

    public var progress: AgentProgress { AgentProgress(of: tasks.map(\.task), rounds: rounds.rounds) }

    public var policies: [AgentPolicy] {
        let observation = problem.environment.observation, objective = settings.objective
        return [
            .personal { [self] in FlowPolicy(tasks[$0].personalized.frozenCopy(), observation: observation, objective: objective) },
            .metaWithoutAdapting { [self] in FlowPolicy(meta.frozenCopy(), observation: observation, objective: objective) },
        ] + settings.adaptedPolicies
    }

    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try settings.adapt(meta, to: environment, as: policy, agent: Self.name, using: &random)
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("meta", meta)
        for task in tasks { try coder.object("task-\(task.task.index)", task) }
        try rounds.codeState(coder)
    }
}

/// One task of pGFlowMeta: its personalized network theta_i and its auxiliary network w_i.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
final class PGFlowTask: @unchecked Sendable {
    let task: FlowTask
    let personalized: FlowNetwork
    let auxiliary: FlowNetwork
    private let optimizer: FlowOptimizer
    private let settings: PGFlowMetaSettings

    init(_ task: FlowTask, meta: FlowNetwork, settings: PGFlowMetaSettings) {
        self.task = task
        self.settings = settings
        personalized = meta.trainableCopy()
        auxiliary = meta.frozenCopy()
        optimizer = FlowOptimizer(personalized, settings: settings)
    }

    func beginRound(from meta: FlowNetwork) {
        auxiliary.copyParameters(from: meta)
        if settings.personalStart == .meta { personalized.copyParameters(from: meta) }
    }

    /// Lines 6 to 9. Does nothing where the budget is spent.
    func update() throws {
        guard task.remaining > 0 else { return }
        var batch = try task.sample(settings.batchTrajectories, from: personalized)                  // line 6
        for _ in 0..<settings.innerSteps {
            let gradient = try task.gradient(of: personalized, on: &batch)                           // line 7
            if settings.gradientTolerance > 0, normWithPull(gradient) <= settings.gradientTolerance { break }
            optimizer.step(gradient, pulledTo: auxiliary, proximalRate: settings.learningRate * settings.proximalWeight)  // line 8
        }
        softUpdate(
            auxiliary.parameters, toward: personalized.parameters,
            rate: settings.auxiliaryLearningRate * settings.proximalWeight)                          // line 9, equation 16
    }

    /// Norm of the gradient of the loss and the pull together (Theorem 1), over all that a step moves.
    private func normWithPull(_ gradient: FlowGradient) -> Float {
        func withPull(_ gradients: [Tensor], _ parameters: [Tensor], _ centers: [Tensor]) -> [Tensor] {
            zip(gradients, zip(parameters, centers)).map { $0 + ($1.0.detached() - $1.1) * settings.proximalWeight }
        }
        var parts = withPull(gradient.network, personalized.network.parameters, auxiliary.network.parameters)
        if settings.loss == .trajectoryBalance {
            parts += withPull([Tensor([gradient.logPartition], shape: [1])], [personalized.logPartition], [auxiliary.logPartition])
        }
        return euclideanNorm(parts)
    }
}

extension PGFlowTask: StatefulObject {
    func codeState(_ coder: StateCoder) throws {
        try coder.network("personalized", personalized)
        try coder.network("auxiliary", auxiliary)
        try coder.object("optimizer", optimizer)
        try task.codeState(coder)
    }
}
