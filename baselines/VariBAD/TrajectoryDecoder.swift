import Core
import Learning

/// Predicts a step's reward, or what it led to, from the latent task description m, the observation before it and its action: p(r | s, a, s', m) or
/// p(s' | s, a, m) (VariBAD, equation 8), as Gaussians of fixed variance, so that log likelihoods are squared errors.
public struct TrajectoryDecoder: Module {
    public enum Target: Sendable { case reward, outcome }

    public let target: Target
    /// Embeddings, followed by ReLU. That of observations, which have one more column for the end of an episode, serves before and after the step.
    public var observation, action: Linear
    public var network: MLP

    public init(_ target: Target, observation: Int, action: Int, settings: VariBADSettings, using random: inout RandomStream) {
        self.target = target
        let hidden = target == .reward ? settings.rewardDecoderHidden : settings.transitionDecoderHidden
        self.observation = Linear(inputs: observation + 1, outputs: settings.observationFeatures, precision: settings.precision, using: &random)
        self.action = Linear(inputs: action, outputs: settings.actionFeatures, precision: settings.precision, using: &random)
        network = MLP(
            inputs: settings.latentSize + (target == .reward ? 2 : 1) * settings.observationFeatures + settings.actionFeatures, hidden: hidden,
            outputs: target == .reward ? 1 : observation + 1, activation: .relu, precision: settings.precision, using: &random)
    }

    /// Mean squared error of each decoded step, [rows, 1]; `latents` [rows, latent] and the steps row by row.
    public func errors(_ latents: Tensor, _ steps: DecodedSteps) -> Tensor {
        let after = steps.outcomes, before = observation(steps.observations, activation: .relu), taken = action(steps.actions, activation: .relu)
        switch target {
        case .reward:
            let inputs = concatenated([latents, observation(after, activation: .relu), taken, before])
            return (network(inputs) - steps.rewards).squared()
        case .outcome:
            return (network(concatenated([latents, before, taken])) - after).squared().mean(axis: -1, keepingDimension: true)
        }
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        observation.forEachParameter(prefix: "observation", body)
        action.forEachParameter(prefix: "action", body)
        network.forEachParameter(body)
    }
}

/// Steps of trials, one a row: observation before and after, with a last column that is 1 where the step ended an episode, action, reward.
public struct DecodedSteps: Sendable {
    /// [rows, observation + 1]; its last column is 0.
    public var observations: Tensor
    /// [rows, action]
    public var actions: Tensor
    /// [rows, observation + 1]
    public var outcomes: Tensor
    /// [rows, 1]
    public var rewards: Tensor

    public init(observations: Tensor, actions: Tensor, outcomes: Tensor, rewards: Tensor) {
        self.observations = observations
        self.actions = actions
        self.outcomes = outcomes
        self.rewards = rewards
    }

    /// Some of the rows; one may come more than once.
    public func rows(_ indices: [Int]) -> DecodedSteps {
        DecodedSteps(
            observations: observations.gatheredRows(indices), actions: actions.gatheredRows(indices), outcomes: outcomes.gatheredRows(indices),
            rewards: rewards.gatheredRows(indices))
    }
}
