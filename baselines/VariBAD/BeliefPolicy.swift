import Agents
import Core
import Foundation
import Learning

/// The policy pi(a | s, b) and its value: both see the observation and the belief's mean and log variance, each normalised and embedded, and act by
/// what is known and by how sure it is (VariBAD, section 3.3).
public struct BeliefPolicy: Module {
    /// Embeddings, followed by tanh, which policy and value share; nil where an input is not embedded.
    public var observation, belief: Linear?
    /// -> mean action, before it is squashed
    public var actor: MLP
    /// -> discounted return, of normalised rewards where rewards are
    public var critic: MLP
    /// [action]
    public var logStd: Tensor
    /// Whether the mean goes through tanh.
    let squashesMean: Bool
    /// Standard deviations are at least this.
    static let smallestStd: Float = 1e-6

    public init(observation: Int, action: Int, settings: VariBADSettings, using random: inout RandomStream) {
        func embedding(_ inputs: Int, _ outputs: Int) -> Linear? {
            outputs > 0 ? Linear(inputs: inputs, outputs: outputs, precision: settings.precision, using: &random) : nil
        }
        self.observation = embedding(observation, settings.observationEmbedding)
        belief = embedding(2 * settings.latentSize, settings.beliefEmbedding)
        let inputs = (self.observation?.outputs ?? observation) + (belief?.outputs ?? 2 * settings.latentSize)
        actor = MLP(inputs: inputs, hidden: settings.hidden, outputs: action, activation: .tanh, precision: settings.precision, using: &random)
        critic = MLP(inputs: inputs, hidden: settings.hidden, outputs: 1, activation: .tanh, precision: settings.precision, using: &random)
        for layer in actor.layers.dropLast() + critic.layers.dropLast() { layer.normalizeColumns(to: 5 / 3, using: &random) }
        if let mean = actor.layers.last { mean.normalizeColumns(to: 1, using: &random) }
        logStd = Tensor.full(settings.initialLogStd, [action]).trainableCopy()
        squashesMean = settings.squash == .mean
    }

    /// From normalised observations [rows, observation] and beliefs [rows, 2 latent] to what `distribution` and `value` take.
    public func inputs(_ observations: Tensor, _ beliefs: Tensor) -> Tensor {
        concatenated([
            observation?(observations, activation: .tanh) ?? observations, belief?(beliefs, activation: .tanh) ?? beliefs,
        ])
    }

    public func distribution(_ inputs: Tensor) -> DiagonalGaussian {
        let mean = actor(inputs)
        return DiagonalGaussian(mean: squashesMean ? mean.tanh() : mean, logStd: maximum(logStd, Tensor(logf(Self.smallestStd))))
    }

    /// [rows, 1]
    public func value(_ inputs: Tensor) -> Tensor { critic(inputs) }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        observation?.forEachParameter(prefix: "observation", body)
        belief?.forEachParameter(prefix: "belief", body)
        actor.forEachParameter(prefix: "actor", body)
        critic.forEachParameter(prefix: "critic", body)
        body("logStd", &logStd)
    }
}

extension Linear {
    /// Draws the weights anew, those of each output normal and of one norm, and sets the bias to zero (`normc` of OpenAI's Baselines).
    fileprivate func normalizeColumns(to norm: Float, using random: inout RandomStream) {
        for i in 0..<outputs {
            let drawn = (0..<inputs).map { _ in random.normal() }
            let scale = norm / drawn.reduce(0) { $0 + $1 * $1 }.squareRoot()
            weight.withUnsafeMutableBufferPointer { for j in 0..<inputs { $0[j * outputs + i] = scale * drawn[j] } }
        }
        bias.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] = 0 } }
    }
}
