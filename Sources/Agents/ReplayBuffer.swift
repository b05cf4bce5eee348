import Core
import Environments
import Learning

/// The layout of one stored transition: [observation | action | reward | next observation | terminated], all float32. Where an environment
/// has a learning reward, it follows as one more column, and where action masks are kept, those of both states follow. Context tuples hold the
/// environment's reward, batches of transitions the learning reward: what an agent adapts on and what it learns from.
public struct TransitionLayout: Sendable, Equatable {
    /// Columns of an observation.
    public let observation: Int
    /// Columns of an action.
    public let action: Int
    /// Whether a row holds a learning reward besides the environment's.
    public let hasLearningReward: Bool
    /// Columns of a state's action mask; 0 where none is kept.
    public let actionMask: Int

    public init(observation: Int, action: Int, hasLearningReward: Bool = false, actionMask: Int = 0) {
        self.observation = observation
        self.action = action
        self.hasLearningReward = hasLearningReward
        self.actionMask = actionMask
    }

    /// Of an environment's transitions as networks read them: encoded, see `SpaceEncoder`. `keepsMasks` has a meaning only where actions are
    /// masked.
    public init(_ environment: EnvironmentDescription, keepsMasks: Bool = false) {
        let actions = SpaceEncoder(environment.action).columns
        self.init(
            observation: SpaceEncoder(environment.observation).columns, action: actions, hasLearningReward: environment.hasLearningReward,
            actionMask: keepsMasks && environment.masksActions ? actions : 0)
    }

    /// Floats in a row.
    public var width: Int { maskOffset + 2 * actionMask }
    /// The reward that is learned from.
    var learningRewardOffset: Int { hasLearningReward ? 2 * observation + action + 2 : rewardOffset }
    var rewardOffset: Int { observation + action }
    var nextOffset: Int { observation + action + 1 }
    var terminatedOffset: Int { 2 * observation + action + 1 }
    /// Of the mask of the state that was acted in; that of the next state follows.
    var maskOffset: Int { 2 * observation + action + (hasLearningReward ? 3 : 2) }

    /// Floats of a context tuple (s, a, r) or (s, a, r, s'), which are the first floats of a row.
    public func contextWidth(withNext: Bool) -> Int { observation + action + 1 + (withNext ? observation : 0) }
}

/// A mini-batch of transitions, every tensor with one row a transition.
public struct TransitionBatch: Sendable {
    /// [batch, observation]
    public var observation: Tensor
    /// [batch, action]
    public var action: Tensor
    /// [batch, 1]: the environment's learning reward where it has one, else its reward
    public var reward: Tensor
    /// [batch, observation]
    public var nextObservation: Tensor
    /// [batch, 1]: 1 where the episode terminated (0 for a truncated one, whose next state still has a value)
    public var terminated: Tensor
    /// [batch, actions]: 1 where an action exists in the state that was acted in, else 0; nil where masks are not kept.
    public var actionMask: Tensor?
    /// The same of the next state. Nothing is to be read from the row of a terminated transition.
    public var nextActionMask: Tensor?

    public init(
        observation: Tensor, action: Tensor, reward: Tensor, nextObservation: Tensor, terminated: Tensor, actionMask: Tensor? = nil,
        nextActionMask: Tensor? = nil
    ) {
        self.observation = observation
        self.action = action
        self.reward = reward
        self.nextObservation = nextObservation
        self.terminated = terminated
        self.actionMask = actionMask
        self.nextActionMask = nextActionMask
    }

    init(uninitialized batch: Int, _ layout: TransitionLayout) {
        self.init(
            observation: .uninitialized([batch, layout.observation]), action: .uninitialized([batch, layout.action]),
            reward: .uninitialized([batch, 1]), nextObservation: .uninitialized([batch, layout.observation]),
            terminated: .uninitialized([batch, 1]))
    }
}

/// A ring of transitions. Appending is O(width), sampling gathers O(batch * width) floats; neither allocates anything but
/// the batch's pooled tensors.
public final class ReplayBuffer {
    /// What a row holds.
    public let layout: TransitionLayout
    /// Largest number of transitions; after that the newest replaces the oldest.
    public let capacity: Int
    /// Transitions in it.
    public private(set) var count = 0
    private var next = 0
    private var rows: [Float]
    /// Of discrete observations and actions; nil where rows are stored as they are.
    private let encoders: (observation: SpaceEncoder, action: SpaceEncoder)?

    /// Empty; takes memory as it fills.
    public convenience init(layout: TransitionLayout, capacity: Int) { self.init(layout: layout, capacity: capacity, encoders: nil) }

    /// The same for transitions of an environment: discrete observations and actions are encoded as they are appended.
    public convenience init(of environment: EnvironmentDescription, keepsMasks: Bool = false, capacity: Int) {
        let layout = TransitionLayout(environment, keepsMasks: keepsMasks), isStoredAsItIs: Bool
        if case (.box, .box) = (environment.observation, environment.action) { isStoredAsItIs = true } else { isStoredAsItIs = false }
        self.init(
            layout: layout, capacity: capacity,
            encoders: isStoredAsItIs ? nil : (SpaceEncoder(environment.observation), SpaceEncoder(environment.action)))
    }

    private init(layout: TransitionLayout, capacity: Int, encoders: (observation: SpaceEncoder, action: SpaceEncoder)?) {
        precondition(capacity > 0)
        self.layout = layout
        self.capacity = capacity
        self.encoders = encoders
        rows = []
    }

    /// Adds one transition: observations [layout.observation], action [layout.action]. `terminated` is false if an episode
    /// was only truncated: its next state still has a value. `learningReward` is stored where the layout has a column for it, masks
    /// [layout.actionMask] where it has columns for them.
    public func append(
        observation: UnsafeBufferPointer<Float>, action: [Float], reward: Float, learningReward: Float = 0,
        nextObservation: UnsafeBufferPointer<Float>, terminated: Bool, actionMask: [Bool] = [], nextActionMask: [Bool] = []
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
            if layout.hasLearningReward { row[layout.learningRewardOffset] = learningReward }
            for i in 0..<layout.actionMask {
                row[layout.maskOffset + i] = actionMask[i] ? 1 : 0
                row[layout.maskOffset + layout.actionMask + i] = nextActionMask[i] ? 1 : 0
            }
        }
        next = (next + 1) % capacity
        count = min(count + 1, capacity)
    }

    /// What `action` at `observation`, where the actions of `actionMask` existed, led to in an environment of one copy.
    public func append(observation: [Float], action: [Float], actionMask: [Bool] = [], result: StepBatch) {
        guard let encoders else {
            return append(encoded: observation, action: action, next: result.observations, actionMask: actionMask, result: result)
        }
        append(
            encoded: encoders.observation.encoded(observation), action: encoders.action.encoded(action),
            next: encoders.observation.encoded(result.observations), actionMask: actionMask, result: result)
    }

    private func append(encoded observation: [Float], action: [Float], next: [Float], actionMask: [Bool], result: StepBatch) {
        observation.withUnsafeBufferPointer { observation in
            next.withUnsafeBufferPointer { next in
                append(
                    observation: observation, action: action, reward: result.rewards[0],
                    learningReward: result.learningRewards.first ?? result.rewards[0], nextObservation: next, terminated: result.terminated[0],
                    actionMask: actionMask, nextActionMask: result.actionMasks)
            }
        }
    }

    /// Adds the first `count` transitions of another buffer of the same layout.
    public func append(_ count: Int, of other: ReplayBuffer) {
        precondition(
            other.layout == layout && layout.actionMask == 0 && count <= other.count, "\(count) transitions of the same layout expected")
        let o = layout.observation
        other.rows.withUnsafeBufferPointer { all in
            for i in 0..<count {
                let row = UnsafeBufferPointer(rebasing: all[i * layout.width..<(i + 1) * layout.width])
                append(
                    observation: UnsafeBufferPointer(rebasing: row[..<o]), action: Array(row[o..<o + layout.action]),
                    reward: row[layout.rewardOffset], learningReward: row[layout.learningRewardOffset],
                    nextObservation: UnsafeBufferPointer(rebasing: row[layout.nextOffset..<layout.nextOffset + o]),
                    terminated: row[layout.terminatedOffset] == 1)
            }
        }
    }

    /// Removes all transitions and keeps the memory.
    public func removeAll() {
        count = 0
        next = 0
    }

    /// Uniform with replacement.
    public func sample(_ batch: Int, using random: inout RandomStream) -> TransitionBatch {
        Self.sample(batch, ofEach: [self], using: &random)
    }

    /// `batch` transitions of each buffer, uniform with replacement, one buffer's rows after another's: [buffers * batch, ...].
    public static func sample(_ batch: Int, ofEach buffers: [ReplayBuffer], using random: inout RandomStream) -> TransitionBatch {
        let layout = buffers[0].layout, o = layout.observation, a = layout.action
        var result = TransitionBatch(uninitialized: buffers.count * batch, layout), masks: [Float] = []
        result.observation.withUnsafeMutableBufferPointer { observation in
        result.action.withUnsafeMutableBufferPointer { action in
        result.reward.withUnsafeMutableBufferPointer { reward in
        result.nextObservation.withUnsafeMutableBufferPointer { nextObservation in
        result.terminated.withUnsafeMutableBufferPointer { terminated in
            for (place, buffer) in buffers.enumerated() {
                precondition(buffer.count > 0, "sampling from an empty replay buffer")
                buffer.rows.withUnsafeBufferPointer { all in
                    for i in place * batch..<(place + 1) * batch {
                        let row = all.baseAddress! + random.index(below: buffer.count) * layout.width
                        (observation.baseAddress! + i * o).update(from: row, count: o)
                        (action.baseAddress! + i * a).update(from: row + o, count: a)
                        reward[i] = row[layout.learningRewardOffset]
                        (nextObservation.baseAddress! + i * o).update(from: row + layout.nextOffset, count: o)
                        terminated[i] = row[layout.terminatedOffset]
                        if layout.actionMask > 0 {
                            masks += UnsafeBufferPointer(start: row + layout.maskOffset, count: 2 * layout.actionMask)
                        }
                    }
                }
            }
        }}}}}
        if layout.actionMask > 0 {
            let both = Tensor(masks, shape: [buffers.count * batch, 2 * layout.actionMask])
            result.actionMask = both.columns(0..<layout.actionMask)
            result.nextActionMask = both.columns(layout.actionMask..<2 * layout.actionMask)
        }
        return result
    }

    /// Context tuples [batch, contextWidth], uniform with replacement.
    public func sampleContext(_ batch: Int, withNext: Bool, using random: inout RandomStream) -> Tensor {
        let tuples = Self.sampleContext(batch, ofEach: [self], withNext: withNext, using: &random)
        return tuples.reshaped([batch, tuples.columns])
    }

    /// `batch` context tuples of each buffer, uniform with replacement: [buffers, batch, contextWidth].
    public static func sampleContext(
        _ batch: Int, ofEach buffers: [ReplayBuffer], withNext: Bool, using random: inout RandomStream
    ) -> Tensor {
        let columns = buffers[0].layout.contextWidth(withNext: withNext)
        let result = Tensor.uninitialized([buffers.count, batch, columns])
        result.withUnsafeMutableBufferPointer { out in
            for (place, buffer) in buffers.enumerated() {
                precondition(buffer.count > 0, "sampling from an empty context")
                let own = UnsafeMutableBufferPointer(rebasing: out[place * batch * columns..<(place + 1) * batch * columns])
                buffer.gather(batch, columns, into: own) { _ in random.index(below: buffer.count) }
            }
        }
        return result
    }

    /// A sequence of context tuples of each buffer, drawn uniformly, in the order they were met: [length, buffers, contextWidth].
    /// For buffers that were filled with whole sequences of `length` only and have room for a whole number of them.
    public static func sampleSequences(
        _ length: Int, ofEach buffers: [ReplayBuffer], withNext: Bool, using random: inout RandomStream
    ) -> Tensor {
        let columns = buffers[0].layout.contextWidth(withNext: withNext)
        let result = Tensor.uninitialized([length, buffers.count, columns])
        result.withUnsafeMutableBufferPointer { out in
            for (place, buffer) in buffers.enumerated() {
                precondition(buffer.count >= length && buffer.count.isMultiple(of: length), "whole sequences of \(length) expected")
                let first = length * random.index(below: buffer.count / length)
                for t in 0..<length {
                    let start = (t * buffers.count + place) * columns
                    let to = UnsafeMutableBufferPointer(rebasing: out[start..<start + columns])
                    buffer.gather(1, columns, into: to) { _ in first + t }
                }
            }
        }
        return result
    }

    /// All context tuples, [count, contextWidth], in the order of their rows.
    public func wholeContext(withNext: Bool) -> Tensor {
        let columns = layout.contextWidth(withNext: withNext)
        let result = Tensor.uninitialized([count, columns])
        result.withUnsafeMutableBufferPointer { gather(count, columns, into: $0) { $0 } }
        return result
    }

    /// The context tuples of the latest `length` transitions, oldest first: [length, width].
    public func latestContext(_ length: Int, withNext: Bool) -> Tensor {
        precondition(length <= count, "at most \(count) transitions expected")
        let columns = layout.contextWidth(withNext: withNext)
        let result = Tensor.uninitialized([length, columns])
        result.withUnsafeMutableBufferPointer { gather(length, columns, into: $0) { (next - length + $0 + capacity) % capacity } }
        return result
    }

    /// The first `columns` of rows, by index.
    private func gather(_ batch: Int, _ columns: Int, into out: UnsafeMutableBufferPointer<Float>, row index: (Int) -> Int) {
        guard let to = out.baseAddress else { return }
        rows.withUnsafeBufferPointer { all in
            for i in 0..<batch {
                (to + i * columns).update(from: all.baseAddress! + index(i) * layout.width, count: columns)
            }
        }
    }

    /// Grows by doubling up to the capacity, so that short runs need little memory.
    private func grow(toHold needed: Int) {
        let held = rows.count / layout.width
        let target = min(capacity, max(needed, 2 * held, 1024))
        rows.append(contentsOf: repeatElement(0, count: (target - held) * layout.width))
    }
}

extension ReplayBuffer: StatefulObject {
    /// All transitions, rows [count, layout.width], and the place of the next one.
    public func codeState(_ coder: StateCoder) throws {
        var stored = coder.isRestoring ? [] : Array(rows.prefix(count * layout.width)), position = next
        try coder.floats("rows", &stored, shape: coder.isRestoring ? nil : [count, layout.width])
        guard stored.count.isMultiple(of: layout.width), stored.count / layout.width <= capacity else {
            throw coder.invalid("rows", "at most \(capacity) rows of \(layout.width) floats expected")
        }
        let held = stored.count / layout.width
        try coder.integer("next", &position, in: held == capacity ? 0...capacity - 1 : held...held)
        guard coder.isRestoring else { return }
        rows = stored
        count = held
        next = position
    }
}
