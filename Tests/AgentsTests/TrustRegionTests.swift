import Agents
import Core
import Learning
import Testing

@Suite struct TrustRegionTests {
    @Test func conjugateGradientsSolveASymmetricSystem() {
        // A = [[4, 1], [1, 3]], b = [1, 2]: x = [1/11, 7/11].
        let a = Tensor([4, 1, 1, 3], shape: [2, 2])
        let x = conjugateGradient({ [matmul(a, $0[0])] }, [Tensor([1, 2], shape: [2, 1])], iterations: 2)
        #expect(abs(x[0].array[0] - 1 / 11) < 1e-6)
        #expect(abs(x[0].array[1] - 7 / 11) < 1e-6)
    }

    /// A Gaussian of one action whose mean is the bias alone: its trust region is |step| <= std sqrt(2 delta).
    private struct Bandit {
        var policy: GaussianPolicy
        let actions: Tensor
        let observations = Tensor.zeros([512, 1])
        let old: DiagonalGaussian
        let oldLogProbability: Tensor

        init() {
            var random = RandomStream(seed: 2)
            policy = GaussianPolicy(inputs: 1, hidden: [], actionSize: 1, using: &random)
            let policy = self.policy, observations = self.observations
            old = withoutGradients {
                let now = policy(observations)
                return DiagonalGaussian(mean: now.mean.copied(), logStd: now.logStd.copied())
            }
            actions = withoutGradients { [old] in old.sample(noise: .normal([512, 1], using: &random)) }
            oldLogProbability = withoutGradients { [old, actions] in old.logProbability(of: actions) }
        }

        func loss(_ advantages: Tensor) -> Tensor {
            PolicyGradient.likelihoodRatio(
                policy(observations), oldLogProbability: oldLogProbability, actions: actions, advantages: advantages)
        }
        func kl() -> Tensor { old.kl(to: policy(observations)).mean() }
        var mean: Float { policy.network.layers[0].bias.array[0] }
    }

    @Test func aStepGoesToTheEdgeOfTheTrustRegionTowardsTheReward() {
        let bandit = Bandit()
        let before = bandit.mean
        // Only the mean may move: reward grows with the action.
        let outcome = TrustRegion().step(
            bandit.policy.network.parameters, loss: { bandit.loss(bandit.actions) }, kl: bandit.kl)
        #expect(outcome.isAccepted)
        #expect(outcome.lossAfter < outcome.lossBefore)
        #expect(outcome.kl <= 0.01)
        let edge = Float(0.02).squareRoot()
        #expect(abs(bandit.mean - before - edge) < 0.03 * edge || outcome.backtracks == 1)
        #expect(bandit.mean > before + 0.75 * edge)
    }

    @Test func aStepThatImprovesNothingIsTakenBack() {
        let bandit = Bandit()
        let before = bandit.policy.network.parameters.map(\.array)
        var calls = 0
        // The first evaluation is the one whose gradient is taken; every later one says that it became worse.
        let outcome = TrustRegion().step(
            bandit.policy.network.parameters,
            loss: {
                calls += 1
                return calls == 1 ? bandit.loss(bandit.actions) : bandit.loss(bandit.actions) + 1000
            }, kl: bandit.kl)
        #expect(!outcome.isAccepted)
        #expect(outcome.backtracks == 15)
        #expect(bandit.policy.network.parameters.map(\.array) == before)
    }

    @Test func theClippedSurrogateStopsRewardingBeyondItsRange() {
        // Ratios e^1 and e^-1 with a positive and a negative advantage: clipped at 1.2 and 0.8.
        let log = Tensor([1, -1], shape: [2, 1]).trainableCopy(), old = Tensor.zeros([2, 1])
        let loss = PolicyGradient.clippedRatio(
            logProbability: log, oldLogProbability: old, advantages: Tensor([1, -1], shape: [2, 1]), clip: 0.2)
        #expect(abs(loss.scalar + (1.2 - 0.8) / 2) < 1e-6)
        #expect(gradients(of: loss, withRespectTo: [log])[0].array == [0, 0])
    }
}
