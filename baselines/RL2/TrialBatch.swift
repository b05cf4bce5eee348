import Core
import Learning

/// Trials of equal length, one a copy of an environment. A trial is some episodes of one task one after the other: where an episode ends
/// early the next one begins at once, so that all trials have the same number of steps and their episodes need not have.
///
/// Rows are time-major: row time * copies + copy.
public struct TrialBatch: Sendable {
    /// How a step leaves the episode that it belongs to.
    public enum End: Int, Sendable { case goesOn, terminated, truncated }

    public let steps: Int
    /// Training task of each copy.
    public let tasks: [Int]
    public let input: RecurrentInput
    /// [steps + 1, copies, input]: the last one is what followed the last step.
    public let inputs: Tensor
    /// [steps, copies, action], in the policy's normalised space, as drawn.
    public let actions: Tensor
    /// [steps * copies]: of the actions when they were drawn.
    public var logProbabilities: [Float]
    /// [steps * copies]: the environment's rewards, which the policy sees.
    public var rewards: [Float]
    /// [steps * copies]: what training learns from instead; empty where the environment has no learning reward.
    public var learningRewards: [Float]
    /// [steps * copies]
    public var ends: [End]
    /// The first copies, so many, have their trials.
    public var collected = 0

    public var copies: Int { tasks.count }
    public var rows: Int { steps * copies }

    public init(steps: Int, tasks: [Int], input: RecurrentInput, hasLearningReward: Bool = false) {
        self.steps = steps
        self.tasks = tasks
        self.input = input
        inputs = .zeros([steps + 1, tasks.count, input.width])
        actions = .zeros([steps, tasks.count, input.action])
        logProbabilities = Array(repeating: 0, count: steps * tasks.count)
        rewards = logProbabilities
        learningRewards = hasLearningReward ? rewards : []
        ends = Array(repeating: .goesOn, count: steps * tasks.count)
    }

    /// Undiscounted returns of the episodes of one copy's trial that came to their end, in order.
    public func episodeReturns(copy: Int) -> [Float] {
        var returns: [Float] = [], sum: Float = 0
        for t in 0..<steps {
            sum += rewards[t * copies + copy]
            guard ends[t * copies + copy] != .goesOn else { continue }
            returns.append(sum)
            sum = 0
        }
        return returns
    }

    /// Whole trials of some copies, to learn from. `advantages` and `targets` are [steps * copies].
    public func minibatch(copies chosen: [Int], advantages: [Float], targets: [Float]) -> TrialMinibatch {
        let logs = Tensor(logProbabilities, shape: [rows, 1])
        return TrialMinibatch(
            inputs: gather(inputs, steps, chosen).reshaped([steps, chosen.count, input.width]), actions: gather(actions, steps, chosen),
            logProbabilities: gather(logs, steps, chosen), advantages: gather(Tensor(advantages, shape: [rows, 1]), steps, chosen),
            targets: gather(Tensor(targets, shape: [rows, 1]), steps, chosen))
    }

    /// Rows of some copies at the first `steps` times: [steps * chosen, columns].
    private func gather(_ from: Tensor, _ steps: Int, _ chosen: [Int]) -> Tensor {
        let columns = from.columns, result = Tensor.uninitialized([steps * chosen.count, columns])
        from.withUnsafeBufferPointer { from in
            result.withUnsafeMutableBufferPointer { to in
                guard let source = from.baseAddress, let target = to.baseAddress else { return }
                for t in 0..<steps {
                    for (i, copy) in chosen.enumerated() {
                        (target + (t * chosen.count + i) * columns).update(from: source + (t * copies + copy) * columns, count: columns)
                    }
                }
            }
        }
        return result
    }
}

/// What one Adam step learns from: whole trials.
public struct TrialMinibatch: Sendable {
    /// [steps, trials, input]
    public var inputs: Tensor
    /// [steps * trials, action]
    public var actions: Tensor
    /// [steps * trials, 1]: of the actions when they were drawn
    public var logProbabilities: Tensor
    /// [steps * trials, 1], normalised
    public var advantages: Tensor
    /// [steps * trials, 1]: the target of the value head
    public var targets: Tensor
}

extension TrialBatch {
    /// Everything. While restoring, trials of at most `largestSize` steps together on tasks below `taskCount` are expected.
    mutating func codeState(_ coder: StateCoder, taskCount: Int, largestSize: Int) throws {
        var steps = steps, tasks = tasks
        try coder.integer("steps", &steps, in: 1 ... .max)
        try coder.integers("tasks", &tasks, in: 0...taskCount - 1)
        if coder.isRestoring {
            guard !tasks.isEmpty, !steps.multipliedReportingOverflow(by: tasks.count).overflow, steps * tasks.count <= largestSize else {
                throw coder.invalid("steps", "trials of at most \(largestSize) steps together expected")
            }
            self = TrialBatch(steps: steps, tasks: tasks, input: input, hasLearningReward: !learningRewards.isEmpty)
        }
        try coder.tensor("inputs", inputs)
        try coder.tensor("actions", actions)
        try coder.floats("logProbabilities", &logProbabilities, shape: [rows])
        try coder.floats("rewards", &rewards, shape: [rows])
        if !learningRewards.isEmpty { try coder.floats("learningRewards", &learningRewards, shape: [rows]) }
        var numbers = ends.map(\.rawValue)
        try coder.integers("ends", &numbers, count: rows, in: 0...2)
        ends = numbers.compactMap(End.init)
        try coder.count("collected", &collected, most: copies)
    }
}
