import Agents
import Core
import Environments

/// What the agents of this folder share: their tasks, which learn each by itself, and how far they are.
struct TabularTasks {
    let states: Int
    let actions: Int
    let tasks: [TabularTask]
    private let observation: Space
    private let threads: Int

    /// Throws `UnsupportedSpace` unless observations and actions are discrete and all actions exist everywhere, `SettingError` where there is
    /// no training task.
    init(_ problem: Problem, agent: String, bound: Double, random: RandomStreams) throws {
        let description = problem.environment
        guard let states = description.observation.valueCount, case .discrete(let actions) = description.action, !description.masksActions
        else {
            throw UnsupportedSpace(agent: agent, needs: "discrete observations and discrete actions, all of which exist in every state")
        }
        guard states <= Self.mostCells / actions else {
            throw UnsupportedSpace(agent: agent, needs: "at most \(Self.mostCells) cells in a table, found \(states) states x \(actions) actions")
        }
        guard !problem.trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
        self.states = states
        self.actions = actions
        threads = problem.threads
        observation = description.observation
        tasks = try problem.trainTasks.enumerated().map { index, task in
            TabularTask(
                index: index, environment: try problem.makeEnvironment(task, 1), states: states, actions: actions, bound: bound, random: random)
        }
    }

    /// Two tables a task of that many cells take 16 MB.
    private static let mostCells = 1_000_000

    /// Tasks share nothing while they learn, so any number of threads gives the same bits.
    func forEach(_ body: @Sendable (TabularTask) throws -> Void) throws { try forEachInParallel(tasks, threads: threads, body) }

    func progress(rounds: Int) -> AgentProgress {
        AgentProgress(
            environmentSteps: tasks.reduce(0) { $0 + $1.environmentSteps }, gradientUpdates: tasks.reduce(0) { $0 + $1.updates },
            unstableEpisodes: tasks.reduce(0) { $0 + $1.unstableEpisodes }, rounds: rounds)
    }

    /// The policy of a task's own table.
    func policy(ofTask index: Int) -> TablePolicy {
        let tables = tasks[index].tables
        return TablePolicy(tables.personalized, observation: observation, hasDiverged: tables.hasDiverged)
    }

    /// The policy of a table that all tasks share.
    func policy(of table: QTable) -> TablePolicy { TablePolicy(table, observation: observation, hasDiverged: haveDiverged) }

    var haveDiverged: Bool { tasks.contains { $0.tables.hasDiverged } }

    /// Means since the last call, and how large the tables' values are.
    func drainMetrics() -> [String: Double] {
        var metrics = MetricMeans.means(of: tasks.map { $0.metrics.drain() })
        metrics["largestValue"] = tasks.reduce(0) { max($0, $1.tables.personalized.largestMagnitude) }
        metrics["divergedTasks"] = Double(tasks.count { $0.tables.hasDiverged })
        return metrics
    }

    /// Says once that values reached the bound.
    func warnOfDivergence(_ wereDiverged: Bool, round: Int, _ session: any TrainingSession) {
        guard haveDiverged, !wereDiverged else { return }
        session.warn("the tables have diverged in round \(round): values reached the setting valueBound and are kept there; the run goes on")
    }

    func codeState(_ coder: StateCoder) throws {
        for task in tasks { try coder.object("task-\(task.index)", task) }
    }
}
