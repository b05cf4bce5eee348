import Agents
import Core
import Foundation
import Learning
import Testing

/// Losses by hand: networks whose weights are 0 give their last bias whatever they see.
@Suite struct SoftActorCriticTests {
    private let mean: [Float] = [0.3, -0.4], logStd: [Float] = [-1, 0.5]
    private let noise: [Float] = [0.5, -1.5, 0.2, 0.9]
    private let alpha: Float = 0.2

    private func constant<Network: Module>(_ network: Network, _ biases: [[Float]]) -> Network {
        for (_, parameter) in network.namedParameters { parameter.copy(from: Array(repeating: 0, count: parameter.count)) }
        let last = network.namedParameters.filter { $0.0.hasSuffix("layers.1.bias") }
        for ((_, bias), values) in zip(last, biases) { bias.copy(from: values) }
        return network
    }

    private var actor: TanhGaussianActor {
        var random = RandomStream(seed: 1)
        return constant(TanhGaussianActor(inputs: 4, hidden: [5], actionSize: 2, using: &random), [mean + logStd])
    }

    private func critics(_ first: Float, _ second: Float) -> TwinCritic {
        var random = RandomStream(seed: 2)
        return constant(TwinCritic(inputs: 6, hidden: [5], using: &random), [[first], [second]])
    }

    private let latent = Tensor([0.5, 0.5], shape: [2, 1])
    private let batch = TransitionBatch(
        observation: .ones([2, 3]), action: .zeros([2, 2]), reward: Tensor([1, 2], shape: [2, 1]),
        nextObservation: .ones([2, 3]), terminated: Tensor([0, 1], shape: [2, 1]))

    /// log pi of the row's action, in double: sum of log N(u) - log(1 - tanh(u)^2 + 1e-6).
    private func logProbability(row: Int) -> Double {
        (0..<2).reduce(0) { sum, j in
            let e = Double(noise[2 * row + j]), s = Double(logStd[j]), u = Double(mean[j]) + exp(s) * e
            return sum - e * e / 2 - s - log(2 * Double.pi) / 2 - log(1 - pow(tanh(u), 2) + 1e-6)
        }
    }

    @Test(arguments: [(3, 2), (2, 3)] as [(Float, Float)])
    func terminatedTransitionsAreNotBootstrappedAndOthersAre(first: Float, second: Float) {
        let y = SoftActorCritic.tdTarget(
            batch, latent: latent, actor: actor, targets: critics(first, second), noise: Tensor(noise, shape: [2, 2]),
            discount: 0.9, entropyCoefficient: alpha, rewardScale: 5)
        #expect(y.shape == [2, 1] && !y.requiresGradient)
        #expect(abs(Double(y.array[0]) - (5 * 1 + 0.9 * (2 - 0.2 * logProbability(row: 0)))) < 1e-5)
        #expect(y.array[1] == 5 * 2)
    }

    @Test func theCriticLossIsTheSumOfBothMeanSquares() {
        let target = Tensor([1, 4], shape: [2, 1])
        let loss = SoftActorCritic.criticLoss(batch, latent: latent, critics: critics(3, 2.5), target: target)
        #expect(abs(loss.scalar - ((4 + 1) / 2 + (2.25 + 2.25) / 2)) < 1e-6)
    }

    @Test(arguments: [(3, 2), (2, 3)] as [(Float, Float)])
    func theActorLossIsTheEntropyTermMinusTheSmallerValue(first: Float, second: Float) {
        let (loss, found) = SoftActorCritic.actorLoss(
            batch, latent: latent, actor: actor, critics: critics(first, second), noise: Tensor(noise, shape: [2, 2]),
            entropyCoefficient: alpha, regularization: 0.1)
        let expected = (logProbability(row: 0) + logProbability(row: 1)) / 2
        #expect(abs(Double(found) - expected) < 1e-5)
        let regularization = 0.1 * ((0.09 + 0.16) / 2 + (1 + 0.25) / 2)
        #expect(abs(Double(loss.scalar) - (0.2 * expected - 2 + regularization)) < 1e-5)
    }

    /// One step of Adam from rest moves log alpha by the learning rate, whatever the size of the gradient.
    @Test func theEntropyCoefficientFallsWhereThereIsMoreEntropyThanWanted() throws {
        var loose = EntropyCoefficient(tunedTo: -6, initial: 0.2, learningRate: 0.01)
        loose.update(logProbability: 5)  // entropy -5, above -6
        #expect(abs(loose.value - 0.2 * expf(-0.01)) < 1e-6)
        var tight = EntropyCoefficient(tunedTo: -6, initial: 0.2, learningRate: 0.01)
        tight.update(logProbability: 7)
        #expect(abs(tight.value - 0.2 * expf(0.01)) < 1e-6)
        var fixed = EntropyCoefficient(fixed: 0.2)
        fixed.update(logProbability: 7)
        #expect(fixed.value == 0.2)

        let state = StateCoder.save { try tight.codeState($0) }
        var restored = EntropyCoefficient(tunedTo: -6, initial: 1, learningRate: 0.01)
        try StateCoder.restore(state) { try restored.codeState($0) }
        for logProbability in [3, 8] as [Float] {
            tight.update(logProbability: logProbability)
            restored.update(logProbability: logProbability)
        }
        #expect(tight.value == restored.value)
    }

    @Test func actingIsTheDistributionThatTheLossesUse() {
        var action: [Float] = [0, 0], random = RandomStream(seed: 4)
        [1, 1, 1, 0.5].withUnsafeBufferPointer { actor.act($0, into: &action, mode: .deterministic, using: &random) }
        #expect(abs(action[0] - tanhf(0.3)) < 1e-6 && abs(action[1] - tanhf(-0.4)) < 1e-6)
        let draws = (0..<4000).map { _ -> [Double] in
            [1, 1, 1, 0.5].withUnsafeBufferPointer { input in
                actor.act(input, into: &action, mode: .stochastic, using: &random)
            }
            return action.map { atanh(Double($0)) }
        }
        let u = draws.map { $0[0] }, center = u.reduce(0, +) / 4000
        #expect(abs(center - 0.3) < 0.03)
        #expect(abs((u.reduce(0) { $0 + pow($1 - center, 2) } / 4000).squareRoot() - exp(-1)) < 0.02)
    }

    /// Acting bounds the log standard deviation to -20...2, as the losses' distribution does.
    @Test(arguments: [(-30, -20), (1.5, 1.5), (3, 2)] as [(Float, Float)])
    func actingBoundsTheStandardDeviationAsTheDistributionDoes(raw: Float, bounded: Float) {
        var random = RandomStream(seed: 1)
        let actor = constant(TanhGaussianActor(inputs: 1, hidden: [5], actionSize: 1, using: &random), [[0, raw]])
        var action: [Float] = [0]
        for _ in 0..<20 {
            var copy = random
            [1].withUnsafeBufferPointer { actor.act($0, into: &action, mode: .stochastic, using: &random) }
            let noise = copy.normal(), expected = actor(.ones([1, 1])).sample(noise: Tensor([noise], shape: [1, 1])).action.array[0]
            #expect(abs(action[0] - tanhf(expf(bounded) * noise)) < 1e-5 && abs(action[0] - expected) < 1e-5)
        }
    }
}
