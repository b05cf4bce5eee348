import Core
import Environments
import Learning

/// Copies of training tasks' environments that step together and play one episode after the other: what trials of several episodes are
/// collected from. Only the random streams are carried from one collection to the next.
public final class TrialEnvironments {
    /// What all copies have after a step, or after their first reset. Row-major, one row a copy.
    public struct Moment: Sendable {
        /// [copies, observation]: what the next action answers to; of the next episode where one ended.
        public var observations: [Float]
        /// [copies, observation]: what the last action led to, before a new episode began. Where the physics became unstable it has no
        /// meaning and is the observation before.
        public var outcomes: [Float]
        /// [copies, action]: the last actions as the environments took them.
        public var controls: [Float]
        /// [copies]: the environments' rewards.
        public var rewards: [Float]
        /// [copies]: what training learns from instead.
        public var learningRewards: [Float]
        /// [copies]: how the last step left its episode.
        public var ends: [StepEnd]

        init(copies: Int, observation: Int, action: Int) {
            observations = Array(repeating: 0, count: copies * observation)
            outcomes = observations
            controls = Array(repeating: 0, count: copies * action)
            rewards = Array(repeating: 0, count: copies)
            learningRewards = rewards
            ends = Array(repeating: .goesOn, count: copies)
        }
    }

    public private(set) var now = Moment(copies: 0, observation: 0, action: 0)
    /// Of each training task.
    public var resetRandoms: [RandomStream]
    /// Episodes so far that ended because the physics became unstable.
    public var unstableEpisodes = 0

    private let problem: Problem
    private let actionScale: Float
    /// Of each task: the environment of its last collection.
    private var environments: [Int: any Environment] = [:]
    private var groups: [TaskCopies] = []

    /// Streams `task-N/reset`. `actionScale` leads from the policy's space to the environments' -1...1, where actions are clipped.
    public init(problem: Problem, actionScale: Float, random: RandomStreams) {
        self.problem = problem
        self.actionScale = actionScale
        resetRandoms = problem.trainTasks.indices.map { random["task-\($0)/reset"] }
    }

    /// A copy for each of `tasks`, which must be ascending, at the start of an episode.
    public func begin(tasks: [Int]) throws {
        let (observation, action) = (problem.environment.observation.columns, problem.environment.action.columns)
        now = Moment(copies: tasks.count, observation: observation, action: action)
        groups = []
        var start = 0
        while start < tasks.count {
            let task = tasks[start]
            let end = tasks[start...].firstIndex { $0 != task } ?? tasks.count
            groups.append(TaskCopies(
                task: task, environment: try environment(task: task, copies: end - start), copies: start..<end, random: resetRandoms[task]))
            start = end
        }
        precondition(Set(groups.map(\.task)).count == groups.count, "the copies of a task lie together")
        for group in groups {
            try group.begin()
            group.write(to: &now)
        }
    }

    /// One step of all copies under `actions`, [copies, action] in the policy's space. A copy whose episode is over begins another one, unless
    /// this step is the collection's last.
    public func step(_ actions: Tensor, isLast: Bool) throws {
        try forEachInParallel(groups, threads: problem.threads) { [actionScale] in try $0.step(actions, scale: actionScale, isLast: isLast) }
        for group in groups { group.write(to: &now) }
    }

    /// Takes the streams and counts back after the last step.
    public func finish() {
        for group in groups {
            resetRandoms[group.task] = group.random
            unstableEpisodes += group.unstableEpisodes
        }
        groups = []
    }

    private func environment(task: Int, copies: Int) throws -> any Environment {
        if let known = environments[task], known.copies == copies { return known }
        let made = try problem.makeEnvironment(problem.trainTasks[task], copies)
        environments[task] = made
        return made
    }
}

/// The copies of one task within a collection.
///
/// Sendable because groups share nothing and one thread at a time steps each.
private final class TaskCopies: @unchecked Sendable {
    let task: Int
    /// Their rows within the collection.
    private let copies: Range<Int>
    private(set) var random: RandomStream
    var unstableEpisodes: Int { collector.unstableEpisodes }
    private var collector: Collector
    private var moment: TrialEnvironments.Moment
    private let observation, action: Int

    init(task: Int, environment: any Environment, copies: Range<Int>, random: RandomStream) {
        self.task = task
        collector = Collector(environment)
        self.copies = copies
        self.random = random
        (observation, action) = (environment.description.observation.columns, environment.description.action.columns)
        moment = TrialEnvironments.Moment(copies: copies.count, observation: observation, action: action)
    }

    func begin() throws {
        for copy in 0..<copies.count { try collector.reset(copy, using: &random) }
        moment.observations = collector.batch.observations
        moment.outcomes = moment.observations
    }

    func step(_ actions: Tensor, scale: Float, isLast: Bool) throws {
        let first = copies.lowerBound * action
        actions.withUnsafeBufferPointer { actions in
            for i in moment.controls.indices { moment.controls[i] = scaledAction(actions[first + i], scale) }
        }
        try collector.step(moment.controls, using: &random)
        for copy in 0..<copies.count {
            let end = collector.end(copy), rows = copy * observation..<(copy + 1) * observation
            moment.rewards[copy] = collector.reward(copy)
            moment.learningRewards[copy] = collector.learningReward(copy)
            moment.ends[copy] = end
            for i in rows { moment.outcomes[i] = end.isStable ? collector.batch.observations[i] : collector.previousObservations[i] }
            if end.isOver && !isLast { try collector.reset(copy, using: &random) }
            for i in rows { moment.observations[i] = collector.batch.observations[i] }
        }
    }

    func write(to whole: inout TrialEnvironments.Moment) {
        let observations = copies.lowerBound * observation..<copies.upperBound * observation
        whole.observations.replaceSubrange(observations, with: moment.observations)
        whole.outcomes.replaceSubrange(observations, with: moment.outcomes)
        whole.controls.replaceSubrange(copies.lowerBound * action..<copies.upperBound * action, with: moment.controls)
        whole.rewards.replaceSubrange(copies, with: moment.rewards)
        whole.learningRewards.replaceSubrange(copies, with: moment.learningRewards)
        whole.ends.replaceSubrange(copies, with: moment.ends)
    }
}
