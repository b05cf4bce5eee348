import Agents
import Core
import Environments

/// Q-learning of every task by itself: what the personalized tables of tabular pMeta-RL are without the tie to the others.
public final class QPerTask: Agent {
    public static let name = "q-per-task"
    public static let summary = "Q-learning of every task by itself"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: QLearningSettings
    private let tasks: TabularTasks
    /// Updates of each task so far in this round; 0 between two rounds.
    private var updatesInRound = 0
    /// Rounds that are complete.
    private var rounds = 0

    public init(problem: Problem, settings: QLearningSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        tasks = try TabularTasks(problem, agent: Self.name, bound: settings.valueBound, random: random)
    }

    public var progress: AgentProgress { tasks.progress(rounds: rounds) }

    public func train(_ session: any TrainingSession) throws {
        while rounds < problem.budget.amount {
            let wereDiverged = tasks.haveDiverged
            while updatesInRound < settings.updatesPerRound {
                try tasks.forEach { [settings] task in
                    for _ in 0..<settings.iterationsPerUpdate { try task.iterate(settings, proximalWeight: 0) }
                }
                updatesInRound += 1
                if updatesInRound < settings.updatesPerRound { try session.pause(tasks.drainMetrics()) }
            }
            updatesInRound = 0
            rounds += 1
            tasks.warnOfDivergence(wereDiverged, round: rounds, session)
            try session.endRound(tasks.drainMetrics())
        }
    }
}

extension QPerTask {
    public var policies: [AgentPolicy] {
        [
            .personal { [self] in tasks.policy(ofTask: $0) },
        ]
    }

    public func codeState(_ coder: StateCoder) throws {
        try tasks.codeState(coder)
        try coder.count("updatesInRound", &updatesInRound, most: settings.updatesPerRound - 1)
        try coder.count("rounds", &rounds, most: problem.budget.amount)
    }
}
