import Agents
import Core
import Environments
import Learning

/// Plays trials with many copies of the environments that step together: one step of the policy for all of them, whatever their task.
/// Every trial begins with a reset and an empty hidden state: only the random streams are carried from one collection to the next.
public final class TrialCollector {
    private let problem: Problem
    private let input: RecurrentInput
    private let actionScale: Float
    /// Of each task: the environment of its last collection.
    private var environments: [Int: any Environment] = [:]
    var actionRandom: RandomStream
    var resetRandoms: [RandomStream]
    /// Episodes so far that ended because the physics became unstable.
    public internal(set) var unstableEpisodes = 0

    public init(problem: Problem, actionScale: Float, random: RandomStreams) {
        self.problem = problem
        self.actionScale = actionScale
        input = RecurrentInput(observation: problem.environment.observation.columns, action: problem.environment.action.columns)
        actionRandom = random["acting"]
        resetRandoms = problem.trainTasks.indices.map { random["task-\($0)/reset"] }
    }

    /// Whole trials of stochastic actions for some copies of `batch`, whose tasks must be ascending there.
    public func collect(_ policy: RecurrentPolicy, copies: Range<Int>, into batch: inout TrialBatch) throws {
        let groups = try groups(of: Array(batch.tasks[copies]))
        let inputs = batch.inputs.reshaped([(batch.steps + 1) * batch.copies, input.width])
        let actions = batch.actions.reshaped([batch.rows, input.action])
        for group in groups { try group.begin(inputs.rows(copies)) }
        var hidden = policy.gru.initialState(batch: copies.count)
        for t in 0..<batch.steps {
            let now = (t * batch.copies + copies.lowerBound)..<(t * batch.copies + copies.upperBound)
            let next = (now.lowerBound + batch.copies)..<(now.upperBound + batch.copies)
            let drawn = actions.rows(now)
            withoutGradients {
                hidden = policy.gru.step(inputs.rows(now), state: hidden)
                let distribution = policy.distribution(hidden)
                drawn.copy(from: distribution.sample(noise: .normal([copies.count, input.action], using: &actionRandom)))
                batch.logProbabilities.replaceSubrange(now, with: distribution.logProbability(of: drawn).array)
            }
            let row = inputs.rows(next), isLast = t + 1 == batch.steps
            try forEachInParallel(groups, threads: problem.threads) { [actionScale] in
                try $0.step(drawn, scale: actionScale, isLast: isLast, into: row)
            }
            for group in groups {
                for (i, copy) in group.copies.enumerated() {
                    batch.rewards[now.lowerBound + copy] = group.rewards[i]
                    if !batch.learningRewards.isEmpty { batch.learningRewards[now.lowerBound + copy] = group.learningRewards[i] }
                    batch.ends[now.lowerBound + copy] = group.ends[i]
                }
            }
        }
        for group in groups {
            resetRandoms[group.task] = group.random
            unstableEpisodes += group.unstableEpisodes
        }
    }

    /// The copies of each task, in the order of the columns.
    private func groups(of tasks: [Int]) throws -> [TaskCopies] {
        var groups: [TaskCopies] = [], start = 0
        while start < tasks.count {
            let task = tasks[start]
            let end = tasks[start...].firstIndex { $0 != task } ?? tasks.count
            groups.append(TaskCopies(
                task: task, environment: try environment(task: task, copies: end - start), copies: start..<end, input: input,
                random: resetRandoms[task]))
            start = end
        }
        precondition(Set(groups.map(\.task)).count == groups.count, "the copies of a task lie together")
        return groups
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
    /// Their columns within the collection.
    let copies: Range<Int>
    private(set) var rewards: [Float]
    private(set) var learningRewards: [Float]
    private(set) var ends: [TrialBatch.End]
    private(set) var random: RandomStream
    var unstableEpisodes: Int { collector.unstableEpisodes }
    private let input: RecurrentInput
    private var collector: Collector
    private var controls: [Float]

    init(task: Int, environment: any Environment, copies: Range<Int>, input: RecurrentInput, random: RandomStream) {
        self.task = task
        collector = Collector(environment)
        self.copies = copies
        self.input = input
        self.random = random
        controls = Array(repeating: 0, count: copies.count * input.action)
        rewards = Array(repeating: 0, count: copies.count)
        learningRewards = rewards
        ends = Array(repeating: .goesOn, count: copies.count)
    }

    /// Resets all copies and writes their first inputs, without a past, to their rows.
    func begin(_ rows: Tensor) throws {
        for copy in 0..<copies.count { try collector.reset(copy, using: &random) }
        rows.withUnsafeMutableBufferPointer { rows in
            for i in (copies.lowerBound * input.width)..<(copies.upperBound * input.width) { rows[i] = 0 }
            for i in 0..<copies.count { writeObservation(i, to: rows) }
        }
    }

    /// One step of all copies with their rows of `actions`; writes what comes next to their rows of `next`. A copy whose episode is over
    /// begins another one with the same hidden state, unless the trial ends here. The observation of an unstable step has no meaning and is left out.
    func step(_ actions: Tensor, scale: Float, isLast: Bool, into next: Tensor) throws {
        let first = copies.lowerBound * input.action
        actions.withUnsafeBufferPointer { actions in
            for i in controls.indices { controls[i] = scaledAction(actions[first + i], scale) }
        }
        try collector.step(controls, using: &random)
        for i in 0..<copies.count {
            let end = collector.end(i)
            rewards[i] = collector.reward(i)
            learningRewards[i] = collector.learningReward(i)
            ends[i] = end.isTerminal ? .terminated : end == .truncated ? .truncated : .goesOn
            if end.isOver && !isLast { try collector.reset(i, using: &random) }
            next.withUnsafeMutableBufferPointer { next in
                if end.isStable || !isLast { writeObservation(i, to: next) }
                let row = (copies.lowerBound + i) * input.width
                for j in 0..<input.action { next[row + input.observation + j] = controls[i * input.action + j] }
                next[row + input.rewardColumn] = rewards[i]
                next[row + input.doneColumn] = ends[i] == .goesOn ? 0 : 1
            }
        }
    }

    private func writeObservation(_ i: Int, to rows: UnsafeMutableBufferPointer<Float>) {
        let row = (copies.lowerBound + i) * input.width
        for j in 0..<input.observation { rows[row + j] = collector.batch.observations[i * input.observation + j] }
    }
}
