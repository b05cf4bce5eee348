import Agents
import Core
import Environments
import Learning

/// Deep Q-learning for every training task by itself: each has its own network and replay, and nothing is shared. The papers' "DQN*".
///
/// Each task's policy is also played on the tasks of the others, the papers' "DQN".
public final class DQNPerTask: Agent {
    public static let name = "dqn-per-task"
    public static let summary = "double DQN for each training task, nothing is shared"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: DQNSettings
    private let tasks: [QTask]
    private var schedule: QSchedule

    public init(problem: Problem, settings: DQNSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireDiscreteActions(agent: Self.name)
        self.problem = problem
        self.settings = settings
        schedule = QSchedule(rounds: problem.budget.amount, settings: settings)
        tasks = try problem.trainTasks.indices.map { index in
            var initialization = random["task-\(index)/initialization"]
            let network = problem.valueNetwork(settings, using: &initialization)
            return try QTask(problem, task: index, network: network, settings: settings, random: random)
        }
    }

    public var progress: AgentProgress {
        AgentProgress(collectors: tasks.map(\.collector), learners: tasks.map(\.learner), rounds: schedule.rounds)
    }

    /// `personal`: each task's own. `cross`: those of all tasks, whatever the task is. `cross-others`: those of the other tasks.
    public var policies: [AgentPolicy] {
        [
            .personal { [self] in policy(of: tasks[$0]) },
            .ready("cross", title: "policies of all tasks", on: .all) { [self] _ in tasks.map(policy) },
            .ready("cross-others", title: "policies of the other tasks", on: .training) { [self] own in
                tasks.filter { $0.index != own }.map(policy)
            },
        ]
    }

    private func policy(of task: QTask) -> GreedyPolicy { problem.greedyPolicy(task.learner.network, settings: settings) }

    /// Each task by itself. A round means nothing to the algorithm: it is where the agent is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while let block = schedule.next() {
            try forEachInParallel(tasks, threads: problem.threads) { [settings] task in
                try task.collectRandomly(settings.initialSteps)
                for epsilon in block.epsilons {
                    try task.collect(epsilon: epsilon)
                    for _ in 0..<settings.updatesPerIteration { try task.learner.update() }
                }
                try task.learner.checkParameters()
            }
            schedule.didRun(block)
            try session.pause(QTask.drainMetrics(tasks), endsRound: block.endsRound)
        }
    }
}

extension DQNPerTask {
    public func codeState(_ coder: StateCoder) throws {
        for task in tasks { try coder.scope("task-\(task.index)") { try task.codeState(coder) } }
        try coder.value("schedule", &schedule)
    }
}
