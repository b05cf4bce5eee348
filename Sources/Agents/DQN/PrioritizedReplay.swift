import Core
import Foundation
import Learning

/// A mini-batch for Q-learning, one row a transition. The buffers are written again by the next draw.
public struct ValueBatch: Sendable {
    /// [batch, observation]
    public var observation: Tensor
    /// [batch]: the number of the action that was taken.
    public var action: [Int]
    /// [batch, 1]: the discounted sum of the rewards up to the next observation.
    public var discountedReturn: Tensor
    /// [batch, observation]: where the transition ends, up to n steps later.
    public var nextObservation: Tensor
    /// [batch, 1]: the factor of the next observation's value, discount^n; 0 where the episode terminated before.
    public var bootstrap: Tensor
    /// [batch, 1]: importance weights, the largest of them 1.
    public var weight: Tensor
    /// [batch]: where the replay keeps them.
    package var index: [Int]

    /// Contents undefined until written.
    public init(uninitialized batch: Int, observation columns: Int) {
        observation = .uninitialized([batch, columns])
        action = Array(repeating: 0, count: batch)
        discountedReturn = .uninitialized([batch, 1])
        nextObservation = .uninitialized([batch, columns])
        bootstrap = .uninitialized([batch, 1])
        weight = .uninitialized([batch, 1])
        index = action
    }

    public var count: Int { action.count }
}

/// Prioritised experience replay (Schaul et al. 2016, proportional form): a ring of transitions, each drawn with a probability in proportion
/// to its priority. With an exponent of 0 all are equally likely.
///
/// Appending is O(width + log capacity) and a draw O(batch * (width + log capacity)); once it is full, neither allocates anything.
public final class PrioritizedReplay {
    /// Columns of an observation.
    public let observationSize: Int
    /// Largest number of transitions; after that the newest replaces the oldest.
    public let capacity: Int
    /// Transitions in it.
    public private(set) var count = 0
    private var next = 0
    /// [observation | action | return | next observation | bootstrap], all float32.
    private var rows: [Float] = []
    private var priorities: SumTree
    /// That of new transitions: the largest so far, 1 at first.
    private var largest = 1.0
    /// Exponent of the error (alpha) and of the importance weights (beta).
    private let priorityExponent, importanceExponent: Double

    /// Added to every error, so that no transition is lost.
    package static let smallestError = 1e-7

    /// Empty. Rows and priorities take memory as it fills.
    public init(observationSize: Int, capacity: Int, priorityExponent: Float, importanceExponent: Float) {
        self.observationSize = observationSize
        self.capacity = capacity
        self.priorityExponent = Double(priorityExponent)
        self.importanceExponent = Double(importanceExponent)
        priorities = SumTree(capacity: capacity)
    }

    private var width: Int { 2 * observationSize + 3 }

    /// Adds a transition at the largest priority so far. Observations are [observation columns].
    public func append(
        observation: UnsafePointer<Float>, action: Int, discountedReturn: Float, nextObservation: UnsafePointer<Float>, bootstrap: Float
    ) {
        let width = width, o = observationSize
        if rows.count < (next + 1) * width { grow(toHold: next + 1) }
        rows.withUnsafeMutableBufferPointer { all in
            guard let row = all.baseAddress.map({ $0 + next * width }) else { return }
            row.update(from: observation, count: o)
            row[o] = Float(action)
            row[o + 1] = discountedReturn
            (row + o + 2).update(from: nextObservation, count: o)
            row[2 * o + 2] = bootstrap
        }
        priorities[next] = largest
        next = (next + 1) % capacity
        count = min(count + 1, capacity)
    }

    /// Grows by doubling up to the capacity, so that short runs need little memory.
    private func grow(toHold needed: Int) {
        let held = rows.count / width, target = min(capacity, max(needed, 2 * held, 1024))
        rows.append(contentsOf: repeatElement(0, count: (target - held) * width))
    }

    /// Draws all rows of `batch`, independently of one another. An importance weight is (p / smallest p of the batch)^-beta.
    public func sample(into batch: inout ValueBatch, using random: inout RandomStream) {
        precondition(count > 0, "sampling from an empty replay buffer")
        for i in batch.index.indices {
            let fraction = Double(random.next() >> 11) * 0x1p-53
            batch.index[i] = priorities.index(at: fraction * priorities.total)
        }
        gather(into: &batch)
        weigh(&batch)
    }

    private func gather(into batch: inout ValueBatch) {
        let width = width, o = observationSize, index = batch.index
        batch.observation.withUnsafeMutableBufferPointer { observation in
        batch.nextObservation.withUnsafeMutableBufferPointer { nextObservation in
        batch.discountedReturn.withUnsafeMutableBufferPointer { discountedReturn in
        batch.bootstrap.withUnsafeMutableBufferPointer { bootstrap in
        rows.withUnsafeBufferPointer { all in
            guard let first = all.baseAddress, let from = observation.baseAddress, let to = nextObservation.baseAddress else { return }
            for i in index.indices {
                let row = first + index[i] * width
                (from + i * o).update(from: row, count: o)
                batch.action[i] = Int(row[o])
                discountedReturn[i] = row[o + 1]
                (to + i * o).update(from: row + o + 2, count: o)
                bootstrap[i] = row[2 * o + 2]
            }
        }}}}}
    }

    private func weigh(_ batch: inout ValueBatch) {
        var smallest = Double.infinity
        for i in batch.index.indices { smallest = min(smallest, priorities[batch.index[i]]) }
        batch.weight.withUnsafeMutableBufferPointer { weight in
            for i in weight.indices { weight[i] = Self.importance(priorities[batch.index[i]], smallest: smallest, importanceExponent) }
        }
    }

    /// The importance weight of a priority, relative to the largest weight of its batch.
    package static func importance(_ priority: Double, smallest: Double, _ exponent: Double) -> Float { Float(pow(priority / smallest, -exponent)) }

    /// The priority of an absolute error: (error + 1e-7)^alpha.
    package static func priority(ofError error: Double, _ exponent: Double) -> Double { pow(error + smallestError, exponent) }

    /// New priorities for the transitions of a batch, from their absolute errors [batch]. Of one that was drawn twice, the last error counts.
    public func update(_ batch: ValueBatch, errors: UnsafeBufferPointer<Float>) {
        precondition(errors.count == batch.count, "\(errors.count) errors for \(batch.count) transitions")
        for i in errors.indices {
            let priority = Self.priority(ofError: Double(errors[i]), priorityExponent)
            priorities[batch.index[i]] = priority
            largest = max(largest, priority)
        }
    }

    /// The priority of a transition by its place.
    package subscript(priority index: Int) -> Double { priorities[index] }
}

extension PrioritizedReplay: StatefulObject {
    /// All transitions with their priorities, the largest priority so far, and the place of the next transition.
    public func codeState(_ coder: StateCoder) throws {
        var stored = coder.isRestoring ? [] : Array(rows.prefix(count * width)), position = next, largest = largest
        var weights = coder.isRestoring ? [] : (0..<count).map { priorities[$0] }
        try coder.floats("rows", &stored, shape: coder.isRestoring ? nil : [count, width])
        guard stored.count.isMultiple(of: width), stored.count / width <= capacity else {
            throw coder.invalid("rows", "at most \(capacity) rows of \(width) floats expected")
        }
        let held = stored.count / width
        try coder.doubles("priorities", &weights, count: held, areFinite: true)
        try coder.double("largest", &largest)
        guard weights.allSatisfy({ $0 > 0 }), largest > 0, largest.isFinite else {
            throw coder.invalid("priorities", "finite numbers above 0 expected")
        }
        try coder.integer("next", &position, in: held == capacity ? 0...capacity - 1 : held...held)
        guard coder.isRestoring else { return }
        rows = stored
        count = held
        next = position
        self.largest = largest
        priorities.fill(weights)
    }
}
