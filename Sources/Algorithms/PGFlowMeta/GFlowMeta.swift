import Agents
import Core
import Environments
import Learning

/// GFlowMeta (Ji et al., "Meta Generative Flow Networks with Personalization for Task-Specific Adaptation"), Algorithm 1: in every round each
/// task trains a copy of the meta network, which then becomes the mean of the copies.
///
/// It yields the meta-policy: one network for all tasks that knows nothing of the task, before and after some updates on it.
public final class GFlowMeta: MetaAgent {
    public static let name = "gflow-meta"
    public static let summary = "one GFlowNet for all tasks: the mean of copies that each task trains"
    public static var budgetUnit: BudgetUnit { .trajectories }

    private let problem: Problem
    private let settings: GFlowMetaSettings
    private let meta: FlowNetwork
    private let tasks: [GFlowMetaTask]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: GFlowMetaSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        var initialization = random["initialization"]
        let meta = problem.flowNetwork(hidden: settings.hidden, precision: settings.precision, using: &initialization)
        self.meta = meta
        tasks = try problem.flowTasks(agent: Self.name, objective: settings.objective, random: random)
            .map { GFlowMetaTask($0, meta: meta, settings: settings) }
    }

    /// Algorithm 1. Tasks share nothing within a round, so any number of threads gives the same bits.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent {
            if rounds.beginsRound {
                for task in tasks { task.network.copyParameters(from: meta) }                        // line 4
            }
            let updates = rounds.block
            try forEachInParallel(tasks, threads: problem.threads) { task in                         // line 3
                for _ in 0..<updates { try task.update() }                                           // lines 5 to 8
            }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            if endsRound {
                average(tasks.map(\.network.parameters), into: meta.parameters, weight: 1)           // line 11
                for task in tasks { task.task.noteDistance(of: task.network, to: meta) }
            }
            try session.pause(MetricMeans.means(of: tasks.map { $0.task.metrics.drain() }), endsRound: endsRound)
        }
    }

    /// Updates of each task between two pauses at the most.
    private static let updatesPerPause = 20

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.task.remaining == 0 } }

    public var progress: AgentProgress { AgentProgress(of: tasks.map(\.task), rounds: rounds.rounds) }

    public var policies: [AgentPolicy] {
        [
            .metaWithoutAdapting { [self] in
                FlowPolicy(meta.frozenCopy(), observation: problem.environment.observation, objective: settings.objective)
            },
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

/// One task of GFlowMeta with its copy of the meta network.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
final class GFlowMetaTask: @unchecked Sendable {
    let task: FlowTask
    let network: FlowNetwork
    /// Its moments belong to the task and are kept over rounds.
    private let adam: FlowOptimizer
    private let gradientDescent: SGD
    private let settings: GFlowMetaSettings

    init(_ task: FlowTask, meta: FlowNetwork, settings: GFlowMetaSettings) {
        self.task = task
        self.settings = settings
        network = meta.trainableCopy()
        adam = FlowOptimizer(network, settings: settings)
        gradientDescent = SGD(network.network.parameters, learningRate: settings.learningRate)
    }

    /// Lines 6 to 8. Does nothing where the budget is spent.
    func update() throws {
        guard task.remaining > 0 else { return }
        var batch = try task.sample(settings.batchTrajectories, from: network)                       // line 6
        let gradient = try task.gradient(of: network, on: &batch)                                    // line 7
        switch settings.optimizer {                                                                  // line 8
        case .adam: adam.step(gradient)
        case .gradientDescent: gradientDescent.step(gradient.network)
        }
    }
}

extension GFlowMetaTask: StatefulObject {
    func codeState(_ coder: StateCoder) throws {
        try coder.network("network", network)
        try coder.object("optimizer", adam)
        try task.codeState(coder)
    }
}
