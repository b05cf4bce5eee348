import Agents
import Core
import Foundation
import Learning
import MetaCURE
import TestEnvironments
import Testing

@Suite struct BeliefTests {
    private func encoder(inputs: Int) -> RecurrentEncoder {
        var random = RandomStream(seed: 1)
        return RecurrentEncoder(inputs: inputs, recurrentSize: 6, hidden: [5], latentSize: 2, using: &random)
    }

    private func expectClose(_ found: [Float], _ expected: [Float]) {
        #expect(found.count == expected.count)
        for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
    }

    /// Acting in an environment and training on what was stored of it infer the same.
    @Test(arguments: [1, 3]) func theBeliefWhileExploringIsThatOfTheStoredContext(interval: Int) throws {
        let encoder = encoder(inputs: 6)
        var belief = Belief(encoder: encoder, interval: interval, contextHasNext: true)
        expectClose(belief.meanAndVariance, [0, 0, 1, 1])
        let context = ReplayBuffer(layout: TransitionLayout(observation: 2, action: 1), capacity: 100)
        var player = EpisodePlayer(PointEnvironment(direction: 1)), random = RandomStream(seed: 2)
        var met: [[Float]] = []
        for _ in 0..<2 {
            _ = try player.play(
                UniformPolicy(), mode: .stochastic, using: &random,
                observe: { observation, action, result in
                    guard belief.observe(observation, action, result) else { return }
                    context.append(observation: observation, action: action, result: result)
                    met.append(belief.meanAndVariance)
                })
        }
        let count = (40 + interval - 1) / interval
        #expect(context.count == count)
        let beliefs = encoder(ReplayBuffer.sampleSequences(count, ofEach: [context, context], withNext: true, using: &random))
        for (index, expected) in met.enumerated() {
            for task in 0..<2 {
                let found = beliefs.gathered(tasks: [task], tuples: [index + 1])
                expectClose(found.mean.array + found.variance.array, expected)
            }
        }
    }

    @Test func rowsGetTheirOwnTasksBeliefAndThePriorBeforeAnyTuple() {
        let encoder = encoder(inputs: 3)
        var random = RandomStream(seed: 3)
        let first = Tensor.normal([4, 1, 3], using: &random), second = Tensor.normal([4, 1, 3], using: &random)
        let interleaved = (0..<4).map { concatenatedRows([first[$0], second[$0]]) }
        let both = encoder(stacked(interleaved))
        let rows = both.gathered(tasks: [0, 1, 1, 0], tuples: [0, 4, 2, 4])
        expectClose(Array(rows.mean.array[0..<2]) + Array(rows.variance.array[0..<2]), [0, 0, 1, 1])
        let alone = [encoder(first), encoder(second)]
        for (row, task, tuples) in [(1, 1, 4), (2, 1, 2), (3, 0, 4)] {
            let expected = alone[task].gathered(tasks: [0], tuples: [tuples])
            expectClose(rows.mean[row].array, expected.mean.array)
            expectClose(rows.variance[row].array, expected.variance.array)
        }
        // The mean over 8 beliefs of KL(N(m, v) || N(0, 1)) = (v + m^2 - 1 - log v) / 2, summed over z.
        let all = both.gathered(tasks: [0, 0, 0, 0, 1, 1, 1, 1], tuples: [1, 2, 3, 4, 1, 2, 3, 4])
        let divergence = zip(all.mean.array, all.variance.array).reduce(0.0) { sum, belief in
            let (m, v) = (Double(belief.0), Double(belief.1))
            return sum + (v + m * m - 1 - log(v)) / 2
        } / 8
        #expect(abs(Double(both.divergence.scalar) - divergence) < 1e-5)
    }

    @Test func aPredictorsErrorIsTheRewardsSquarePlusTheMeanSquareOfTheNextObservation() {
        var random = RandomStream(seed: 4)
        let predictor = Predictor(inputs: 3, hidden: [4], transition: 2, using: &random)
        for (_, parameter) in predictor.namedParameters { parameter.copy(from: Array(repeating: 0, count: parameter.count)) }
        predictor.reward.layers[1].bias.copy(from: [1])
        predictor.transition?.layers[1].bias.copy(from: [0.5, -1])
        let reward = Tensor([3, 1], shape: [2, 1]), next = Tensor([1.5, 1, 0.5, -1], shape: [2, 2])
        #expect(predictor.squaredError(.ones([2, 3]), reward: reward, next: next).array == [4 + (1 + 4) / 2, 0])
        let rewardOnly = Predictor(inputs: 3, hidden: [4], transition: nil, using: &random)
        #expect(rewardOnly.parameters.count == 4)
    }
}
