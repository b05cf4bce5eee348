import Agents
import Core
import Foundation
import Learning
import Testing

/// The posterior, and what teaches it.
@Suite struct InferenceTests {
    private static let latentSize = 2, observation = 3, action = 2

    private func encoder(_ random: inout RandomStream) -> ContextEncoder {
        ContextEncoder(inputs: 6, hidden: [8], latentSize: Self.latentSize, using: &random)
    }

    /// Precisions of the factors add up, so variances fall as 1 / (number of tuples) where tuples are alike.
    @Test func thePosteriorContractsWithMoreContext() {
        var random = RandomStream(seed: 1)
        let encoder = encoder(&random)
        let tuples = Tensor.normal([40, 6], using: &random)
        let variances = [1, 5, 40].map { encoder(tuples.rows(0..<$0)).variance.array }
        for z in 0..<Self.latentSize {
            #expect(variances[0][z] > variances[1][z] && variances[1][z] > variances[2][z])
        }
        let one = encoder(tuples.rows(0..<1)), ten = encoder(tuples.gatheredRows(Array(repeating: 0, count: 10)))
        for z in 0..<Self.latentSize {
            #expect(abs(ten.variance.array[z] - one.variance.array[z] / 10) < 1e-6)
            #expect(abs(ten.mean.array[z] - one.mean.array[z]) < 1e-5)
        }
    }

    @Test func aStackOfTasksGivesEachTasksOwnPosterior() {
        var random = RandomStream(seed: 1)
        let encoder = encoder(&random)
        let first = Tensor.normal([7, 6], using: &random), second = Tensor.normal([7, 6], using: &random)
        let both = encoder(stacked([first, second]))
        #expect(both.mean.shape == [2, Self.latentSize])
        let separate = [encoder(first), encoder(second)]
        for (found, expected) in [
            (both.mean.array, separate.flatMap(\.mean.array)), (both.variance.array, separate.flatMap(\.variance.array)),
        ] {
            for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-5) }
        }
        let rows = both.mean.repeatedRows(3).array
        #expect(rows == [0, 0, 0, 1, 1, 1].flatMap { both.mean[$0].array })
    }

    private func learner(_ random: inout RandomStream) -> LatentActorCritic {
        LatentActorCritic(
            LatentActorCriticOptions(
                observation: Self.observation, action: Self.action, latent: Self.latentSize, hidden: [8], learningRate: 1e-3,
                discount: 0.9, targetRate: 0.01, rewardScale: 2, policyRegularization: 1e-3, entropy: EntropyCoefficient(fixed: 0.2)),
            using: &random)
    }

    private func batch(_ random: inout RandomStream) -> TransitionBatch {
        TransitionBatch(
            observation: .normal([6, Self.observation], using: &random), action: .uniform([6, Self.action], in: -1...1, using: &random),
            reward: .normal([6, 1], using: &random), nextObservation: .normal([6, Self.observation], using: &random),
            terminated: Tensor([0, 0, 1, 0, 1, 0], shape: [6, 1]))
    }

    /// z reaches actor, critics and value network; where the critics are blind to it, nothing but the penalty teaches inference.
    @Test func inferenceGetsNoGradientFromTheActorOrTheValueNetwork() throws {
        var random = RandomStream(seed: 3)
        let learner = learner(&random), batch = batch(&random)
        let weight = Tensor.normal([1, Self.latentSize], using: &random).trainableCopy()
        let zero = Float(0)
        for critic in [learner.critics.first, learner.critics.second] {
            let first = critic.layers[0].weight
            first.withUnsafeMutableBufferPointer { values in
                for i in (Self.observation + Self.action) * first.columns..<first.count { values[i] = zero }
            }
        }
        let blind = try learner.update(
            batch, latent: weight.repeatedRows(6), inference: [weight], using: &random, count: 0)
        #expect(blind.inferenceGradients[0].array == [0, 0])
        let penalised = try self.learner(&random).update(
            batch, latent: weight.repeatedRows(6), penalty: (weight * weight).sum(), inference: [weight], using: &random, count: 0)
        #expect(penalised.inferenceGradients[0].array.allSatisfy { $0 != 0 })
    }

    /// The gradient that inference gets is that of the critics' loss alone, by finite differences of a loss written out here.
    @Test func inferenceLearnsFromTheCriticsLoss() throws {
        var random = RandomStream(seed: 4)
        let learner = learner(&random), batch = batch(&random)
        let z: [Float] = [0.3, -0.7]
        let fixed = Tensor(z, shape: [1, 2]).repeatedRows(6)
        let target = SoftActorCritic.tdTarget(batch, latent: fixed, targetValue: learner.targetValue, discount: 0.9, rewardScale: 2)
        func loss(_ z: [Float]) -> Double {
            let input = concatenated([batch.observation, batch.action, Tensor(z, shape: [1, 2]).repeatedRows(6)])
            return [learner.critics.first, learner.critics.second].reduce(0) { sum, critic in
                let errors = zip(critic(input).array, target.array).map { Double($0) - Double($1) }
                return sum + errors.reduce(0) { $0 + $1 * $1 } / 6
            }
        }
        let expected = (0..<2).map { j -> Double in
            var up = z, down = z
            up[j] += 1e-2
            down[j] -= 1e-2
            return (loss(up) - loss(down)) / Double(up[j] - down[j])
        }
        let weight = Tensor(z, shape: [1, 2]).trainableCopy()
        let found = try learner.update(batch, latent: weight.repeatedRows(6), inference: [weight], using: &random, count: 0)
        for (a, b) in zip(found.inferenceGradients[0].array, expected) { #expect(abs(Double(a) - b) < 2e-3 * max(1, abs(b))) }
    }
}
