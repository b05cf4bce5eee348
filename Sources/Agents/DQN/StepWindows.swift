import Core

/// Turns single steps of several environment copies into transitions over n steps: from an observation and its action to the observation n
/// steps later, with the discounted sum of the rewards between them.
///
/// Where an episode ends sooner, transitions end with it. After a terminal state nothing is bootstrapped; after a truncation the last
/// observation's value is, discounted by the steps that there were.
///
/// Cost: O(n) a step; nothing is allocated.
package struct StepWindows: Sendable {
    package let copies: Int
    /// n, steps of a transition at the most.
    package let steps: Int
    private let observationSize: Int
    private let discount: Float
    /// Whether the episode limit ends an episode as a terminal state does.
    private let truncationIsTerminal: Bool
    /// [copies, n, ...]: the latest steps that are not the start of a transition yet, each copy's oldest first.
    private var observations: [Float]
    private var actions: [Int]
    private var rewards: [Float]
    /// [copies]: how many.
    private var counts: [Int]

    package init(copies: Int, steps: Int, observationSize: Int, discount: Float, truncationIsTerminal: Bool = false) {
        self.copies = copies
        self.steps = steps
        self.observationSize = observationSize
        self.discount = discount
        self.truncationIsTerminal = truncationIsTerminal
        observations = Array(repeating: 0, count: copies * steps * observationSize)
        actions = Array(repeating: 0, count: copies * steps)
        rewards = Array(repeating: 0, count: copies * steps)
        counts = Array(repeating: 0, count: copies)
    }

    /// One step of a copy: what it observed and did, and what came of it. The transitions that are complete now go to `replay`.
    /// An unstable step is left out; those before it end at the observation that it started from.
    package mutating func add(
        _ copy: Int, observation: UnsafePointer<Float>, action: Int, reward: Float, next: UnsafePointer<Float>, end: StepEnd,
        to replay: PrioritizedReplay
    ) {
        guard end.isStable else { return flush(copy, next: observation, isTerminal: false, to: replay) }
        let place = copy * steps + counts[copy]
        for i in 0..<observationSize { observations[place * observationSize + i] = observation[i] }
        actions[place] = action
        rewards[place] = reward
        counts[copy] += 1
        if end.isOver {
            flush(copy, next: next, isTerminal: end.isTerminal || (truncationIsTerminal && end == .truncated), to: replay)
        } else if counts[copy] == steps {
            appendOldest(copy, next: next, isTerminal: false, to: replay)
        }
    }

    /// Ends all transitions of a copy.
    private mutating func flush(_ copy: Int, next: UnsafePointer<Float>, isTerminal: Bool, to replay: PrioritizedReplay) {
        while counts[copy] > 0 { appendOldest(copy, next: next, isTerminal: isTerminal, to: replay) }
    }

    /// The transition from a copy's oldest step to `next`, and forgets that step.
    private mutating func appendOldest(_ copy: Int, next: UnsafePointer<Float>, isTerminal: Bool, to replay: PrioritizedReplay) {
        let first = copy * steps, count = counts[copy]
        var sum: Float = 0, factor: Float = 1
        for k in first..<first + count {
            sum += factor * rewards[k]
            factor *= discount
        }
        observations.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            replay.append(
                observation: base + first * observationSize, action: actions[first], discountedReturn: sum, nextObservation: next,
                bootstrap: isTerminal ? 0 : factor)
        }
        for k in first..<first + count - 1 {
            for i in 0..<observationSize { observations[k * observationSize + i] = observations[(k + 1) * observationSize + i] }
            actions[k] = actions[k + 1]
            rewards[k] = rewards[k + 1]
        }
        counts[copy] -= 1
    }
}

extension StepWindows: Stateful {
    package mutating func codeState(_ coder: StateCoder) throws {
        try coder.floats("observations", &observations, shape: [observations.count])
        try coder.integers("actions", &actions, count: actions.count, in: 0 ... .max)
        try coder.floats("rewards", &rewards, shape: [rewards.count])
        try coder.integers("counts", &counts, count: copies, in: 0...steps - 1)
    }
}
