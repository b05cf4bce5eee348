import Core
import Learning

/// PEARL's inference network q(z | c) (Rakelly et al. 2019): every context tuple gives a Gaussian factor, the posterior is
/// their product, so it does not depend on the order of the tuples and sharpens as they accumulate.
public struct ContextEncoder: Module {
    public var network: MLP
    /// Size of the latent z.
    public let latentSize: Int

    /// `inputs` is the width of a context tuple: (s, a, r), or (s, a, r, s') where dynamics vary.
    public init(inputs: Int, hidden: [Int], latentSize: Int, precision: Precision = .float32, using random: inout RandomStream) {
        network = MLP(
            inputs: inputs, hidden: hidden, outputs: 2 * latentSize, activation: .relu, precision: precision, using: &random)
        self.latentSize = latentSize
    }

    /// Posterior of one task from its context [tuples, inputs], or of each task from contexts [tasks, tuples, inputs].
    public func callAsFunction(_ context: Tensor) -> GaussianPosterior {
        GaussianPosterior(factors: network(context))
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        network.forEachParameter { body("network.\($0)", &$1) }
    }
}
