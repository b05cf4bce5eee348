import Agents
import Core
import Learning
import ProMP
import TestEnvironments
import Testing

@Suite struct ProximalObjectiveTests {
    private static let adaptation = InnerAdaptation(stepSize: 0.5, surrogate: .likelihoodRatio)

    private func objective(_ policy: GaussianPolicy, innerSteps: Int = 1, clip: Float = 0.3, threads: Int = 1) -> ProximalObjective {
        ProximalObjective(
            policy: policy, tasks: RandomBatches.tasks(policy, Self.adaptation, count: 3, innerSteps: innerSteps),
            adaptation: Self.adaptation, clip: clip, threads: threads)
    }

    /// Without clipping, whose kinks differences would straddle.
    @Test(arguments: [1, 2]) func theMetaGradientAgreesWithFiniteDifferences(innerSteps: Int) {
        let policy = RandomBatches.policy()
        let objective = objective(policy, innerSteps: innerSteps, clip: 0.999)
        RandomBatches.perturb(policy, scale: 0.02, seed: 4)
        let penalty: Float = 3
        let (terms, gradient) = objective.gradient(klPenalty: penalty)
        let evaluated = objective.evaluate()
        #expect(abs(terms.surrogate - evaluated.surrogate) < 1e-5 && abs(terms.innerKL - evaluated.innerKL) < 1e-5)
        #expect(evaluated.innerKL > 1e-4 && evaluated.outerKL > 1e-4)
        let expected = RandomBatches.differences(policy) {
            let now = objective.evaluate()
            return now.surrogate + penalty * now.innerKL * Float(innerSteps)
        }
        #expect(RandomBatches.largestError(gradient, expected) < 1e-3)
        #expect(euclideanNorm(gradient) > 1e-3)
    }

    @Test func atTheFirstStepClippingChangesNothing() {
        let policy = RandomBatches.policy()
        let objective = objective(policy)
        let found = objective.gradient(klPenalty: 5e-4).gradient  // the divergence has no gradient there either
        let losses = objective.tasks.map { task in
            let adapted = Self.adaptation.adapted(policy, to: task.inner, throughGradients: true)
            return PolicyGradient.likelihoodRatio(
                adapted(task.outer.observations), oldLogProbability: task.outer.oldLogProbability, actions: task.outer.actions,
                advantages: task.outer.advantages)
        }
        let expected = gradients(of: (losses[0] + losses[1] + losses[2]) * (1 / 3), withRespectTo: policy.parameters)
        #expect(RandomBatches.largestError(found, expected.map(\.array)) < 1e-5)
        #expect(euclideanNorm(found) > 0.05)
    }

    /// Of the rows whose ratio has gone beyond its range in the direction of their advantage, about half of all. The other rows keep theirs.
    @Test func farFromThePoliciesThatActedClippingTakesTheGradientAway() {
        let policy = RandomBatches.policy(), clip: Float = 1e-6
        let narrow = objective(policy, clip: clip), wide = objective(policy, clip: 0.999)
        RandomBatches.perturb(policy, scale: 0.3, seed: 4)
        #expect(narrow.evaluate().surrogate > wide.evaluate().surrogate)
        func isKept(_ ratio: Float, _ advantage: Float) -> Bool { advantage > 0 ? ratio < 1 + clip : ratio > 1 - clip }
        var masks: [Float] = []
        let losses = narrow.tasks.map { task -> Tensor in
            let adapted = Self.adaptation.adapted(policy, to: task.inner, throughGradients: true), batch = task.outer
            let ratio = (adapted(batch.observations).logProbability(of: batch.actions) - batch.oldLogProbability).exp()
            let mask = zip(ratio.array, batch.advantages.array).map { isKept($0, $1) ? Float(1) : Float(0) }
            masks += mask
            return -(ratio * batch.advantages * Tensor(mask, shape: ratio.shape)).mean()
        }
        let kept = masks.filter { $0 == 1 }.count
        #expect(masks.count == 120 && kept > 20 && kept < 100, "\(kept)")
        let expected = gradients(of: (losses[0] + losses[1] + losses[2]) * (1 / 3), withRespectTo: policy.parameters)
        let clipped = narrow.gradient(klPenalty: 0).gradient
        #expect(RandomBatches.largestError(clipped, expected.map(\.array)) < 1e-4)
        let distance = RandomBatches.largestError(wide.gradient(klPenalty: 0).gradient, expected.map(\.array))
        #expect(distance > 1e-3 && distance < .infinity)
    }

    /// Both surrogates have the same inner gradient where the policy acted, but other curvature.
    @Test func theRatioSurrogateAdaptsAlikeButIsDifferentiatedDifferently() {
        let policy = RandomBatches.policy()
        var random = RandomStream(seed: 5)
        let batch = RandomBatches.batch(policy, using: &random)
        let plain = InnerAdaptation(stepSize: 0.5, surrogate: .logLikelihood)
        func adaptedAndSlope(_ adaptation: InnerAdaptation) -> (GaussianPolicy, [Tensor]) {
            let adapted = adaptation.adapted(policy, to: [batch], throughGradients: true)
            return (adapted, gradients(of: adapted(batch.observations).mean.squared().mean(), withRespectTo: policy.parameters))
        }
        let (one, oneSlope) = adaptedAndSlope(Self.adaptation), (other, otherSlope) = adaptedAndSlope(plain)
        #expect(RandomBatches.largestError(one.parameters, other.parameters.map(\.array)) < 1e-5)
        let distance = RandomBatches.largestError(oneSlope, otherSlope.map(\.array))
        #expect(distance > 1e-2 && distance < .infinity)
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() {
        let policy = RandomBatches.policy()
        let all = [1, 2, 3].map { objective(policy, threads: $0).gradient(klPenalty: 1).gradient.map(\.array) }
        #expect(all[0] == all[1] && all[0] == all[2])
    }
}
