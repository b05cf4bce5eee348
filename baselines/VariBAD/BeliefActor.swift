import Agents
import Core
import Learning

/// Encoder and policy in use on one task, one observation at a time. It keeps its belief until it is reset.
public final class BeliefActor: Policy {
    private let encoder: BeliefEncoder
    private let policy: BeliefPolicy
    private let normalization: InputNormalization
    private let squashesSample: Bool
    /// The encoder's state, [1, recurrent].
    private var state: Tensor
    private var start: Tensor
    /// The last action and its reward, whose outcome the next observation is.
    private var taken: [Float] = []
    private var reward: Float?

    /// Copies the parameters, so that it does not change when the agent learns. The belief is the prior.
    init(_ encoder: BeliefEncoder, _ policy: BeliefPolicy, _ normalization: InputNormalization, squashesSample: Bool) {
        self.encoder = encoder.frozenCopy()
        self.policy = policy.frozenCopy()
        self.normalization = normalization
        self.squashesSample = squashesSample
        state = encoder.gru.initialState(batch: 1)
        start = state
    }

    /// From now on every episode begins with the present belief.
    public func rememberAsStart() { start = state }

    /// Mean and log variance of the latent, [2 latent].
    public var belief: [Float] { withoutGradients { encoder.belief(state).array } }

    public func beginEpisode() {
        state = start
        reward = nil
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        see(outcome: observation, ends: false)
        withoutGradients {
            let inputs = policy.inputs(
                normalization.observations(Tensor(observation, shape: [1, observation.count])), normalization.beliefs(encoder.belief(state)))
            let distribution = policy.distribution(inputs)
            var drawn = distribution.mean
            if mode == .stochastic { drawn = distribution.sample(noise: .normal(drawn.shape, using: &random)) }
            if squashesSample { drawn = drawn.tanh() }
            for (i, number) in drawn.array.enumerated() { action[i] = scaledAction(number, 1) }
        }
        taken = action
    }

    public func observe(reward: Float, done: Bool) { self.reward = reward }

    /// The observation that an episode ended in, which no action answers to.
    public func endEpisode(in observation: [Float]) { see(outcome: observation, ends: true) }

    /// The belief after the last action, once it is known what it led to.
    private func see(outcome: [Float], ends: Bool) {
        guard let reward else { return }
        self.reward = nil
        state = withoutGradients {
            encoder.step(
                state: state, actions: Tensor(taken, shape: [1, taken.count]),
                outcomes: Tensor(outcome + [ends ? 1 : 0], shape: [1, outcome.count + 1]), rewards: Tensor([reward], shape: [1, 1]))
        }
    }
}
