import Agents
import Core
import Environments
import Learning

/// Deep Q-learning of one network on all training tasks together: transitions of all tasks go into one replay buffer. The network is not told
/// which task a transition is from.
public final class DQN: Agent {
    public static let name = "dqn"
    public static let summary = "double DQN of one network on all training tasks together"
    public static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: DQNSettings
    private let learner: QLearner
    /// One for each task.
    private let collectors: [QCollector]
    private var schedule: QSchedule

    public init(problem: Problem, settings: DQNSettings, random: RandomStreams) throws {
        try settings.validate()
        try problem.requireDiscreteActions(agent: Self.name)
        self.problem = problem
        self.settings = settings
        schedule = QSchedule(rounds: problem.budget.amount, settings: settings)
        var initialization = random["initialization"]
        let network = problem.valueNetwork(settings, using: &initialization)
        learner = QLearner(
            index: 0, network: network, settings: settings, replayScale: problem.trainTasks.count, random: random["update"])
        collectors = try problem.trainTasks.indices.map { index in
            QCollector(
                try problem.makeEnvironment(problem.trainTasks[index], settings.copies), settings: settings, name: "task-\(index)",
                random: random)
        }
    }

    public var progress: AgentProgress { AgentProgress(collectors: collectors, learners: [learner], rounds: schedule.rounds) }

    /// `joint`: the one network's, on every task.
    public var policies: [AgentPolicy] {
        [
            .ready("joint", title: "policy trained on all tasks", on: .all) { [self] _ in
                [problem.greedyPolicy(learner.network, settings: settings)]
            }
        ]
    }

    /// In an iteration every task's copies take a step, one task after the other, and the network makes the updates of all of them. A round
    /// means nothing to the algorithm: it is where the agent is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while let block = schedule.next() {
            for collector in collectors {
                while collector.environmentSteps < settings.initialSteps { try collector.step(nil, epsilon: 1, to: learner.replay) }
            }
            for epsilon in block.epsilons {
                for collector in collectors { try collector.step(learner.network, epsilon: epsilon, to: learner.replay) }
                for _ in 0..<settings.updatesPerIteration * collectors.count { try learner.update() }
            }
            try learner.checkParameters()
            schedule.didRun(block)
            try session.pause(drainMetrics(), endsRound: block.endsRound)
        }
    }

    private func drainMetrics() -> [String: Double] {
        MetricMeans.means(of: [learner.metrics.drain()] + collectors.map { $0.metrics.drain() })
    }
}

extension DQN {
    public func codeState(_ coder: StateCoder) throws {
        try coder.object("learner", learner)
        for (index, collector) in collectors.enumerated() { try coder.object("task-\(index)", collector) }
        try coder.value("schedule", &schedule)
    }
}
