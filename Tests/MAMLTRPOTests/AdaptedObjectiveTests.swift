import Agents
import Core
import Learning
import MAMLTRPO
import TestEnvironments
import Testing

@Suite struct AdaptedObjectiveTests {
    private func objective(
        _ policy: GaussianPolicy, surrogate: InnerSurrogate = .logLikelihood, innerSteps: Int, stepSize: Float = 0.5,
        firstOrder: Bool = false, threads: Int = 1
    ) -> AdaptedObjective {
        let adaptation = InnerAdaptation(stepSize: stepSize, surrogate: surrogate)
        return AdaptedObjective(
            policy: policy, tasks: RandomBatches.tasks(policy, adaptation, count: 3, innerSteps: innerSteps),
            adaptation: adaptation, firstOrder: firstOrder, threads: threads)
    }

    @Test(arguments: [InnerSurrogate.logLikelihood, .likelihoodRatio], [0, 1, 2])
    func theMetaGradientAgreesWithFiniteDifferences(surrogate: InnerSurrogate, innerSteps: Int) {
        let policy = RandomBatches.policy()
        let objective = objective(policy, surrogate: surrogate, innerSteps: innerSteps)
        RandomBatches.perturb(policy, scale: 0.05, seed: 4)  // away from the policies that acted: ratios other than 1
        let (loss, gradient) = objective.surrogate()
        #expect(abs(loss - objective.evaluate().loss) < 1e-6)
        let expected = RandomBatches.differences(policy) { objective.evaluate().loss }
        #expect(RandomBatches.largestError(gradient, expected) < 5e-4)
        #expect(euclideanNorm(gradient) > 0.05)
    }

    @Test func theFirstOrderGradientIsAnotherOne() {
        let policy = RandomBatches.policy()
        let exact = objective(policy, innerSteps: 1).surrogate().gradient
        let first = objective(policy, innerSteps: 1, firstOrder: true).surrogate().gradient
        let distance = RandomBatches.largestError(exact, first.map(\.array))
        #expect(distance > 0.02 && distance < .infinity)
        // With a vanishing inner step they are the same.
        let small = objective(policy, innerSteps: 1, stepSize: 1e-6).surrogate().gradient
        let smallFirst = objective(policy, innerSteps: 1, stepSize: 1e-6, firstOrder: true).surrogate().gradient
        #expect(RandomBatches.largestError(small, smallFirst.map(\.array)) < 1e-5)
    }

    /// q(w) = kl(theta + e w) + kl(theta - e w) is e^2 w'Hw, as the divergence and its gradient are 0 at theta; u'Hv by polarisation.
    @Test(arguments: [1, 2]) func productsWithTheHessianOfTheDivergenceAgreeWithFiniteDifferences(innerSteps: Int) {
        let policy = RandomBatches.policy()
        let objective = objective(policy, innerSteps: innerSteps)
        let start = policy.parameters.map { $0.detached().copied() }
        #expect(abs(objective.evaluate().kl) < 1e-6)
        let curvature = objective.curvature()
        let step: Float = 0.02
        func divergence(along direction: [Tensor]) -> Float {
            var sum: Float = 0
            for sign in [step, -step] {
                for (parameter, (from, d)) in zip(policy.parameters, zip(start, direction)) { parameter.copy(from: from + sign * d) }
                sum += objective.evaluate().kl
            }
            for (parameter, from) in zip(policy.parameters, start) { parameter.copy(from: from) }
            return sum / (step * step)
        }
        var random = RandomStream(seed: 8)
        for _ in 0..<4 {
            let u = start.map { Tensor.normal($0.shape, using: &random) }, v = start.map { Tensor.normal($0.shape, using: &random) }
            let plus = divergence(along: zip(u, v).map { $0 + $1 }), minus = divergence(along: zip(u, v).map { $0 - $1 })
            let found = zip(u, curvature(v)).reduce(Float(0)) { $0 + ($1.0 * $1.1).sum().scalar }
            #expect(abs(found - (plus - minus) / 4) < 0.03 * (abs(plus) + abs(minus)) / 4, "\(found), \((plus - minus) / 4)")
        }
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() {
        let policy = RandomBatches.policy()
        let all = [1, 2, 3].map { threads in
            let objective = objective(policy, innerSteps: 1, threads: threads)
            let (loss, gradient) = objective.surrogate()
            return [[loss]] + gradient.map(\.array) + objective.curvature()(gradient).map(\.array)
        }
        #expect(all[0] == all[1] && all[0] == all[2])
    }
}
