import Agents
import Core
import Environments
import Learning

/// A plain GFlowNet (Bengio et al. 2021) for every training task, which learns as if it were alone: nothing is shared.
///
/// It yields the policy of each training task on its own task, and the same policies across tasks: every task is played by the
/// policies of all training tasks (`cross`), or by those of the others (`cross-others`). The policy of task i played on task j is not meant
/// to be good; it shows how much tasks differ.
public final class GFlowNetPerTask: Agent {
    public static let name = "gflownet-per-task"
    public static let summary = "a plain GFlowNet for each training task, nothing is shared"
    public static var budgetUnit: BudgetUnit { .trajectories }

    private let problem: Problem
    private let settings: GFlowNetPerTaskSettings
    private let learners: [Learner]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: GFlowNetPerTaskSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        learners = try problem.flowTasks(agent: Self.name, objective: settings.objective, random: random).map { task in
            var initialization = random["task-\(task.index)/initialization"]
            let network = problem.flowNetwork(hidden: settings.hidden, precision: settings.precision, using: &initialization)
            return Learner(task, network: network, settings: settings)
        }
    }

    /// Updates of all tasks in turn. A round means nothing to the algorithm: it is where the agent is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent {
            let updates = rounds.block
            try forEachInParallel(learners, threads: problem.threads) { learner in
                for _ in 0..<updates { try learner.update() }
            }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            try session.pause(MetricMeans.means(of: learners.map { $0.task.metrics.drain() }), endsRound: endsRound)
        }
    }

    /// Updates of each task between two pauses at the most.
    private static let updatesPerPause = 20

    private var isBudgetSpent: Bool { learners.allSatisfy { $0.task.remaining == 0 } }

    public var progress: AgentProgress { AgentProgress(of: learners.map(\.task), rounds: rounds.rounds) }

    public var policies: [AgentPolicy] {
        [
            .personal { [self] in policy(ofTask: $0) },
            .ready("cross", title: "policies of all training tasks", on: .all) { [self] _ in learners.indices.map(policy) },
            .ready("cross-others", title: "policies of the other training tasks", on: .training) { [self] task in
                learners.indices.filter { $0 != task }.map(policy)
            },
        ]
    }

    private func policy(ofTask index: Int) -> FlowPolicy {
        FlowPolicy(
            learners[index].network.frozenCopy(), observation: problem.environment.observation, objective: settings.objective)
    }

    public func codeState(_ coder: StateCoder) throws {
        for learner in learners { try coder.object("task-\(learner.task.index)", learner) }
        try rounds.codeState(coder)
    }
}

/// One task's GFlowNet.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
private final class Learner: StatefulObject, @unchecked Sendable {
    let task: FlowTask
    let network: FlowNetwork
    private let optimizer: FlowOptimizer
    private let settings: GFlowNetPerTaskSettings

    init(_ task: FlowTask, network: FlowNetwork, settings: GFlowNetPerTaskSettings) {
        self.task = task
        self.network = network
        self.settings = settings
        optimizer = FlowOptimizer(network, settings: settings)
    }

    /// Does nothing where the budget is spent.
    func update() throws {
        guard task.remaining > 0 else { return }
        var batch = try task.sample(settings.batchTrajectories, from: network)
        optimizer.step(try task.gradient(of: network, on: &batch))
    }

    func codeState(_ coder: StateCoder) throws {
        try coder.network("network", network)
        try coder.object("optimizer", optimizer)
        try task.codeState(coder)
    }
}
