import Environments
import Foundation
import Testing

@Suite struct SpaceTests {
    @Test func discreteValuesBecomeOneHotVectorsSideBySide() {
        #expect(SpaceEncoder(.discrete(count: 3)).encoded([2, 0]) == [0, 0, 1, 1, 0, 0])
        let encoder = SpaceEncoder(.multiDiscrete(counts: [2, 3]))
        #expect(encoder.columns == 5)
        #expect(encoder.encoded([1, 0, 0, 2]) == [0, 1, 1, 0, 0, 1, 0, 0, 0, 1])
        #expect(SpaceEncoder(.unbounded(2)).encoded([0.5, -3]) == [0.5, -3])
    }

    @Test func anOutputIsUsedAgainAndLeavesNothingBehind() {
        let encoder = SpaceEncoder(.discrete(count: 4))
        var output: [Float] = Array(repeating: 7, count: 8)
        encoder.encode([3, 1], into: &output)
        #expect(output == [0, 0, 0, 1, 0, 1, 0, 0])
    }

    @Test func valuesOfADiscreteSpaceAreNumberedOnceEach() {
        let space = Space.multiDiscrete(counts: [4, 2, 3])
        var numbers: [Int] = []
        for a in 0..<4 { for b in 0..<2 { for c in 0..<3 { numbers.append(space.index(of: [Float(a), Float(b), Float(c)])) } } }
        #expect(numbers == Array(0..<24) && space.valueCount == 24)
        #expect(Space.discrete(count: 9).index(of: [5]) == 5)
        #expect(Space.unbounded(1).valueCount == nil)
        #expect(Space.multiDiscrete(counts: Array(repeating: 1 << 20, count: 4)).valueCount == nil)
    }

    @Test func aDescriptionIsReadBackAsItWasWritten() throws {
        let description = EnvironmentDescription(
            observation: .multiDiscrete(counts: [8, 8]), action: .discrete(count: 3), episodeLimit: 15, dynamicsVary: false, timeStep: 0,
            masksActions: true)
        let data = try JSONEncoder().encode(description)
        #expect(try JSONDecoder().decode(EnvironmentDescription.self, from: data) == description)
    }

    @Test func aBatchHasMasksOnlyWhereTheEnvironmentHas() {
        var description = EnvironmentDescription(
            observation: .discrete(count: 2), action: .discrete(count: 3), episodeLimit: 9, dynamicsVary: false, timeStep: 0)
        #expect(StepBatch(copies: 2, description: description).actionMasks.isEmpty)
        description.masksActions = true
        #expect(StepBatch(copies: 2, description: description).actionMasks.count == 6)
    }
}
