import Core
import Foundation
import Learning
import Testing

@Suite struct ModuleTests {
    private func network(_ seed: UInt64 = 1, activation: Activation = .relu) -> MLP {
        var stream = RandomStream(seed: seed)
        return MLP(inputs: 5, hidden: [7, 6], outputs: 3, activation: activation, using: &stream)
    }

    @Test func parametersHaveDottedNamesInOrder() {
        let names = network().namedParameters.map(\.0)
        #expect(names == (0..<3).flatMap { ["layers.\($0).weight", "layers.\($0).bias"] })
        #expect([network(), network()].namedParameters[6].0 == "1.layers.0.weight")
        #expect(network().parameterCount == 5 * 7 + 7 + 7 * 6 + 6 + 6 * 3 + 3)
        let bound = 1 / Float(5).squareRoot()
        #expect(network().parameters[0].array.allSatisfy { abs($0) <= bound } && network().parameters[0].array.map(abs).max()! > 0.8 * bound)
    }

    @Test func copiesAreIndependentLeaves() {
        let a = network(), b = a.trainableCopy(), frozen = a.frozenCopy()
        SGD(a.parameters, learningRate: 1).step(a.parameters.map { Tensor.ones($0.shape) })
        #expect(a.parameters[0].array[0] == b.parameters[0].array[0] - 1)
        #expect(b.parameters.allSatisfy { $0.requiresGradient } && !frozen.parameters.contains { $0.requiresGradient })
        b.copyParameters(from: a)
        #expect(zip(a.parameters, b.parameters).allSatisfy { $0.array == $1.array })
    }

    @Test func stateRoundTripGivesTheSameBits() throws {
        let a = network(1), b = network(2), other = b.parameters[0]
        let state = StateCoder.save { try $0.network("actor", a) }
        #expect(state["networks/actor.layers.1.weight"]?.shape == [7, 6])
        try StateCoder.restore(state) { try $0.network("actor", b) }
        #expect(zip(a.parameters, b.parameters).allSatisfy { $0.array == $1.array })
        #expect(other.array == a.parameters[0].array, "restoring writes in place, so optimizers stay attached")
        #expect(throws: StateError.missing("critic.layers.0.weight")) { try StateCoder.restore(state) { try $0.module("critic", b) } }
    }

    @Test func aStateOfAnotherShapeChangesNothing() {
        var stream = RandomStream(seed: 3)
        let small = MLP(inputs: 5, hidden: [7, 6], outputs: 2, using: &stream), b = network(2), before = b.parameters.map(\.array)
        let state = StateCoder.save { try $0.module("actor", small) }
        #expect(throws: StateError.self) { try StateCoder.restore(state) { try $0.module("actor", b) } }
        #expect(b.parameters.map(\.array) == before)
    }

    @Test(arguments: [Activation.relu, .tanh, .leakyReLU])
    func oneRowAloneIsTheRowOfTheBatch(_ activation: Activation) {
        let network = network(4, activation: activation)
        var stream = RandomStream(seed: 5)
        let x = Tensor.normal([6, 5], using: &stream), batch = network(x).array
        for row in 0..<6 {
            var out = [Float](repeating: 0, count: 3)
            Array(x.array[(row * 5)..<(row * 5 + 5)]).withUnsafeBufferPointer { input in
                out.withUnsafeMutableBufferPointer { network.forwardSingle(input, into: $0) }
            }
            for (a, b) in zip(out, batch[(row * 3)..<(row * 3 + 3)]) { #expect(abs(a - b) < 1e-5) }
        }
    }

    @Test func adaptedParametersReplaceTheLeaves() {
        let network = network()
        let loss = network(.ones([2, 5])).sum()
        let inner = gradients(of: loss, withRespectTo: network.parameters, createGraph: true)
        var adapted = network
        adapted.parameters = zip(network.parameters, inner).map { $0 - 0.1 * $1 }
        let meta = gradients(of: adapted(.ones([2, 5])).sum(), withRespectTo: network.parameters)
        #expect(meta.contains { $0.array.contains { $0 != 0 } })
        #expect(network.parameters[0].array != adapted.parameters[0].array)
    }
}

@Suite struct DistributionTests {
    @Test func categoricalSamplesFollowTheirProbabilities() {
        var stream = RandomStream(seed: 1)
        let p = Categorical(logits: Tensor([0, Float(log(2.0)), Float(log(5.0)), -.infinity], shape: [1, 4]))
        var counts = [0, 0, 0, 0]
        for _ in 0..<8000 { counts[p.sample(using: &stream)[0]] += 1 }
        #expect(abs(counts[0] - 1000) < 120 && abs(counts[1] - 2000) < 160 && abs(counts[2] - 5000) < 200 && counts[3] == 0)
        #expect(p.mode == [2])
    }

    @Test func divergenceOfEqualGaussiansIsZeroAndOfUnitShiftAHalf() {
        let a = DiagonalGaussian(mean: .zeros([2, 3]), logStd: .zeros([3])), b = DiagonalGaussian(mean: .ones([2, 3]), logStd: .zeros([3]))
        #expect(a.kl(to: a).array == [0, 0])
        #expect(a.kl(to: b).array == [1.5, 1.5])
        #expect(GaussianPosterior.prior(latent: 4).klToPrior.scalar == 0)
    }

    @Test func saturatedActionsKeepFiniteLogProbabilities() {
        let parameters = Tensor([60, -60, 5, 9, -30, 2], shape: [1, 6]).trainableCopy()
        let (action, logProbability) = TanhGaussian(parameters: parameters).sample(noise: Tensor([0, 1, -1], shape: [1, 3]))
        #expect(action.array.allSatisfy { abs($0) <= 1 } && logProbability.scalar.isFinite)
        #expect(gradients(of: logProbability.sum(), withRespectTo: [parameters])[0].array.allSatisfy { $0.isFinite })
    }

    @Test func aPosteriorPerTaskIsTheTasksOwn() {
        var stream = RandomStream(seed: 2)
        let factors = Tensor.normal([3, 7, 4], using: &stream), all = GaussianPosterior(factors: factors)
        for task in 0..<3 {
            let one = GaussianPosterior(factors: factors[task])
            for (a, b) in zip(one.mean.array + one.variance.array, all.mean[task].array + all.variance[task].array) { #expect(abs(a - b) < 1e-6) }
        }
    }

    @Test func advantagesOfLambdaOneAreReturnsMinusValues() {
        let found = generalizedAdvantages(rewards: [1, 2, 4], values: [10, 20, 30, 40], terminated: [false, true, false], gamma: 0.5, lambda: 1)
        #expect(found == [-8, -18, -6])  // 1 + 0.5 * 2 - 10, 2 - 20, 4 + 0.5 * 40 - 30
    }
}
