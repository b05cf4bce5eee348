import Core
import Environments
import Learning

/// One task's Q-learning: its own network and replay, and its own environment copies.
package struct QTask: Sendable {
    package let index: Int
    package let learner: QLearner
    package let collector: QCollector

    /// `network` is copied. Throws what making the environment throws.
    package init(_ problem: Problem, task index: Int, network: MLP, settings: some DeepQSettings, random: RandomStreams) throws {
        self.index = index
        learner = QLearner(index: index, network: network, settings: settings, random: random["task-\(index)/update"])
        collector = QCollector(
            try problem.makeEnvironment(problem.trainTasks[index], settings.copies), settings: settings, name: "task-\(index)", random: random)
    }

    /// One epsilon-greedy step of every environment copy.
    package func collect(epsilon: Float) throws { try collector.step(learner.network, epsilon: epsilon, to: learner.replay) }

    /// `steps` random environment steps or, with several copies, a few more.
    package func collectRandomly(_ steps: Int) throws {
        while collector.environmentSteps < steps { try collector.step(nil, epsilon: 1, to: learner.replay) }
    }
}

extension QTask {
    package func codeState(_ coder: StateCoder) throws {
        try coder.object("learner", learner)
        try coder.object("collector", collector)
    }

    /// Means of what both sides measured since the last call.
    package static func drainMetrics(_ tasks: [QTask]) -> [String: Double] {
        MetricMeans.means(of: tasks.flatMap { [$0.learner.metrics.drain(), $0.collector.metrics.drain()] })
    }
}

extension AgentProgress {
    /// Of Q-learning.
    package init(collectors: [QCollector], learners: [QLearner], rounds: Int) {
        self.init(
            environmentSteps: collectors.reduce(0) { $0 + $1.environmentSteps }, gradientUpdates: learners.reduce(0) { $0 + $1.updates },
            unstableEpisodes: collectors.reduce(0) { $0 + $1.unstableEpisodes }, rounds: rounds)
    }
}

extension Problem {
    /// Throws `UnsupportedSpace` unless actions are discrete and all of them exist in every state, `SettingError` where there is no
    /// training task: what Q-learning needs. Observations may be vectors or discrete, which are encoded as one-hot vectors.
    package func requireDiscreteActions(agent: String) throws {
        guard case .discrete = environment.action else { throw UnsupportedSpace(agent: agent, needs: "discrete actions") }
        guard !environment.masksActions else {
            throw UnsupportedSpace(agent: agent, needs: "actions that exist in every state; those of this family are masked")
        }
        guard !trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
    }

    /// A Q network for the problem's spaces.
    package func valueNetwork(_ settings: some DeepQSettings, using random: inout RandomStream) -> MLP {
        guard case .discrete(let actions) = environment.action else { preconditionFailure("Q-learning needs discrete actions") }
        return MLP(
            inputs: SpaceEncoder(environment.observation).columns, hidden: settings.hidden, outputs: actions, precision: settings.precision,
            using: &random)
    }

    /// The greedy policy of a copy of a network.
    package func greedyPolicy(_ network: MLP, settings: some DeepQSettings) -> GreedyPolicy {
        GreedyPolicy(network.frozenCopy(), observation: environment.observation, epsilon: settings.epsilonEnd)
    }
}
