import Environments
import Learning

/// The layout of one stored transition: [observation | action | reward | next observation | terminated], all float32.
public struct TransitionLayout: Sendable, Equatable {
    /// Columns of an observation.
    public let observation: Int
    /// Columns of an action.
    public let action: Int

    public init(observation: Int, action: Int) {
        self.observation = observation
        self.action = action
    }

    /// Floats in a row.
    public var width: Int { 2 * observation + action + 2 }
    var rewardOffset: Int { observation + action }
    var nextOffset: Int { observation + action + 1 }
    var terminatedOffset: Int { 2 * observation + action + 1 }

    /// Floats of a context tuple (s, a, r) or (s, a, r, s'), which are the first floats of a row.
    public func contextWidth(withNext: Bool) -> Int { observation + action + 1 + (withNext ? observation : 0) }
}

/// A mini-batch of transitions, every tensor with one row a transition.
public struct TransitionBatch {
    /// [batch, observation]
    public var observation: Tensor
    /// [batch, action]
    public var action: Tensor
    /// [batch, 1]
    public var reward: Tensor
    /// [batch, observation]
    public var nextObservation: Tensor
    /// [batch, 1]: 1 where the episode terminated (truncation is 0: the bootstrap goes on)
    public var terminated: Tensor

    public init(observation: Tensor, action: Tensor, reward: Tensor, nextObservation: Tensor, terminated: Tensor) {
        self.observation = observation
        self.action = action
        self.reward = reward
        self.nextObservation = nextObservation
        self.terminated = terminated
    }
}

/// A ring of transitions. Appending is O(width), sampling gathers O(batch * width) floats; neither allocates beyond the
/// batch's own pooled tensors.
public final class ReplayBuffer {
    /// What a row holds.
    public let layout: TransitionLayout
    /// Transitions that it holds at most; after that the newest takes the oldest one's place.
    public let capacity: Int
    /// Transitions in it.
    public private(set) var count = 0
    private var next = 0
    private var rows: [Float]

    /// Empty; takes memory as it fills.
    public init(layout: TransitionLayout, capacity: Int) {
        precondition(capacity > 0)
        self.layout = layout
        self.capacity = capacity
        rows = []
    }

    /// Adds one transition: observations [layout.observation], action [layout.action]. `terminated` is false where an episode
    /// was only truncated: the bootstrap goes on.
    public func append(
        observation: UnsafeBufferPointer<Float>, action: [Float], reward: Float,
        nextObservation: UnsafeBufferPointer<Float>, terminated: Bool
    ) {
        let width = layout.width
        if rows.count < (next + 1) * width { grow(toHold: next + 1) }
        rows.withUnsafeMutableBufferPointer { all in
            let row = UnsafeMutableBufferPointer(rebasing: all[next * width..<(next + 1) * width])
            for i in 0..<layout.observation { row[i] = observation[i] }
            for i in 0..<layout.action { row[layout.observation + i] = action[i] }
            row[layout.rewardOffset] = reward
            for i in 0..<layout.observation { row[layout.nextOffset + i] = nextObservation[i] }
            row[layout.terminatedOffset] = terminated ? 1 : 0
        }
        next = (next + 1) % capacity
        count = min(count + 1, capacity)
    }

    /// What `action` at `observation` led to in an environment of one copy.
    public func append(observation: [Float], action: [Float], result: StepBatch) {
        observation.withUnsafeBufferPointer { observation in
            result.observations.withUnsafeBufferPointer { next in
                append(
                    observation: observation, action: action, reward: result.rewards[0], nextObservation: next,
                    terminated: result.terminated[0])
            }
        }
    }

    /// Uniform with replacement.
    public func sample(_ batch: Int, using random: inout RandomStream) -> TransitionBatch {
        precondition(count > 0, "sampling from an empty replay buffer")
        let o = layout.observation, a = layout.action
        let result = TransitionBatch(
            observation: .uninitialized([batch, o]), action: .uninitialized([batch, a]), reward: .uninitialized([batch, 1]),
            nextObservation: .uninitialized([batch, o]), terminated: .uninitialized([batch, 1]))
        rows.withUnsafeBufferPointer { all in
            result.observation.withUnsafeMutableBufferPointer { observation in
            result.action.withUnsafeMutableBufferPointer { action in
            result.reward.withUnsafeMutableBufferPointer { reward in
            result.nextObservation.withUnsafeMutableBufferPointer { nextObservation in
            result.terminated.withUnsafeMutableBufferPointer { terminated in
                for i in 0..<batch {
                    let row = all.baseAddress! + random.index(below: count) * layout.width
                    (observation.baseAddress! + i * o).update(from: row, count: o)
                    (action.baseAddress! + i * a).update(from: row + o, count: a)
                    reward[i] = row[layout.rewardOffset]
                    (nextObservation.baseAddress! + i * o).update(from: row + layout.nextOffset, count: o)
                    terminated[i] = row[layout.terminatedOffset]
                }
            }}}}}
        }
        return result
    }

    /// Context tuples [batch, contextWidth], uniform with replacement.
    public func sampleContext(_ batch: Int, withNext: Bool, using random: inout RandomStream) -> Tensor {
        precondition(count > 0, "sampling from an empty context")
        return gatherContext(batch, withNext: withNext) { _ in random.index(below: count) }
    }

    /// All context tuples, [count, contextWidth].
    public func wholeContext(withNext: Bool) -> Tensor { gatherContext(count, withNext: withNext) { $0 } }

    private func gatherContext(_ batch: Int, withNext: Bool, row index: (Int) -> Int) -> Tensor {
        let columns = layout.contextWidth(withNext: withNext)
        let result = Tensor.uninitialized([batch, columns])
        rows.withUnsafeBufferPointer { all in
            result.withUnsafeMutableBufferPointer { out in
                for i in 0..<batch {
                    (out.baseAddress! + i * columns).update(from: all.baseAddress! + index(i) * layout.width, count: columns)
                }
            }
        }
        return result
    }

    /// Grows by doubling up to the capacity, so that a short run does not pay for a long one's memory.
    private func grow(toHold needed: Int) {
        let held = rows.count / layout.width
        let target = min(capacity, max(needed, 2 * held, 1024))
        rows.append(contentsOf: repeatElement(0, count: (target - held) * layout.width))
    }
}

extension ReplayBuffer {
    /// All transitions as `key`.rows [count, layout.width], and the place of the next one.
    public func store(in state: inout StateDictionary, at key: String) {
        state.store(Array(rows.prefix(count * layout.width)), shape: [count, layout.width], at: "\(key).rows")
        state.store(next, at: "\(key).next")
    }

    /// Throws `StateError` where an entry is missing or does not fit layout and capacity; then nothing is changed.
    public func restore(from state: StateDictionary, at key: String) throws {
        let stored = try state.floats("\(key).rows")
        let position = try state.integer("\(key).next")
        guard stored.count % layout.width == 0, stored.count / layout.width <= capacity else {
            throw StateError.invalid("\(key).rows", "at most \(capacity) rows of \(layout.width) floats expected")
        }
        let held = stored.count / layout.width
        guard held == capacity ? (0..<capacity).contains(position) : position == held else {
            let expected = held == capacity ? "a position below \(capacity)" : "\(held), the rows held,"
            throw StateError.invalid("\(key).next", "\(expected) expected, found \(position)")
        }
        rows = stored
        count = held
        next = position
    }
}
