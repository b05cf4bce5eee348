import Agents
import Core
import Environments

/// Tabular pMeta-RL (arXiv 2209.10072, Algorithm 1 and equations 5-9): every task learns a personalized table by Q-learning, pulled towards an
/// auxiliary table (7) that follows it in turn (8). After R updates the meta table becomes the mean of all tasks' auxiliary tables (9), from
/// which these start the next round. Its outputs are the meta-policy, which plays every task with the one meta table and does not adapt, and
/// one personalized policy for each training task.
public final class PMetaQ: Agent {
    public static let name = "pmeta-q"
    public static let summary = "tabular pMeta-RL: personalized tables tied to a meta table by a proximal term"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: PMetaQSettings
    private let tasks: TabularTasks
    private var meta: QTable
    /// Updates of each task so far in this round; 0 between two rounds.
    private var updatesInRound = 0
    /// Rounds that are complete.
    private var rounds = 0

    public init(problem: Problem, settings: PMetaQSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        tasks = try TabularTasks(problem, agent: Self.name, bound: settings.valueBound, random: random)
        meta = QTable(states: tasks.states, actions: tasks.actions)
    }

    public var progress: AgentProgress { tasks.progress(rounds: rounds) }

    public func train(_ session: any TrainingSession) throws {
        if rounds < problem.budget.amount { settings.warnings.forEach(session.warn) }
        while rounds < problem.budget.amount {
            let wereDiverged = tasks.haveDiverged
            if updatesInRound == 0 {
                for task in tasks.tasks { task.tables.beginRound(from: meta, keepsPersonalized: settings.personalStart == .keep && rounds > 0) }
            }
            while updatesInRound < settings.updatesPerRound {
                try tasks.forEach { [settings] task in
                    for _ in 0..<settings.iterationsPerUpdate { try task.iterate(settings, proximalWeight: settings.proximalWeight) }
                    task.tables.moveAuxiliary(learningRate: settings.auxiliaryLearningRate, proximalWeight: settings.proximalWeight)
                }
                updatesInRound += 1
                if updatesInRound < settings.updatesPerRound { try session.pause(tasks.drainMetrics()) }
            }
            meta.aggregate(tasks.tasks.map { ($0.tables.auxiliary, $0.tables.hasState) }, rate: settings.metaRate, bound: settings.valueBound)
            updatesInRound = 0
            rounds += 1
            tasks.warnOfDivergence(wereDiverged, round: rounds, session)
            try session.endRound(tasks.drainMetrics())
        }
    }
}

extension PMetaQ {
    public var policies: [AgentPolicy] {
        [
            .ready(AgentPolicy.metaName, title: "meta-policy", on: .all) { [self] _ in
                [tasks.policy(of: meta)]
            },
            .personal { [self] in tasks.policy(ofTask: $0) },
        ]
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.doubles("networks/meta", &meta.values, count: meta.values.count, areFinite: true)
        try tasks.codeState(coder)
        try coder.count("updatesInRound", &updatesInRound, most: settings.updatesPerRound - 1)
        try coder.count("rounds", &rounds, most: problem.budget.amount)
    }
}
