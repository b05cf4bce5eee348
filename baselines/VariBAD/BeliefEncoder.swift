import Core
import Learning

/// The encoder q(m | trial so far): a GRU over (action, what it led to, reward) whose state gives a Gaussian over the latent task description m at
/// every step (VariBAD, section 3.2). The state it begins a trial with is zero, and what it gives there is the prior.
///
/// "What it led to" is an observation with one more column, 1 where it ended an episode.
public struct BeliefEncoder: Module {
    /// Embeddings, followed by ReLU.
    public var outcome, action, reward: Linear
    public var gru: GRU
    /// GRU's state -> mean and log variance of m
    public var mean, logVariance: Linear

    public init(observation: Int, action: Int, settings: VariBADSettings, using random: inout RandomStream) {
        outcome = Linear(inputs: observation + 1, outputs: settings.observationFeatures, precision: settings.precision, using: &random)
        self.action = Linear(inputs: action, outputs: settings.actionFeatures, precision: settings.precision, using: &random)
        reward = Linear(inputs: 1, outputs: settings.rewardFeatures, precision: settings.precision, using: &random)
        gru = GRU(
            inputs: settings.observationFeatures + settings.actionFeatures + settings.rewardFeatures, hidden: settings.recurrentSize,
            precision: settings.precision, using: &random)
        mean = Linear(inputs: settings.recurrentSize, outputs: settings.latentSize, precision: settings.precision, using: &random)
        logVariance = Linear(inputs: settings.recurrentSize, outputs: settings.latentSize, precision: settings.precision, using: &random)
    }

    /// From states [rows, recurrent] to beliefs [rows, 2 latent]: means, then log variances.
    public func belief(_ state: Tensor) -> Tensor { concatenated([mean(state), logVariance(state)]) }

    /// One step of some trials: [trials, recurrent].
    public func step(state: Tensor, actions: Tensor, outcomes: Tensor, rewards: Tensor) -> Tensor {
        gru.step(features(actions: actions, outcomes: outcomes, rewards: rewards), state: state)
    }

    /// The beliefs of whole trials of `steps` steps from their prior on, [(steps + 1) * trials, 2 latent], time-major. Inputs are
    /// [steps * trials, ...]. Gradients go back at most `truncation` steps; 0: all the way.
    public func beliefs(actions: Tensor, outcomes: Tensor, rewards: Tensor, steps: Int, truncation: Int) -> Tensor {
        let trials = actions.rows / steps, features = features(actions: actions, outcomes: outcomes, rewards: rewards)
        var state = gru.initialState(batch: trials), states = [state]
        let most = truncation == 0 ? steps : truncation
        for start in stride(from: 0, to: steps, by: most) {
            let length = min(most, steps - start)
            let part = features.rows(start * trials..<(start + length) * trials).reshaped([length, trials, features.columns])
            let (outputs, last) = gru(part, state: state)
            states.append(outputs.reshaped([length * trials, gru.hidden]))
            state = last.detached()
        }
        return belief(concatenatedRows(states))
    }

    private func features(actions: Tensor, outcomes: Tensor, rewards: Tensor) -> Tensor {
        concatenated([action(actions, activation: .relu), outcome(outcomes, activation: .relu), reward(rewards, activation: .relu)])
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        outcome.forEachParameter(prefix: "outcome", body)
        action.forEachParameter(prefix: "action", body)
        reward.forEachParameter(prefix: "reward", body)
        gru.forEachParameter(prefix: "gru", body)
        mean.forEachParameter(prefix: "mean", body)
        logVariance.forEachParameter(prefix: "logVariance", body)
    }
}
