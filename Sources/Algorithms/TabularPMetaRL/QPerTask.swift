import Agents
import Core
import Environments

/// Hyperparameters of learning alone. Keys and defaults are those of tabular pMeta-RL for the same parts.
public struct QPerTaskSettings: TabularSettings {
    /// Learning rate [alpha].
    public var learningRate = 0.1
    /// Discount factor [gamma].
    public var discount = 0.95
    /// Probability of a random action while learning. Of actions with equal values one is drawn.
    public var explorationRate = 0.1
    /// Updates of a task in a round [R]. The agent can be evaluated at the end of a round; nothing else happens there.
    public var updatesPerRound = 3
    /// Inner iterations in an update [K].
    public var iterationsPerUpdate = 1
    /// Episodes in an inner iteration [M]. The tables learn from every step of them.
    public var episodesPerIteration = 10
    /// Values of tables are kept within plus and minus this. A run whose tables reach it has diverged.
    public var valueBound = 1e6

    public init() {}
    public func validate() throws { try validateTabular() }
}

/// Q-learning of every task by itself: what the personalized tables of tabular pMeta-RL are without the tie to the others.
public final class QPerTask: Agent {
    public static let name = "q-per-task"
    public static let summary = "Q-learning of every task by itself"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: QPerTaskSettings
    private let tasks: TabularTasks
    /// Updates of each task so far in this round; 0 between two rounds.
    private var updatesInRound = 0
    /// Rounds that are complete.
    private var rounds = 0

    public init(problem: Problem, settings: QPerTaskSettings, random: RandomStreams) throws {
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
            .personal { [self] in
                let tables = tasks.tasks[$0].tables
                return GreedyPolicy(tables.personalized, observation: problem.environment.observation, hasDiverged: tables.hasDiverged)
            },
        ]
    }

    public func codeState(_ coder: StateCoder) throws {
        try tasks.codeState(coder)
        try coder.count("updatesInRound", &updatesInRound, most: settings.updatesPerRound - 1)
        try coder.count("rounds", &rounds, most: problem.budget.amount)
    }
}
