import Core
import Learning

/// The latest trials, whatever policy played them, for updates of encoder and decoders. The oldest ones make room.
package struct TrialMemory: Stateful, Sendable {
    private let observation, action, capacity, longest: Int
    /// Rows of one trial each, [steps, width]: observation, what followed with the flag of an end, action, reward.
    private var records: [[Float]] = []
    /// Where the next trial goes once all places are taken.
    private var next = 0

    /// Of at most `capacity` trials of at most `longest` steps.
    package init(observation: Int, action: Int, capacity: Int, longest: Int) {
        (self.observation, self.action, self.capacity, self.longest) = (observation, action, capacity, longest)
    }

    package var count: Int { records.count }
    private var width: Int { 2 * observation + 1 + action + 1 }

    /// Takes all trials of an iteration in, also those that were cut off.
    package mutating func insert(_ trials: BeliefTrials) {
        let copies = trials.copies
        for copy in 0..<copies {
            for times in trials.trials(copy: copy) {
                var record: [Float] = []
                record.reserveCapacity(times.count * width)
                for t in times {
                    let row = t * copies + copy
                    append(trials.observations, row, to: &record)
                    append(trials.outcomes, row, to: &record)
                    append(trials.controls, row, to: &record)
                    record.append(trials.rewards[row])
                }
                insert(record)
            }
        }
    }

    private func append(_ tensor: Tensor, _ row: Int, to record: inout [Float]) {
        let columns = tensor.columns
        tensor.withUnsafeBufferPointer { record.append(contentsOf: $0[row * columns..<(row + 1) * columns]) }
    }

    private mutating func insert(_ record: [Float]) {
        if records.count < capacity {
            records.append(record)
        } else {
            records[next] = record
        }
        next = (next + 1) % capacity
    }

    /// Different trials, at random; all of them where there are not so many.
    package func draw(_ trials: Int, using random: inout RandomStream) -> BeliefBatch {
        var order = Array(records.indices)
        let drawn = (0..<min(trials, order.count)).map { i -> Int in
            order.swapAt(i, i + random.index(below: order.count - i))
            return order[i]
        }
        return batch(drawn.map { records[$0] })
    }

    private func batch(_ records: [[Float]]) -> BeliefBatch {
        let lengths = records.map { $0.count / width }, steps = lengths.max() ?? 0, trials = records.count
        func part(_ columns: Range<Int>, of total: Int) -> Tensor {
            let result = Tensor.zeros([steps * trials, total])
            result.withUnsafeMutableBufferPointer { rows in
                for (trial, record) in records.enumerated() {
                    for t in 0..<lengths[trial] {
                        for (i, column) in columns.enumerated() { rows[(t * trials + trial) * total + i] = record[t * width + column] }
                    }
                }
            }
            return result
        }
        let (first, second, third) = (observation, 2 * observation + 1, 2 * observation + 1 + action)
        return BeliefBatch(lengths: lengths, steps: DecodedSteps(
            observations: part(0..<first, of: observation + 1), actions: part(second..<third, of: action),
            outcomes: part(first..<second, of: observation + 1), rewards: part(third..<width, of: 1)))
    }

    package mutating func codeState(_ coder: StateCoder) throws {
        var lengths = records.map { $0.count / width }, numbers = coder.isRestoring ? [] : records.flatMap { $0 }
        try coder.integers("lengths", &lengths, in: 1...longest)
        guard lengths.count <= capacity else { throw coder.invalid("lengths", "at most \(capacity) trials expected, \(lengths.count) found") }
        try coder.count("next", &next, most: capacity - 1)
        try coder.floats("records", &numbers, shape: [lengths.reduce(0, +) * width])
        guard coder.isRestoring else { return }
        guard numbers.allSatisfy(\.isFinite) else { throw coder.invalid("records", "it holds numbers that are not finite") }
        guard lengths.count == capacity || next == lengths.count else {
            throw coder.invalid("next", "\(lengths.count) expected, since so many places are taken, found \(next)")
        }
        var start = 0
        records = lengths.map { length in
            defer { start += length * width }
            return Array(numbers[start..<start + length * width])
        }
    }
}
