import Agents
import Core
import Foundation
import Learning
import Testing

/// Soft actor-critic with a value network, by hand: networks whose weights are 0 give their last bias whatever they see.
@Suite struct ValueLossTests {
    private func constant<Network: Module>(_ network: Network, _ biases: [[Float]]) -> Network {
        for (_, parameter) in network.namedParameters { parameter.copy(from: Array(repeating: 0, count: parameter.count)) }
        let last = network.namedParameters.filter { $0.0.hasSuffix("layers.1.bias") }
        for ((_, bias), values) in zip(last, biases) { bias.copy(from: values) }
        return network
    }

    private let latent = Tensor([0.5, 0.5], shape: [2, 1])
    private let batch = TransitionBatch(
        observation: .ones([2, 3]), action: .zeros([2, 2]), reward: Tensor([1, 2], shape: [2, 1]),
        nextObservation: .ones([2, 3]), terminated: Tensor([0, 1], shape: [2, 1]))

    private func value(_ bias: Float) -> MLP {
        var random = RandomStream(seed: 1)
        return constant(MLP(inputs: 4, hidden: [5], outputs: 1, using: &random), [[bias]])
    }

    @Test func targetsBootstrapFromTheTargetValueButNotBeyondATermination() {
        let y = SoftActorCritic.tdTarget(batch, latent: latent, targetValue: value(3), discount: 0.9, rewardScale: 5)
        #expect(y.shape == [2, 1] && !y.requiresGradient)
        #expect(abs(y.array[0] - (5 + 0.9 * 3)) < 1e-6)
        #expect(y.array[1] == 10)
    }

    /// Soft value: the smaller critic minus alpha log pi of u = mean + std noise, squashed.
    @Test(arguments: [(3, 2), (2, 3)] as [(Float, Float)])
    func theValueRegressesOnTheSmallerCriticMinusTheEntropyTerm(first: Float, second: Float) {
        var random = RandomStream(seed: 2)
        let actor = constant(TanhGaussianActor(inputs: 4, hidden: [5], actionSize: 2, using: &random), [[0.3, -0.4, -1, 0.5]])
        let critics = constant(TwinCritic(inputs: 6, hidden: [5], using: &random), [[first], [second]])
        let noise: [Float] = [0.5, -1.5, 0.2, 0.9]
        let evaluation = SoftActorCritic.policyEvaluation(
            batch, latent: latent, actor: actor, critics: critics, noise: Tensor(noise, shape: [2, 2]), entropyCoefficient: 0.2,
            regularization: 0)
        let expected = (0..<2).map { row -> Double in
            let logProbability = (0..<2).reduce(0.0) { sum, j in
                let e = Double(noise[2 * row + j]), s = [-1, 0.5][j], u = [0.3, -0.4][j] + exp(s) * e
                return sum - e * e / 2 - s - log(2 * Double.pi) / 2 - log(1 - pow(tanh(u), 2) + 1e-6)
            }
            return 2 - 0.2 * logProbability
        }
        #expect(!evaluation.softValue.requiresGradient)
        for (found, expected) in zip(evaluation.softValue.array, expected) { #expect(abs(Double(found) - expected) < 1e-5) }
        let loss = SoftActorCritic.valueLoss(batch, latent: latent, value: value(1.5), softValue: evaluation.softValue)
        #expect(abs(Double(loss.scalar) - expected.reduce(0) { $0 + pow(1.5 - $1, 2) } / 2) < 1e-5)
        // d loss / d bias of the last layer = mean 2 (V - softValue)
        let network = value(1.5)
        let slope = gradients(
            of: SoftActorCritic.valueLoss(batch, latent: latent, value: network, softValue: evaluation.softValue),
            withRespectTo: [network.layers[1].bias])[0].scalar
        #expect(abs(Double(slope) - expected.reduce(0) { $0 + 2 * (1.5 - $1) } / 2) < 1e-5)
    }

    @Test func theTargetValueFollowsTheValueSlowly() throws {
        var random = RandomStream(seed: 5)
        let learner = LatentActorCritic(
            LatentActorCriticOptions(
                observation: 3, action: 2, latent: 1, hidden: [5], learningRate: 1e-2, discount: 0.9, targetRate: 0.1,
                rewardScale: 1, policyRegularization: 0, entropy: EntropyCoefficient(fixed: 0.2)),
            using: &random)
        let before = learner.targetValue.parameters.map(\.array)
        #expect(before == learner.value.parameters.map(\.array))
        _ = try learner.update(batch, latent: latent, using: &random, count: 0)
        for (old, (target, value)) in zip(before, zip(learner.targetValue.parameters, learner.value.parameters)) {
            for i in old.indices {
                #expect(abs(target.array[i] - (0.9 * old[i] + 0.1 * value.array[i])) < 1e-6)
            }
        }
    }

    /// A belief that changes with the transition: the critics' target sees the next one.
    @Test func nextStatesMayBeConditionedOnAnotherLatent() throws {
        func criticLoss(nextLatent: Tensor?) throws -> (found: Float, expected: Float) {
            var random = RandomStream(seed: 6)
            let learner = LatentActorCritic(
                LatentActorCriticOptions(
                    observation: 3, action: 2, latent: 1, hidden: [5], learningRate: 1e-2, discount: 0.9, targetRate: 0.1,
                    rewardScale: 1, policyRegularization: 0, entropy: EntropyCoefficient(fixed: 0.2)),
                using: &random)
            let next = learner.targetValue(concatenated([batch.nextObservation, nextLatent ?? latent])).array
            let input = concatenated([batch.observation, batch.action, latent])
            let target = [1 + 0.9 * next[0], 2]
            let expected = [learner.critics.first, learner.critics.second].reduce(Float(0)) { sum, critic in
                sum + zip(critic(input).array, target).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / 2
            }
            return (try learner.update(batch, latent: latent, nextLatent: nextLatent, using: &random, count: 0).losses.critic, expected)
        }
        let same = try criticLoss(nextLatent: nil), other = try criticLoss(nextLatent: Tensor([-3, 3], shape: [2, 1]))
        #expect(abs(same.found - same.expected) < 1e-5 && abs(other.found - other.expected) < 1e-5)
        #expect(abs(same.found - other.found) > 1e-4)
    }
}
