import Agents
import Core
import Environments
import Learning

/// Federated averaging (McMahan et al. 2017) of Q networks, the papers' "model averaging": in each round every task starts from the average
/// network and learns by itself, and the mean of the tasks' networks becomes the average network. Nothing pulls the tasks together within a
/// round.
public final class DQNAveraging: Agent {
    public static let name = "dqn-averaging"
    public static let summary = "double DQN for each training task, networks averaged after each round"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: DQNSettings
    private let averaged: MLP
    private let tasks: [QTask]
    private var schedule: QSchedule

    public init(problem: Problem, settings: DQNSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireDiscreteActions(agent: Self.name)
        self.problem = problem
        self.settings = settings
        schedule = QSchedule(rounds: problem.budget.amount, settings: settings)
        var initialization = random["initialization"]
        let averaged = problem.valueNetwork(settings, using: &initialization)
        self.averaged = averaged
        tasks = try problem.trainTasks.indices.map { index in
            try QTask(problem, task: index, network: averaged, settings: settings, random: random)
        }
    }

    public var progress: AgentProgress {
        AgentProgress(collectors: tasks.map(\.collector), learners: tasks.map(\.learner), rounds: schedule.rounds)
    }

    /// `average`: the average network's, on every task. `local`: each task's own as the round ended, before averaging.
    public var policies: [AgentPolicy] {
        [
            .ready("average", title: "average network", on: .all) { [self] _ in [problem.greedyPolicy(averaged, settings: settings)] },
            .ready("local", title: "networks before averaging", on: .training) { [self] task in
                task.map { [problem.greedyPolicy(tasks[$0].learner.network, settings: settings)] } ?? []
            },
        ]
    }

    /// Optimizers, target networks, replay and exploration belong to a task and go on over rounds.
    public func train(_ session: any TrainingSession) throws {
        while let block = schedule.next() {
            if block.beginsRound { for task in tasks { task.learner.network.copyParameters(from: averaged) } }
            // Tasks share nothing within a round, so any number of threads gives the same bits.
            try forEachInParallel(tasks, threads: problem.threads) { [settings] task in
                try task.collectRandomly(settings.initialSteps)
                for epsilon in block.epsilons {
                    try task.collect(epsilon: epsilon)
                    for _ in 0..<settings.updatesPerIteration { try task.learner.update() }
                }
                try task.learner.checkParameters()
            }
            if block.endsRound { average(tasks.map { $0.learner.network.parameters }, into: averaged.parameters, weight: 1) }
            schedule.didRun(block)
            try session.pause(QTask.drainMetrics(tasks), endsRound: block.endsRound)
        }
    }
}

extension DQNAveraging {
    public func codeState(_ coder: StateCoder) throws {
        try coder.network("averaged", averaged)
        for task in tasks { try coder.scope("task-\(task.index)") { try task.codeState(coder) } }
        try coder.value("schedule", &schedule)
    }
}
