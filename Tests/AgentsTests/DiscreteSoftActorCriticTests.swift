import Agents
import Core
import Environments
import Foundation
import Learning
import TestEnvironments
import Testing

/// Discrete soft actor-critic by hand: networks whose weights are 0 give their last bias whatever they see. The whole update is compared with
/// recorded numbers, see `LearningVerificationTests`.
@Suite struct DiscreteSoftActorCriticTests {
    private let logits: [Float] = [0.5, -1, 2], alpha: Float = 0.3

    private func constant<Network: Module>(_ network: Network, _ biases: [[Float]]) -> Network {
        for (_, parameter) in network.namedParameters { parameter.copy(from: Array(repeating: 0, count: parameter.count)) }
        let last = network.namedParameters.filter { $0.0.hasSuffix("layers.1.bias") }
        for ((_, bias), values) in zip(last, biases) { bias.copy(from: values) }
        return network
    }

    private var actor: CategoricalActor {
        var random = RandomStream(seed: 1)
        return constant(CategoricalActor(inputs: 3, hidden: [4], actionCount: 3, using: &random), [logits])
    }

    private var critics: TwinCritic {
        var random = RandomStream(seed: 2)
        return constant(TwinCritic(inputs: 3, hidden: [4], outputs: 3, using: &random), [[1, 5, 100], [2, 3, 90]])
    }

    /// Two rows: after the first, action 2 does not exist; the second terminates, so that nothing exists after it.
    private let batch = TransitionBatch(
        observation: .ones([2, 2]), action: Tensor([1, 0, 0, 0, 1, 0], shape: [2, 3]), reward: Tensor([1, 2], shape: [2, 1]),
        nextObservation: .ones([2, 2]), terminated: Tensor([0, 1], shape: [2, 1]),
        actionMask: Tensor([1, 1, 0, 0, 1, 0], shape: [2, 3]), nextActionMask: Tensor([1, 1, 0, 0, 0, 0], shape: [2, 3]))

    private let latent = Tensor([0.5, -0.5], shape: [2, 1])

    /// sum over some actions of pi (min Q - alpha log pi) in double, pi being the softmax over these.
    private func softValue(_ actions: [Int]) -> Double {
        let total = actions.reduce(0) { $0 + exp(Double(logits[$1])) }, smaller = [1.0, 3, 90]
        return actions.reduce(0) { sum, action in
            let p = exp(Double(logits[action])) / total
            return sum + p * (smaller[action] - Double(alpha) * log(p))
        }
    }

    @Test func aTargetIsTheExactSoftValueOverTheActionsThatExistAndNothingBeyondATermination() {
        let y = SoftActorCritic.tdTarget(
            batch, latent: latent, actor: actor, targets: critics, discount: 0.9, entropyCoefficient: alpha, rewardScale: 5)
        #expect(y.shape == [2, 1] && !y.requiresGradient)
        #expect(abs(Double(y.array[0]) - (5 + 0.9 * softValue([0, 1]))) < 1e-5)
        #expect(y.array[1] == 10)
        var free = batch
        free.nextActionMask = nil
        let all = SoftActorCritic.tdTarget(
            free, latent: latent, actor: actor, targets: critics, discount: 0.9, entropyCoefficient: alpha, rewardScale: 5)
        #expect(abs(Double(all.array[0]) - (5 + 0.9 * softValue([0, 1, 2]))) < 1e-3)
    }

    @Test func theCriticsLossIsThatOfTheActionsTaken() {
        let loss = SoftActorCritic.discreteCriticLoss(batch, latent: latent, critics: critics, target: Tensor([0, 1], shape: [2, 1]))
        #expect(abs(loss.scalar - ((1 + 16) / 2 + (4 + 4) / 2)) < 1e-5)
    }

    @Test func theActorsLossIsMinusTheSoftValueAndAMaskedActionGetsNoGradient() {
        let actor = actor
        let (loss, logProbability) = SoftActorCritic.actorLoss(
            batch, latent: latent, actor: actor, critics: critics, entropyCoefficient: alpha)
        #expect(abs(Double(loss.scalar) + (softValue([0, 1]) + softValue([1])) / 2) < 1e-5)
        let p = 1 / (1 + exp(Double(logits[1] - logits[0]))), entropy = -p * log(p) - (1 - p) * log(1 - p)
        #expect(abs(Double(logProbability) + entropy / 2) < 1e-5)
        let slope = gradients(of: loss, withRespectTo: [actor.network.layers[1].bias])[0].array
        #expect(slope[2] == 0 && abs(slope[0]) > 0.01 && abs(slope[0] + slope[1]) < 1e-6, "\(slope)")
    }

    @Test func replaysKeepOneHotVectorsAndBothMasksAndContextsNoMasks() throws {
        let description = EnvironmentDescription(
            observation: .multiDiscrete(counts: [2, 3]), action: .discrete(count: 2), episodeLimit: 5, dynamicsVary: false, timeStep: 0,
            masksActions: true)
        let replay = ReplayBuffer(of: description, keepsMasks: true, capacity: 3), context = ReplayBuffer(of: description, capacity: 3)
        var result = StepBatch(copies: 1, description: description), random = RandomStream(seed: 1)
        (result.observations, result.rewards, result.actionMasks) = ([1, 2], [7], [false, true])
        replay.append(observation: [0, 1], action: [1], actionMask: [true, true], result: result)
        context.append(observation: [0, 1], action: [1], result: result)
        let batch = replay.sample(1, using: &random)
        #expect(batch.observation.array == [1, 0, 0, 1, 0] && batch.action.array == [0, 1] && batch.reward.array == [7])
        #expect(batch.nextObservation.array == [0, 1, 0, 0, 1])
        #expect(batch.actionMask?.array == [1, 1] && batch.nextActionMask?.array == [0, 1])
        #expect(context.sample(1, using: &random).actionMask == nil)
        #expect(context.wholeContext(withNext: false).array == [1, 0, 0, 1, 0, 0, 1, 7])
        let state = StateCoder.save(replay), other = ReplayBuffer(of: description, keepsMasks: true, capacity: 3)
        try StateCoder.restore(state, other)
        #expect(other.sample(1, using: &random).nextActionMask?.array == [0, 1])
    }

    /// Action 2 has the largest logit by far and does not exist.
    @Test(arguments: [ActingMode.deterministic, .stochastic]) func aPolicyNeverTakesAnActionThatDoesNotExist(mode: ActingMode) {
        let policy = CategoricalLatentPolicy(actor: actor, observation: .unbounded(2), latent: [0])
        var action: [Float] = [0], random = RandomStream(seed: 3), counts = [0, 0, 0]
        policy.actionMask = [true, true, false]
        for _ in 0..<2000 {
            policy.act([1, 1], into: &action, mode: mode, using: &random)
            counts[Int(action[0])] += 1
        }
        #expect(counts[2] == 0)
        let share = mode == .deterministic ? 1 : 1 / (1 + exp(Double(logits[1] - logits[0])))
        #expect(abs(Double(counts[0]) / 2000 - share) < 0.03, "\(counts)")
    }

    @Test func anEntropyThatNoChoiceHasIsRefused() throws {
        var options = [Float]()
        for target in [-1, 0.7, 0.3] as [Float] {
            var settings = TestSettings()
            settings.targetEntropy = target
            do { options.append(try settings.entropy(choices: 2).value) } catch { #expect((error as? SettingError)?.key == "targetEntropy") }
        }
        #expect(options == [0.2])
    }

    private struct TestSettings: SoftActorCriticSettings {
        var batchSize = 1, replayCapacity = 1, initialSteps = 1
        var discount: Float = 0.9, targetRate: Float = 0.1, rewardScale: Float = 1, policyRegularization: Float = 0
        var entropyTuning = EntropyTuning.automatic
        var entropyCoefficient: Float = 0.2, targetEntropy: Float = 0, entropyLearningRate: Float = 0.1
        func validate() throws {}
    }
}
