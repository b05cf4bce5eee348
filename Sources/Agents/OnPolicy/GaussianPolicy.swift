import Core
import Foundation
import Learning

/// The Gaussian policy of on-policy agents: a tanh network gives the mean, the standard deviation does not depend on the state.
///
/// Its actions live in a normalised space: `actionScale` takes them to the environment's -1...1, where they are clipped.
public struct GaussianPolicy: Module {
    /// observation -> mean
    public var network: MLP
    /// [action]: logarithm of the standard deviation in the normalised space.
    public var logStd: Tensor

    public init(
        inputs: Int, hidden: [Int], actionSize: Int, initialLogStd: Float = 0, precision: Precision = .float32,
        using random: inout RandomStream
    ) {
        network = MLP(
            inputs: inputs, hidden: hidden, outputs: actionSize, activation: .tanh, precision: precision, using: &random)
        logStd = Tensor.full(initialLogStd, [actionSize]).trainableCopy()
    }

    /// Observations [batch, observation] -> a distribution over actions of each row.
    public func callAsFunction(_ observations: Tensor) -> DiagonalGaussian {
        DiagonalGaussian(mean: network(observations), logStd: logStd)
    }

    /// The mean action for one observation, or a draw; in the normalised space.
    public func act(
        _ observation: UnsafeBufferPointer<Float>, into action: inout [Float], mode: ActingMode, using random: inout RandomStream
    ) {
        action.withUnsafeMutableBufferPointer { network.forwardSingle(observation, into: $0) }
        guard mode == .stochastic else { return }
        logStd.withUnsafeBufferPointer { logStd in
            for j in action.indices { action[j] += expf(logStd[j]) * random.normal() }
        }
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        network.forEachParameter { body("network.\($0)", &$1) }
        body("logStd", &logStd)
    }
}

/// From the normalised space of a Gaussian policy to the environment's actions: times `scale`, clipped to -1...1.
@inline(__always)
public func scaledAction(_ action: Float, _ scale: Float) -> Float { min(max(action * scale, -1), 1) }

/// A Gaussian policy in use on one task, its actions scaled to the environment's: what an adapted on-policy agent plays.
public final class ScaledGaussianPolicy: Policy {
    private let policy: GaussianPolicy
    private let actionScale: Float

    /// Uses `policy`: pass a frozen copy if it continues to learn.
    public init(_ policy: GaussianPolicy, actionScale: Float) {
        self.policy = policy
        self.actionScale = actionScale
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        observation.withUnsafeBufferPointer { policy.act($0, into: &action, mode: mode, using: &random) }
        for j in action.indices { action[j] = scaledAction(action[j], actionScale) }
    }
}
