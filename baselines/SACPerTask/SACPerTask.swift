import Agents
import Core
import Environments
import Learning

/// Plain soft actor-critic (Haarnoja et al. 2018) for every training task: each task has its own networks, replay buffer and target
/// critics, and learns as if it were alone. Nothing is shared, and there is no latent z. It shows how much of a personalized policy's
/// return comes from training a policy for each task at all.
///
/// It yields the policy of each training task. It does not adapt, so it has none for other tasks.
public final class SACPerTask: Agent {
    public static let name = "sac-per-task"
    public static let summary = "plain soft actor-critic for each training task, nothing is shared"

    private let problem: Problem
    private let settings: SACPerTaskSettings
    private let tasks: [SACTask]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: SACPerTaskSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireContinuousSpaces(agent: Self.name)
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        tasks = try problem.trainTasks.indices.map { index in
            SACTask(
                index: index, environment: try problem.makeEnvironment(problem.trainTasks[index], 1), settings: settings,
                stepBudget: problem.steps(ofTask: index), random: random)
        }
    }

    public var progress: AgentProgress {
        AgentProgress(
            environmentSteps: tasks.reduce(0) { $0 + $1.environmentSteps }, gradientUpdates: tasks.reduce(0) { $0 + $1.updates },
            unstableEpisodes: tasks.reduce(0) { $0 + $1.collector.environment.unstableEpisodes }, rounds: rounds.rounds)
    }

    /// The policy of each training task.
    public var policies: [AgentPolicy] { [.personal { [self] in tasks[$0].policy }] }

    /// Initial steps of every task, then steps and updates in turn. A round means nothing to the algorithm: it is where the agent
    /// is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent, tasks.contains(where: { $0.environmentSteps < settings.initialSteps }) {
            try forEachTask { [settings] task in try task.collect(min(500, settings.initialSteps - task.environmentSteps)) }
            try session.pause(drainMetrics(), endsRound: tasks.allSatisfy { $0.environmentSteps >= settings.initialSteps })
        }
        while !isBudgetSpent {
            let updates = min(rounds.block, updatesLeft)
            try forEachTask { [settings] task in
                for _ in 0..<updates {
                    try task.collect(settings.stepsPerUpdate)
                    try task.update()
                }
                try task.checkParameters()
            }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            try session.pause(drainMetrics(), endsRound: endsRound)
        }
    }

    /// Updates of each task between two pauses at the most: a fraction of a second at the largest sizes.
    private static let updatesPerPause = 20

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.remainingSteps == 0 } }
    /// Updates until the budget is spent.
    private var updatesLeft: Int {
        let steps = tasks.map(\.remainingSteps).max() ?? 0
        return (steps + settings.stepsPerUpdate - 1) / settings.stepsPerUpdate
    }

    /// Tasks share nothing, so any number of threads gives the same bits.
    private func forEachTask(_ body: @Sendable (SACTask) throws -> Void) throws {
        try forEachInParallel(tasks, threads: problem.threads, body)
    }

    private func drainMetrics() -> [String: Double] { MetricMeans.means(of: tasks.map { $0.metrics.drain() }) }
}

extension SACPerTask {
    public func codeState(_ coder: StateCoder) throws {
        for task in tasks { try coder.object("task-\(task.index)", task) }
        try rounds.codeState(coder)
    }
}
