import Agents
import Core
import Foundation
import Testing

@Suite struct SumTreeTests {
    @Test(arguments: [1, 2, 5, 8, 13]) func everyPositionLiesInTheEntryThatCoversIt(count: Int) {
        var tree = SumTree(capacity: count), random = RandomStream(seed: 3)
        let weights = (0..<count).map { $0 % 3 == 1 ? 0.0 : Double(random.index(below: 9) + 1) }
        for (index, weight) in weights.enumerated() { tree[index] = weight }
        #expect(tree.total == weights.reduce(0, +))
        var start = 0.0
        for (index, weight) in weights.enumerated() where weight > 0 {
            for position in [start, start + weight / 2, start + weight - 0.001] { #expect(tree.index(at: position) == index) }
            start += weight
        }
        // A position that rounding put at the very end, or behind it.
        let last = weights.lastIndex { $0 > 0 }!
        #expect(tree.index(at: tree.total) == last && tree.index(at: tree.total + 1) == last)
    }

    @Test func theOrderOfChangesDoesNotMatterToTheBit() {
        var random = RandomStream(seed: 4), one = SumTree(capacity: 100), other = SumTree(capacity: 100)
        let weights = (0..<100).map { _ in Double(random.uniform()) }
        for index in random.permutation(of: 100) {
            one[index] = 7
            one[index] = weights[index]
        }
        other.fill(weights)
        #expect(one.total == other.total && (0..<100).allSatisfy { one[$0] == other[$0] })
    }

    @Test func memoryIsTakenAsItFills() {
        var tree = SumTree(capacity: 1 << 40)
        for index in [2, 700, 5] { tree[index] = 1 }
        #expect(tree.total == 3 && tree[700] == 1 && tree[1 << 39] == 0)
        #expect([0.5, 1.5, 2.5].map { tree.index(at: $0) } == [2, 5, 700])
    }
}

@Suite struct PrioritizedReplayTests {
    private func replay(_ count: Int, capacity: Int = 64, alpha: Float = 0.6, beta: Float = 0.4) -> PrioritizedReplay {
        let replay = PrioritizedReplay(observationSize: 2, capacity: capacity, priorityExponent: alpha, importanceExponent: beta)
        for i in 0..<count {
            let numbers = [Float(i), -Float(i), Float(i) + 0.5, -Float(i) - 0.5]
            numbers.withUnsafeBufferPointer {
                replay.append(
                    observation: $0.baseAddress!, action: i % 3, discountedReturn: 10 * Float(i), nextObservation: $0.baseAddress! + 2,
                    bootstrap: Float(i) / 100)
            }
        }
        return replay
    }

    private func prioritize(_ replay: PrioritizedReplay, _ errors: [Float]) {
        var batch = ValueBatch(uninitialized: errors.count, observation: 2)
        batch.index = Array(errors.indices)
        errors.withUnsafeBufferPointer { replay.update(batch, errors: $0) }
    }

    @Test func aRowComesBackAsItWentIn() {
        let replay = replay(70)
        var batch = ValueBatch(uninitialized: 200, observation: 2), random = RandomStream(seed: 1)
        replay.sample(into: &batch, using: &random)
        let observations = batch.observation.array, following = batch.nextObservation.array
        for row in 0..<200 {
            let i = observations[2 * row]
            #expect((6..<70).contains(Int(i)), "the oldest six were replaced")
            #expect(observations[2 * row + 1] == -i && following[2 * row] == i + 0.5 && following[2 * row + 1] == -i - 0.5)
            #expect(batch.action[row] == Int(i) % 3 && batch.discountedReturn.array[row] == 10 * i && batch.bootstrap.array[row] == i / 100)
        }
    }

    /// The distribution is exact: (error + 1e-7)^0.6 over its sum. Chi-square over 10 cells, 99.9 % below 27.9.
    @Test func drawsFollowThePriorities() {
        let replay = replay(10), errors = (0..<10).map { Float($0 * $0) / 10 + 0.01 }
        prioritize(replay, errors)
        let weights = errors.map { pow(Double($0) + 1e-7, Double(Float(0.6))) }, total = weights.reduce(0, +)
        for i in 0..<10 { #expect(abs(replay[priority: i] - weights[i]) < 1e-12) }
        var batch = ValueBatch(uninitialized: 1000, observation: 2), random = RandomStream(seed: 5), counts = [Int](repeating: 0, count: 10)
        for _ in 0..<200 {
            replay.sample(into: &batch, using: &random)
            for index in batch.index { counts[index] += 1 }
        }
        let chi = (0..<10).reduce(0.0) { sum, i in
            let expected = 200_000 * weights[i] / total
            return sum + pow(Double(counts[i]) - expected, 2) / expected
        }
        #expect(chi < 27.9)
        let smallest = batch.index.map { weights[$0] }.min()!
        for (row, index) in batch.index.enumerated() {
            #expect(abs(Double(batch.weight.array[row]) - pow(weights[index] / smallest, -0.4)) < 1e-6)
        }
    }

    @Test func newTransitionsHaveTheLargestPrioritySoFar() {
        let replay = replay(3)
        #expect((0..<3).allSatisfy { replay[priority: $0] == 1 })
        prioritize(replay, [4, 0.1, 0.1])
        prioritize(replay, [0.2, 0.1, 0.1])
        let zero: [Float] = [0, 0]
        zero.withUnsafeBufferPointer {
            replay.append(observation: $0.baseAddress!, action: 0, discountedReturn: 0, nextObservation: $0.baseAddress!, bootstrap: 0)
        }
        #expect(abs(replay[priority: 3] - pow(4, 0.6)) < 1e-6)
    }

    @Test func withoutExponentsDrawsAreUniformAndWeighTheSame() {
        let replay = replay(4, alpha: 0, beta: 0.4)
        prioritize(replay, [9, 1, 0.01, 3])
        #expect((0..<4).allSatisfy { replay[priority: $0] == 1 })
        var batch = ValueBatch(uninitialized: 8, observation: 2), random = RandomStream(seed: 5)
        replay.sample(into: &batch, using: &random)
        #expect(batch.weight.array.allSatisfy { $0 == 1 })
    }

    @Test(arguments: [40, 70]) func aRestoredReplayDrawsTheSame(count: Int) throws {
        let one = replay(count), other = replay(3)
        prioritize(one, (0..<30).map { Float($0) })
        try StateCoder.restore(StateCoder.save(one), other)
        var a = ValueBatch(uninitialized: 50, observation: 2), b = a, first = RandomStream(seed: 6), second = first
        one.sample(into: &a, using: &first)
        other.sample(into: &b, using: &second)
        #expect(a.index == b.index && a.weight.array == b.weight.array && a.observation.array == b.observation.array)
        var state = StateCoder.save(one)
        state.store([Double](repeating: -1, count: min(count, 64)), at: "priorities")
        #expect(throws: StateError.self) { try StateCoder.restore(state, other) }
    }
}
