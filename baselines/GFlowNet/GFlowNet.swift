import Agents
import Core
import Environments
import Learning

/// One plain GFlowNet (Bengio et al. 2021) for all training tasks: every update minimizes the mean of the tasks' losses, each on
/// trajectories of its own. The network knows nothing of the task.
///
/// It yields that network's policy, before and after some updates on a task.
public final class GFlowNet: MetaAgent {
    public static let name = "gflownet"
    public static let summary = "one plain GFlowNet that is trained on all tasks together"
    public static var budgetUnit: BudgetUnit { .trajectories }

    private let problem: Problem
    private let settings: GFlowNetSettings
    private let network: FlowNetwork
    private let optimizer: FlowOptimizer
    private let tasks: [FlowTask]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: GFlowNetSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        var initialization = random["initialization"]
        network = problem.flowNetwork(hidden: settings.hidden, precision: settings.precision, using: &initialization)
        optimizer = FlowOptimizer(network, settings: settings)
        tasks = try problem.flowTasks(agent: Self.name, objective: settings.objective, random: random)
    }

    /// A round means nothing to the algorithm: it is where the agent is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent {
            let updates = rounds.block
            for _ in 0..<updates where !isBudgetSpent { try update() }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            try session.pause(MetricMeans.means(of: tasks.map { $0.metrics.drain() }), endsRound: endsRound)
        }
    }

    /// Updates between two pauses at the most.
    private static let updatesPerPause = 20

    /// A step along the mean of the gradients of all tasks that have trajectories left.
    private func update() throws {
        let network = network, settings = settings
        let gradients = try mapInParallel(tasks.filter { $0.remaining > 0 }, threads: problem.threads) { task in
            var batch = try task.sample(settings.batchTrajectories, from: network)
            return try task.gradient(of: network, on: &batch)
        }
        optimizer.step(FlowGradient(meanOf: gradients))
    }

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.remaining == 0 } }

    public var progress: AgentProgress { AgentProgress(of: tasks, rounds: rounds.rounds) }

    public var policies: [AgentPolicy] {
        [
            .metaWithoutAdapting { [self] in
                FlowPolicy(network.frozenCopy(), observation: problem.environment.observation, objective: settings.objective)
            },
        ] + settings.adaptedPolicies
    }

    public func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
        try settings.adapt(network, to: environment, as: policy, agent: Self.name, using: &random)
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.network("network", network)
        try coder.object("optimizer", optimizer)
        for task in tasks { try coder.object("task-\(task.index)", task) }
        try rounds.codeState(coder)
    }
}
