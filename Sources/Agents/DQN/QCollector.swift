import Core
import Environments
import Learning

/// The acting side of Q-learning on one task: environment copies, exploration, and transitions over n steps for a replay.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
package final class QCollector: @unchecked Sendable {
    private var collector: Collector
    private let encoder: SpaceEncoder
    private let actionCount: Int
    private var windows: StepWindows
    private var exploration: EpsilonGreedy
    private var resetRandom: RandomStream
    /// [copies]: an episode is under way.
    private var isUnderWay: [Bool]
    /// [copies]: return of the episode so far.
    private var returns: [Float]
    package private(set) var environmentSteps = 0
    package var metrics = MetricMeans()

    // Memory for each step: [copies, network inputs] before and after it, [copies, actions], [copies].
    private var input: [Float] = []
    private var nextInput: [Float] = []
    private var values: [Float]
    private var actions: [Float]

    /// `name` is that of its streams.
    package init(_ environment: any Environment, settings: some DeepQSettings, name: String, random: RandomStreams) {
        let description = environment.description, copies = environment.copies
        collector = Collector(environment)
        encoder = SpaceEncoder(description.observation)
        guard case .discrete(let count) = description.action else { preconditionFailure("Q-learning needs discrete actions") }
        actionCount = count
        windows = StepWindows(
            copies: copies, steps: settings.returnSteps, observationSize: encoder.columns, discount: settings.discount,
            truncationIsTerminal: settings.truncation == .terminal)
        exploration = EpsilonGreedy(
            copies: copies, actions: count, exploration: settings.exploration, meanHold: settings.meanHold, random: random["\(name)/acting"])
        resetRandom = random["\(name)/reset"]
        isUnderWay = Array(repeating: false, count: copies)
        returns = Array(repeating: 0, count: copies)
        values = Array(repeating: 0, count: copies * count)
        actions = Array(repeating: 0, count: copies)
    }

    package var copies: Int { collector.copies }
    package var unstableEpisodes: Int { collector.environment.unstableEpisodes }

    /// One epsilon-greedy step of every copy; new transitions go to `replay`. Uniform actions where `network` is nil.
    package func step(_ network: MLP?, epsilon: Float, to replay: PrioritizedReplay) throws {
        for copy in 0..<copies where !isUnderWay[copy] {
            try collector.reset(copy, using: &resetRandom)
            (isUnderWay[copy], returns[copy]) = (true, 0)
        }
        encoder.encode(collector.batch.observations, into: &input)
        if let network {
            network.forward(rows: copies, input, into: &values)
            values.withUnsafeBufferPointer { values in
                guard let first = values.baseAddress else { return }
                for copy in 0..<copies {
                    actions[copy] = Float(exploration.choose(copy, values: first + copy * actionCount, epsilon: epsilon))
                }
            }
        } else {
            for copy in 0..<copies { actions[copy] = Float(exploration.chooseRandomly()) }
        }
        try collector.step(actions, using: &resetRandom)
        environmentSteps += copies
        encoder.encode(collector.batch.observations, into: &nextInput)
        store(to: replay)
    }

    private func store(to replay: PrioritizedReplay) {
        let columns = encoder.columns
        input.withUnsafeBufferPointer { input in
        nextInput.withUnsafeBufferPointer { nextInput in
            guard let before = input.baseAddress, let after = nextInput.baseAddress else { return }
            for copy in 0..<copies {
                let end = collector.end(copy)
                windows.add(
                    copy, observation: before + copy * columns, action: Int(actions[copy]), reward: collector.learningReward(copy),
                    next: after + copy * columns, end: end, to: replay)
                returns[copy] += collector.reward(copy)
                guard end.isOver else { continue }
                isUnderWay[copy] = false
                exploration.endEpisode(copy)
                metrics.add("trainingReturn", returns[copy])
            }
        }}
    }
}

extension QCollector: StatefulObject {
    package func codeState(_ coder: StateCoder) throws {
        try collector.codeState(coder)
        try coder.value("windows", &windows)
        try coder.value("exploration", &exploration)
        try coder.stream("random.reset", &resetRandom)
        try coder.flags("isUnderWay", &isUnderWay, count: copies)
        try coder.floats("returns", &returns, shape: [copies])
        try coder.count("environmentSteps", &environmentSteps)
    }
}
