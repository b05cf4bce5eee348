import Agents
import Core
import Environments

/// One task of a tabular agent: its environment, its tables, and the episodes that they learn from.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
final class TabularTask: @unchecked Sendable {
    let index: Int
    var tables: TaskTables
    private let environment: any Environment
    private let observation: Space
    private var player: EpisodePlayer
    /// All draws of the task: the environment's and those of exploration.
    private var random: RandomStream

    private(set) var environmentSteps = 0
    /// Changes of a value of the personalized table.
    private(set) var updates = 0
    var unstableEpisodes: Int { environment.unstableEpisodes }
    var metrics = MetricMeans()

    /// `environment` has one copy.
    init(index: Int, environment: any Environment, states: Int, actions: Int, bound: Double, random: RandomStreams) {
        self.index = index
        self.environment = environment
        observation = environment.description.observation
        player = EpisodePlayer(environment)
        self.random = random["task-\(index)/episodes"]
        // A table of all states serves where the environment does not say which of them its task has.
        let hasState = (environment as? any ModelledEnvironment)?.model.hasState ?? Array(repeating: true, count: states)
        tables = TaskTables(hasState: hasState, actions: actions, bound: bound)
    }

    /// An inner iteration: episodes from the start with epsilon-greedy actions. The personalized table learns after each step.
    func iterate(_ settings: some TabularSettings, proximalWeight: Double) throws {
        let explorer = Explorer(task: self, rate: settings.explorationRate)
        for _ in 0..<settings.episodesPerIteration {
            let episode = try player.play(explorer, mode: .stochastic, using: &random, observe: { before, action, result in
                let transition = TabularTransition(
                    state: observation.index(of: before), action: Int(action[0]), reward: Double(result.learningRewards.first ?? result.rewards[0]),
                    next: observation.index(of: result.observations), isTerminal: result.terminated[0])
                tables.learn(
                    transition, discount: settings.discount, learningRate: settings.learningRate, proximalWeight: proximalWeight)
                updates += 1
            })
            environmentSteps += episode.length
            metrics.add("trainingReturn", Float(episode.episodeReturn))
        }
    }

    /// Acts on the task's personalized table as it is.
    private final class Explorer: Policy {
        private unowned let task: TabularTask
        private let rate: Double

        init(task: TabularTask, rate: Double) {
            self.task = task
            self.rate = rate
        }

        func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
            let table = task.tables.personalized, state = task.observation.index(of: observation)
            if random.uniform(0, 1) < rate {
                action[0] = Float(random.index(below: table.actions))
                return
            }
            let largest = table.largest(at: state), count = table.row(state).count { $0 == largest }
            var chosen = count > 1 ? random.index(below: count) : 0
            for (index, value) in table.row(state).enumerated() where value == largest {
                if chosen == 0 { return action[0] = Float(index) }
                chosen -= 1
            }
        }
    }
}

extension TabularTask: StatefulObject {
    func codeState(_ coder: StateCoder) throws {
        let count = tables.personalized.values.count
        try coder.fromTop { try coder.doubles("networks/personalized-\(index)", &tables.personalized.values, count: count, areFinite: true) }
        try coder.doubles("auxiliary", &tables.auxiliary.values, count: count, areFinite: true)
        try coder.flag("hasDiverged", &tables.hasDiverged)
        try coder.object("environment", environment)
        try coder.stream("random.episodes", &random)
        try coder.count("updates", &updates)
        try coder.count("environmentSteps", &environmentSteps)
    }
}
