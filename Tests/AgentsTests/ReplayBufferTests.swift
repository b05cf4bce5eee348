import Agents
import Core
import Environments
import Testing

@Suite struct ReplayBufferTests {
    private func filled(capacity: Int, count: Int) -> ReplayBuffer {
        let buffer = ReplayBuffer(layout: TransitionLayout(observation: 2, action: 1), capacity: capacity)
        for i in 0..<count {
            let x = Float(i)
            [x, -x].withUnsafeBufferPointer { now in
                [x + 1, -x - 1].withUnsafeBufferPointer { next in
                    buffer.append(observation: now, action: [2 * x], reward: 3 * x, nextObservation: next, terminated: i % 2 == 0)
                }
            }
        }
        return buffer
    }

    @Test func samplesAreWholeTransitions() {
        var random = RandomStream(seed: 3)
        let batch = filled(capacity: 100, count: 50).sample(64, using: &random)
        #expect(batch.observation.shape == [64, 2])
        for i in 0..<64 {
            let x = batch.observation.array[2 * i]
            #expect(batch.observation.array[2 * i + 1] == -x)
            #expect(batch.action.array[i] == 2 * x)
            #expect(batch.reward.array[i] == 3 * x)
            #expect(batch.nextObservation.array[2 * i] == x + 1)
            #expect(batch.terminated.array[i] == (Int(x) % 2 == 0 ? 1 : 0))
        }
    }

    /// Batches hold the reward that is learned from, context tuples the environment's; copying a buffer keeps both.
    @Test func twoRewardsAreKeptApart() {
        let layout = TransitionLayout(observation: 1, action: 1, hasLearningReward: true)
        let buffer = ReplayBuffer(layout: layout, capacity: 10), copy = ReplayBuffer(layout: layout, capacity: 10)
        var random = RandomStream(seed: 3)
        for i in 0..<5 {
            var result = StepBatch(copies: 1, observationColumns: 1)
            (result.observations, result.rewards, result.learningRewards) = ([Float(i) + 1], [10 * Float(i)], [-Float(i)])
            buffer.append(observation: [Float(i)], action: [0.5], result: result)
        }
        copy.append(5, of: buffer)
        for buffer in [buffer, copy] {
            let batch = buffer.sample(64, using: &random)
            #expect(batch.reward.array == batch.observation.array.map { -$0 } && Set(batch.reward.array).count == 5)
            #expect(batch.nextObservation.array == batch.observation.array.map { $0 + 1 } && batch.terminated.array.allSatisfy { $0 == 0 })
            let tuples: [[Float]] = [[0, 0.5, 0, 1], [1, 0.5, 10, 2], [2, 0.5, 20, 3], [3, 0.5, 30, 4], [4, 0.5, 40, 5]]
            #expect(buffer.wholeContext(withNext: true).array == Array(tuples.joined()))
        }
    }

    @Test func aFullRingKeepsTheNewest() {
        var random = RandomStream(seed: 3)
        let buffer = filled(capacity: 10, count: 25)
        #expect(buffer.count == 10)
        let seen = Set((0..<20).flatMap { _ in buffer.sample(32, using: &random).observation.columns(0..<1).array })
        #expect(seen == Set((15..<25).map(Float.init)))
    }

    @Test func contextTuplesCarryTheNextObservationWhereDynamicsVary() {
        let buffer = filled(capacity: 10, count: 3)
        #expect(buffer.wholeContext(withNext: false).array == [0, 0, 0, 0, 1, -1, 2, 3, 2, -2, 4, 6])
        #expect(buffer.wholeContext(withNext: true).rows(1..<2).array == [1, -1, 2, 3, 2, -2])
    }

    @Test func aRestoredRingGoesOnAlike() throws {
        let buffer = filled(capacity: 10, count: 25)
        var state = StateDictionary()
        state.store(buffer, at: "replay")
        let restored = ReplayBuffer(layout: buffer.layout, capacity: 10)
        try state.restore(restored, at: "replay")
        var one = RandomStream(seed: 4), two = RandomStream(seed: 4)
        #expect(buffer.sample(16, using: &one).observation.array == restored.sample(16, using: &two).observation.array)
        let small = ReplayBuffer(layout: buffer.layout, capacity: 5)
        #expect(throws: StateError.self) { try state.restore(small, at: "replay") }
        state.store(11, at: "replay/next")
        #expect(throws: StateError.self) { try state.restore(restored, at: "replay") }
    }

    @Test func samplesOfSeveralBuffersAreEachOnesOwnRows() {
        var random = RandomStream(seed: 5)
        let few = filled(capacity: 100, count: 3), many = filled(capacity: 100, count: 60)
        let batch = ReplayBuffer.sample(40, ofEach: [few, many], using: &random)
        #expect(batch.observation.shape == [80, 2] && batch.reward.array == batch.observation.columns(0..<1).array.map { 3 * $0 })
        #expect(batch.reward.array[..<40].max()! <= 6 && batch.reward.array[40...].max()! > 6)
        let tuples = ReplayBuffer.sampleContext(40, ofEach: [many, few], withNext: false, using: &random)
        #expect(tuples.shape == [2, 40, 4])
        #expect(tuples[1].columns(0..<1).array.max()! <= 2 && tuples[0].columns(0..<1).array.max()! > 2)
    }

    @Test func sequencesAreWholeInTheOrderTheyWereMet() {
        var random = RandomStream(seed: 6)
        let source = filled(capacity: 100, count: 7)
        let ring = ReplayBuffer(layout: source.layout, capacity: 8)
        for _ in 0..<3 { ring.append(4, of: source) }
        #expect(ring.count == 8)
        #expect(ring.wholeContext(withNext: true).rows(0..<4).array == source.wholeContext(withNext: true).rows(0..<4).array)
        let other = filled(capacity: 12, count: 12)
        var starts: Set<Float> = []
        for _ in 0..<30 {
            let sequences = ReplayBuffer.sampleSequences(4, ofEach: [ring, other], withNext: false, using: &random)
            #expect(sequences.shape == [4, 2, 4])
            let places = (0..<4).map { sequences[$0].array }
            #expect(places.map { $0[0] } == [0, 1, 2, 3])
            #expect(places.map { $0[4] - places[0][4] } == [0, 1, 2, 3])
            starts.insert(places[0][4])
        }
        #expect(starts == [0, 4, 8])
    }
}
