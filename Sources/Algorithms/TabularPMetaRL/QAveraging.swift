import Agents
import Core
import Environments

/// Model averaging, the baseline of tabular pMeta-RL ("only performs weighted average aggregation on the Q tables of each task"): every task
/// learns by Q-learning from the average table, and after R updates the average table becomes the mean of the tasks' tables.
public final class QAveraging: Agent {
    public static let name = "q-averaging"
    public static let summary = "Q-learning of every task from one table, which becomes the mean of the tasks' tables after each round"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: QLearningSettings
    private let tasks: TabularTasks
    private var average: QTable
    /// Updates of each task so far in this round; 0 between two rounds.
    private var updatesInRound = 0
    /// Rounds that are complete.
    private var rounds = 0

    public init(problem: Problem, settings: QLearningSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        tasks = try TabularTasks(problem, agent: Self.name, bound: settings.valueBound, random: random)
        average = QTable(states: tasks.states, actions: tasks.actions)
    }

    public var progress: AgentProgress { tasks.progress(rounds: rounds) }

    public func train(_ session: any TrainingSession) throws {
        while rounds < problem.budget.amount {
            let wereDiverged = tasks.haveDiverged
            if updatesInRound == 0 {
                for task in tasks.tasks { task.tables.beginRound(from: average, keepsPersonalized: false) }
            }
            while updatesInRound < settings.updatesPerRound {
                try tasks.forEach { [settings] task in
                    for _ in 0..<settings.iterationsPerUpdate { try task.iterate(settings, proximalWeight: 0) }
                }
                updatesInRound += 1
                if updatesInRound < settings.updatesPerRound { try session.pause(tasks.drainMetrics()) }
            }
            average.aggregate(tasks.tasks.map { ($0.tables.personalized, $0.tables.hasState) }, rate: 1, bound: settings.valueBound)
            updatesInRound = 0
            rounds += 1
            tasks.warnOfDivergence(wereDiverged, round: rounds, session)
            try session.endRound(tasks.drainMetrics())
        }
    }
}

extension QAveraging {
    public var policies: [AgentPolicy] {
        [
            .ready("average", title: "averaged table", on: .all) { [self] _ in
                [tasks.policy(of: average)]
            },
            .ready("local", title: "table of each task before averaging", on: .training) { [self] task in
                task.map { [tasks.policy(ofTask: $0)] } ?? []
            },
        ]
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.doubles("networks/average", &average.values, count: average.values.count, areFinite: true)
        try tasks.codeState(coder)
        try coder.count("updatesInRound", &updatesInRound, most: settings.updatesPerRound - 1)
        try coder.count("rounds", &rounds, most: problem.budget.amount)
    }
}
