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
    /// [steps * copies]
    public var rewards: [Float]
    /// [steps * copies]
    public var ends: [End]
    /// The first copies, so many, have their trials.
    public var collected = 0

    public var copies: Int { tasks.count }
    public var rows: Int { steps * copies }

    public init(steps: Int, tasks: [Int], input: RecurrentInput) {
        self.steps = steps
        self.tasks = tasks
        self.input = input
        inputs = .zeros([steps + 1, tasks.count, input.width])
        actions = .zeros([steps, tasks.count, input.action])
        logProbabilities = Array(repeating: 0, count: steps * tasks.count)
        rewards = logProbabilities
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
    /// [steps * trials, 1]: what the value head should say
    public var targets: Tensor
}

extension TrialBatch {
    /// Everything, below `key`.
    func store(in state: inout StateDictionary, at key: String) {
        state.store(steps, at: "\(key).steps")
        state.store(tasks, at: "\(key).tasks")
        state.store(inputs.array, shape: inputs.shape, at: "\(key).inputs")
        state.store(actions.array, shape: actions.shape, at: "\(key).actions")
        state.store(logProbabilities, at: "\(key).logProbabilities")
        state.store(rewards, at: "\(key).rewards")
        state.store(ends.map(\.rawValue), at: "\(key).ends")
        state.store(collected, at: "\(key).collected")
    }

    /// Throws `StateError` where an entry is missing or they don't fit together.
    init(from state: StateDictionary, at key: String, input: RecurrentInput, taskCount: Int, largestSize: Int) throws {
        let steps = try state.integer("\(key).steps"), tasks = try state.integers("\(key).tasks")
        guard steps > 0, !tasks.isEmpty, !steps.multipliedReportingOverflow(by: tasks.count).overflow, steps * tasks.count <= largestSize
        else { throw StateError.invalid("\(key).steps", "trials of at most \(largestSize) steps together expected") }
        guard tasks.allSatisfy((0..<taskCount).contains) else {
            throw StateError.invalid("\(key).tasks", "tasks below \(taskCount) expected")
        }
        self.init(steps: steps, tasks: tasks, input: input)
        inputs.copy(from: try state.floats("\(key).inputs", count: inputs.count))
        actions.copy(from: try state.floats("\(key).actions", count: actions.count))
        logProbabilities = try state.floats("\(key).logProbabilities", count: rows)
        rewards = try state.floats("\(key).rewards", count: rows)
        ends = try state.integers("\(key).ends", count: rows).map {
            guard let end = End(rawValue: $0) else { throw StateError.invalid("\(key).ends", "0, 1 or 2 expected, found \($0)") }
            return end
        }
        collected = try state.integer("\(key).collected")
        guard (0...copies).contains(collected) else {
            throw StateError.invalid("\(key).collected", "0...\(copies) expected, found \(collected)")
        }
    }
}
