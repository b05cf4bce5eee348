import Core
import Foundation
import Learning

/// The actor of soft actor-critic: an MLP whose output is the mean and log standard deviation of a tanh-squashed Gaussian.
public struct TanhGaussianActor: Module {
    public var network: MLP
    /// Columns of an action.
    public let actionSize: Int

    /// `inputs` is observation + latent columns.
    public init(inputs: Int, hidden: [Int], actionSize: Int, precision: Precision = .float32, using random: inout RandomStream) {
        network = MLP(
            inputs: inputs, hidden: hidden, outputs: 2 * actionSize, activation: .relu, precision: precision, using: &random)
        self.actionSize = actionSize
    }

    /// Input [batch, observation + latent].
    public func callAsFunction(_ input: Tensor) -> TanhGaussian { TanhGaussian(parameters: network(input)) }

    /// One action for one input, in microseconds: no tape, no allocation.
    public func act(
        _ input: UnsafeBufferPointer<Float>, into action: inout [Float], mode: ActingMode, using random: inout RandomStream
    ) {
        withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * actionSize) { parameters in
            network.forwardSingle(input, into: parameters)
            for j in 0..<actionSize {
                var u = parameters[j]
                if mode == .stochastic {
                    let logStd = min(max(parameters[actionSize + j], -20), 2)
                    u += expf(logStd) * random.normal()
                }
                action[j] = tanhf(u)
            }
        }
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        network.forEachParameter { body("network.\($0)", &$1) }
    }
}

/// Two Q functions of the same shape (clipped double Q, Fujimoto et al. 2018).
public struct TwinCritic: Module {
    public var first: MLP
    public var second: MLP

    /// `inputs` is observation + action + latent columns; with an output for every one of several discrete actions, observation + latent.
    public init(inputs: Int, hidden: [Int], outputs: Int = 1, precision: Precision = .float32, using random: inout RandomStream) {
        first = MLP(inputs: inputs, hidden: hidden, outputs: outputs, activation: .relu, precision: precision, using: &random)
        second = MLP(inputs: inputs, hidden: hidden, outputs: outputs, activation: .relu, precision: precision, using: &random)
    }

    /// Input [batch, inputs]; both values [batch, outputs].
    public func callAsFunction(_ input: Tensor) -> (Tensor, Tensor) { (first(input), second(input)) }

    /// The smaller of both values, [batch, outputs].
    public func smaller(_ input: Tensor) -> Tensor { minimum(first(input), second(input)) }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        first.forEachParameter { body("first.\($0)", &$1) }
        second.forEachParameter { body("second.\($0)", &$1) }
    }
}

/// The losses of soft actor-critic (Haarnoja et al. 2018), shared by every off-policy agent. `latent` [batch, latent] is
/// appended to observations; nil where there is none.
public enum SoftActorCritic {

    /// y = r + gamma * (1 - terminated) * (min Q'(s', a', z) - alpha * log pi(a' | s', z)), a' ~ pi; [batch, 1], no gradient.
    /// `noise` is N(0,1), [batch, action].
    public static func tdTarget(
        _ batch: TransitionBatch, latent: Tensor?, actor: TanhGaussianActor, targets: TwinCritic, noise: Tensor,
        discount: Float, entropyCoefficient: Float, rewardScale: Float
    ) -> Tensor {
        withoutGradients {
            let (action, logProbability) = actor(stateInput(batch.nextObservation, latent)).sample(noise: noise)
            let value = targets.smaller(criticInput(batch.nextObservation, action, latent)) - entropyCoefficient * logProbability
            return rewardScale * batch.reward + discount * (1 - batch.terminated) * value
        }
    }

    /// mean (Q1 - y)^2 + mean (Q2 - y)^2
    public static func criticLoss(_ batch: TransitionBatch, latent: Tensor?, critics: TwinCritic, target: Tensor) -> Tensor {
        let (first, second) = critics(criticInput(batch.observation, batch.action, latent))
        return (first - target).squared().mean() + (second - target).squared().mean()
    }

    /// mean (alpha * log pi(a | s, z) - min Q(s, a, z)), a ~ pi by reparameterisation, plus `regularization` times the mean
    /// squares of the policy's mean and log standard deviation. Also returns the mean log probability for the tuning of alpha.
    public static func actorLoss(
        _ batch: TransitionBatch, latent: Tensor?, actor: TanhGaussianActor, critics: TwinCritic, noise: Tensor,
        entropyCoefficient: Float, regularization: Float = 0
    ) -> (loss: Tensor, logProbability: Float) {
        let (loss, _, logProbability) = policyEvaluation(
            batch, latent: latent, actor: actor, critics: critics, noise: noise, entropyCoefficient: entropyCoefficient,
            regularization: regularization)
        return (loss, logProbability)
    }

    /// The actor's loss, and the soft values min Q(s, a, z) - alpha * log pi(a | s, z) [batch, 1] of the same actions, without
    /// gradient, that a state-value network regresses on.
    public static func policyEvaluation(
        _ batch: TransitionBatch, latent: Tensor?, actor: TanhGaussianActor, critics: TwinCritic, noise: Tensor,
        entropyCoefficient: Float, regularization: Float
    ) -> (loss: Tensor, softValue: Tensor, logProbability: Float) {
        let policy = actor(stateInput(batch.observation, latent))
        let (action, logProbability) = policy.sample(noise: noise)
        let value = critics.smaller(criticInput(batch.observation, action, latent))
        let excess = entropyCoefficient * logProbability - value
        var loss = excess.mean()
        if regularization > 0 {
            loss = loss + regularization * (policy.mean.squared().mean() + policy.logStd.squared().mean())
        }
        return withoutGradients { (loss, -excess.detached(), logProbability.mean().scalar) }
    }

    /// [batch, observation + latent]
    static func stateInput(_ observation: Tensor, _ latent: Tensor?) -> Tensor {
        latent.map { concatenated([observation, $0]) } ?? observation
    }

    /// [batch, observation + action + latent]
    static func criticInput(_ observation: Tensor, _ action: Tensor, _ latent: Tensor?) -> Tensor {
        concatenated(latent.map { [observation, action, $0] } ?? [observation, action])
    }
}

/// The entropy coefficient alpha: fixed, or tuned so that the policy keeps a target entropy (Haarnoja et al. 2018b, eq. 18).
public struct EntropyCoefficient: Sendable {
    /// alpha now.
    public private(set) var value: Float
    let isTuned: Bool
    let targetEntropy: Float
    let learningRate: Float
    private var logAlpha: Float
    private var firstMoment: Float = 0
    private var secondMoment: Float = 0
    private var updates = 0

    /// alpha stays at `value`.
    public init(fixed value: Float) {
        self.value = value
        isTuned = false
        targetEntropy = 0
        learningRate = 0
        logAlpha = 0
    }

    /// `targetEntropy` in nats, of the whole action; `initial` is positive.
    public init(tunedTo targetEntropy: Float, initial: Float, learningRate: Float) {
        value = initial
        isTuned = true
        self.targetEntropy = targetEntropy
        self.learningRate = learningRate
        logAlpha = logf(initial)
    }

    /// One Adam step on J(alpha) = -log alpha * (log pi + target entropy).
    public mutating func update(logProbability: Float) {
        guard isTuned else { return }
        let gradient = -(logProbability + targetEntropy)
        updates += 1
        firstMoment = 0.9 * firstMoment + 0.1 * gradient
        secondMoment = 0.999 * secondMoment + 0.001 * gradient * gradient
        let m = firstMoment / (1 - powf(0.9, Float(updates)))
        let v = secondMoment / (1 - powf(0.999, Float(updates)))
        logAlpha = min(max(logAlpha - learningRate * m / (v.squareRoot() + 1e-8), -10), 5)
        value = expf(logAlpha)
    }
}

extension EntropyCoefficient: Stateful {
    /// Value, logarithm, Adam's moments and step count.
    public mutating func codeState(_ coder: StateCoder) throws {
        try coder.float("value", &value)
        try coder.float("logAlpha", &logAlpha)
        try coder.float("firstMoment", &firstMoment)
        try coder.float("secondMoment", &secondMoment)
        try coder.count("updates", &updates)
    }
}

/// How the entropy coefficient alpha is found: `automatic`ally, tuned to a target entropy, or `fixed`.
public enum EntropyTuning: String, Codable, CaseIterable, Sendable { case automatic, fixed }

extension EntropyCoefficient {
    /// `targetEntropy` in nats per action dimension; `value` is alpha where it is fixed, its first value where it is tuned.
    public init(
        _ tuning: EntropyTuning, value: Float, targetEntropy: Float, actionSize: Int, learningRate: Float
    ) {
        switch tuning {
        case .fixed: self.init(fixed: value)
        case .automatic: self.init(tunedTo: targetEntropy * Float(actionSize), initial: value, learningRate: learningRate)
        }
    }
}
