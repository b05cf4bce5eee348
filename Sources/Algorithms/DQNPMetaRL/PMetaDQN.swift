import Agents
import Core
import Environments
import Learning

/// pMeta-RL with deep Q-learning (arXiv 2209.10072, Algorithm 1 with a Q network in the place of its tables): every task trains a
/// personalized Q network, pulled towards an auxiliary copy of the meta network (equation 12, without an inference network) that follows it in
/// turn (13); after R iterations the meta network becomes the mean of all tasks' auxiliary networks (14).
///
/// It yields the meta network's policy, one for all tasks without adapting, and one personalized policy a training task.
public final class PMetaDQN: Agent {
    public static let name = "pmeta-dqn"
    public static let summary = "pMeta-RL with Q networks: personalized double DQN tied to a meta network by a proximal term"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: PMetaDQNSettings
    private let meta: MLP
    private let tasks: [(q: QTask, personal: PMetaDQNTask)]
    private var schedule: QSchedule

    public init(problem: Problem, settings: PMetaDQNSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireDiscreteActions(agent: Self.name)
        self.problem = problem
        self.settings = settings
        schedule = QSchedule(rounds: problem.budget.amount, settings: settings)
        var initialization = random["initialization"]
        let meta = problem.valueNetwork(settings, using: &initialization)
        self.meta = meta
        tasks = try problem.trainTasks.indices.map { index in
            let q = try QTask(problem, task: index, network: meta, settings: settings, random: random)
            return (q, PMetaDQNTask(learner: q.learner, settings: settings))
        }
    }

    public var progress: AgentProgress {
        AgentProgress(collectors: tasks.map(\.q.collector), learners: tasks.map(\.q.learner), rounds: schedule.rounds)
    }

    /// The meta network's policy and each task's own.
    public var policies: [AgentPolicy] {
        [
            .ready(AgentPolicy.metaName, title: "meta-policy", on: .all) { [self] _ in
                [problem.greedyPolicy(meta, settings: settings)]
            },
            .personal { [self] in problem.greedyPolicy(tasks[$0].q.learner.network, settings: settings) },
        ]
    }

    /// Algorithm 1. Before its first update every task takes random steps.
    public func train(_ session: any TrainingSession) throws {
        while let block = schedule.next() {
            // Line 7: auxiliary networks start from the meta network.
            if block.beginsRound { for task in tasks { task.personal.beginRound(from: meta) } }
            // Lines 8-12. Tasks share nothing within a round, so any number of threads gives the same bits.
            try forEachInParallel(tasks, threads: problem.threads) { [settings] task in
                try task.q.collectRandomly(settings.initialSteps)
                for epsilon in block.epsilons {
                    try task.q.collect(epsilon: epsilon)
                    try task.personal.update()
                }
                try task.personal.checkParameters()
            }
            // Equation (14).
            if block.endsRound { average(tasks.map { $0.personal.auxiliary.parameters }, into: meta.parameters, weight: settings.metaRate) }
            schedule.didRun(block)
            try session.pause(drainMetrics(), endsRound: block.endsRound)
        }
    }

    private func drainMetrics() -> [String: Double] { QTask.drainMetrics(tasks.map(\.q)) }
}

extension PMetaDQN {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("meta", meta)
        for task in tasks {
            try coder.scope("task-\(task.q.index)") {
                try task.q.codeState(coder)
                try task.personal.codeState(coder)
            }
        }
        try coder.value("schedule", &schedule)
    }
}
