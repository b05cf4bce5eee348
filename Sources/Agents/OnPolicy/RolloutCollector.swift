import Core
import Environments
import Learning

/// Collects rollouts of one task with many copies of its environment that step together, so that the policy's forward pass is one
/// product for all of them. Every collection begins with resets: only the random stream is carried from one to the next.
///
/// Sendable because one thread at a time collects with it, and nobody else steps its environments meanwhile.
public final class RolloutCollector: @unchecked Sendable {
    private let description: EnvironmentDescription
    private let makeEnvironment: (_ copies: Int) throws -> any Environment
    /// By number of copies: that of the last collection, and the one for what is left of an episode.
    private var collectors: [Int: Collector] = [:]
    private let actionScale: Float

    /// Rollouts of a training task.
    public convenience init(problem: Problem, task: Int, actionScale: Float) {
        let task = problem.trainTasks[task]
        self.init(description: problem.environment, actionScale: actionScale) { try problem.makeEnvironment(task, $0) }
    }

    /// `makeEnvironment` is called by the thread that collects, and what it gives is stepped by no other thread meanwhile.
    public init(
        description: EnvironmentDescription, actionScale: Float, makeEnvironment: @escaping (_ copies: Int) throws -> any Environment
    ) {
        self.description = description
        self.actionScale = actionScale
        self.makeEnvironment = makeEnvironment
    }

    /// Exactly `steps` environment steps of stochastic actions: one copy for every whole episode limit in them, and one for the rest.
    /// A copy whose episode ends begins another one.
    public func collect(_ policy: GaussianPolicy, steps: Int, using random: inout RandomStream) throws -> Rollout {
        let limit = description.episodeLimit
        var recorder = RolloutRecorder(
            steps: steps, observationSize: description.observation.columns, actionSize: description.action.columns,
            hasLearningReward: description.hasLearningReward)
        if steps >= limit { try play(policy, copies: steps / limit, steps: limit, into: &recorder, &random) }
        if steps % limit > 0 { try play(policy, copies: 1, steps: steps % limit, into: &recorder, &random) }
        return recorder.rollout
    }

    /// Steps `copies` copies `steps` times each.
    private func play(
        _ policy: GaussianPolicy, copies: Int, steps: Int, into recorder: inout RolloutRecorder, _ random: inout RandomStream
    ) throws {
        var collector = try collector(copies: copies)
        let (observationSize, actionSize) = (description.observation.columns, description.action.columns)
        var controls = [Float](repeating: 0, count: copies * actionSize)
        for copy in 0..<copies { try collector.reset(copy, using: &random) }
        let first = recorder.reserve(copies: copies, steps: steps)
        let observations = Tensor.uninitialized([copies, observationSize])
        for t in 0..<steps {
            observations.copy(from: collector.batch.observations)
            let actions = withoutGradients {
                policy(observations).sample(noise: .normal([copies, actionSize], using: &random))
            }
            actions.withUnsafeBufferPointer { actions in
                for i in controls.indices { controls[i] = scaledAction(actions[i], actionScale) }
            }
            recorder.record(observations, actions, time: t, of: steps, firstRow: first)
            try collector.step(controls, using: &random)
            for copy in 0..<copies {
                recorder.record(collector, copy, time: t, of: steps, firstRow: first)
                if collector.end(copy).isOver && t + 1 < steps { try collector.reset(copy, using: &random) }
            }
        }
    }

    /// A collector of so many copies; only the last two sizes are kept.
    private func collector(copies: Int) throws -> Collector {
        if let known = collectors[copies] { return known }
        if copies != 1 { collectors = collectors.filter { $0.key == 1 } }
        let made = Collector(try makeEnvironment(copies))
        collectors[copies] = made
        return made
    }
}

/// Writes steps that come time by time into rows that go episode by episode.
private struct RolloutRecorder {
    private let observationSize: Int
    private let actionSize: Int
    private let observations: Tensor
    private let actions: Tensor
    private var rewards: [Float]
    private var learningRewards: [Float]
    private var reserved = 0
    private var segments: [(segment: Rollout.Segment, final: [Float])] = []
    /// First row of the present episode, by copy.
    private var starts: [Int] = []
    private var unstableEpisodes = 0

    init(steps: Int, observationSize: Int, actionSize: Int, hasLearningReward: Bool) {
        self.observationSize = observationSize
        self.actionSize = actionSize
        observations = .uninitialized([steps, observationSize])
        actions = .uninitialized([steps, actionSize])
        rewards = Array(repeating: 0, count: steps)
        learningRewards = hasLearningReward ? rewards : []
    }

    /// Rows for `copies` copies of `steps` steps; returns the first.
    mutating func reserve(copies: Int, steps: Int) -> Int {
        let first = reserved
        reserved += copies * steps
        starts = (0..<copies).map { first + $0 * steps }
        return first
    }

    /// All copies' observations and actions at time `t`.
    func record(_ from: Tensor, _ drawn: Tensor, time t: Int, of steps: Int, firstRow: Int) {
        scatter(from, into: observations, columns: observationSize, t, steps, firstRow)
        scatter(drawn, into: actions, columns: actionSize, t, steps, firstRow)
    }

    private func scatter(_ from: Tensor, into to: Tensor, columns: Int, _ t: Int, _ steps: Int, _ firstRow: Int) {
        from.withUnsafeBufferPointer { from in
            to.withUnsafeMutableBufferPointer { to in
                guard let source = from.baseAddress, let target = to.baseAddress else { return }
                for copy in 0..<(from.count / columns) {
                    (target + (firstRow + copy * steps + t) * columns).update(from: source + copy * columns, count: columns)
                }
            }
        }
    }

    /// What the step at time `t` led to in one copy.
    mutating func record(_ collector: Collector, _ copy: Int, time t: Int, of steps: Int, firstRow: Int) {
        let row = firstRow + copy * steps + t, stepEnd = collector.end(copy)
        rewards[row] = collector.reward(copy)
        if !learningRewards.isEmpty { learningRewards[row] = collector.learningReward(copy) }
        if !stepEnd.isStable { unstableEpisodes += 1 }
        guard stepEnd.isOver || t + 1 == steps else { return }
        let end: Rollout.End = stepEnd.isTerminal ? .terminated : stepEnd == .truncated ? .truncated : .cut
        let final = Array(collector.batch.observations[copy * observationSize..<(copy + 1) * observationSize])
        segments.append((Rollout.Segment(rows: starts[copy]..<(row + 1), end: end), final))
        starts[copy] = row + 1
    }

    var rollout: Rollout {
        let ordered = segments.sorted { $0.segment.rows.lowerBound < $1.segment.rows.lowerBound }
        return Rollout(
            observations: observations, actions: actions, rewards: rewards, learningRewards: learningRewards, segments: ordered.map(\.segment),
            finalObservations: Tensor(ordered.flatMap(\.final), shape: [ordered.count, observationSize]),
            unstableEpisodes: unstableEpisodes)
    }
}
