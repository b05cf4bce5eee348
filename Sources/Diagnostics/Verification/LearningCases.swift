import Agents
import Core
import Learning

/// What each recorded learning case computes, by the code that the agents train with; the `doc` entries of the files describe it.
enum LearningCases {
    static func regression(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let name = try file.text("activation")
        guard let activation = Activation(rawValue: name) else {
            throw LearningCaseFile.Malformed(description: "'activation' is '\(name)', not one of \(Activation.allCases.map(\.rawValue))")
        }
        let network = MLP(layers: try file.layers("layers"), activation: activation)
        let input = try file.tensor("input", rank: 2), target = try file.tensor("target", rank: 2)
        try file.require(input.columns == network.layers[0].inputs && target.shape == [input.rows, network.layers[network.layers.count - 1].outputs],
                         "'input' or 'target' does not fit the layers")
        let output = network(input)
        let loss = (output - target).squared().mean()
        let found = gradients(of: loss, withRespectTo: network.parameters)
        comparison.compare("output", output, try file.tensor("output"))
        comparison.compare("loss", loss, try file.number("loss"))
        let layers = try file.parts("gradients")
        try file.require(2 * layers.count == found.count, "'gradients' has \(layers.count) layers, and 'layers' \(found.count / 2)")
        for (i, layer) in layers.enumerated() {
            comparison.compare("gradient of layer \(i)'s weight", found[2 * i], try layer.tensor("weight"))
            comparison.compare("gradient of layer \(i)'s bias", found[2 * i + 1], try layer.tensor("bias"))
        }
    }

    /// By the actor's own squash. Its network is the identity, so that mean and log standard deviation are its input.
    static func tanhGaussian(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let mean = try file.tensor("mean", rank: 2).trainableCopy(), logStd = try file.tensor("logStd", rank: 2).trainableCopy()
        let noise = try file.tensor("noise", rank: 2)
        try file.require(mean.shape == logStd.shape && noise.shape == mean.shape, "'mean', 'logStd' and 'noise' differ in shape")
        var unused = RandomStream(seed: 0)
        var actor = TanhGaussianActor(inputs: 2 * mean.columns, hidden: [], actionSize: mean.columns, using: &unused)
        actor.network = identity(2 * mean.columns)
        let (action, logProbability) = actor(concatenated([mean, logStd])).sample(noise: noise)
        comparison.compare("action", action, try file.tensor("action"))
        comparison.compare("logProb", logProbability, try file.tensor("logProb"))
        let loss = logProbability.mean() + action.sum()
        let expected = [("gradMean", mean), ("gradLogStd", logStd)]
        for createGraph in [false, true] {  // the fused gradient and the differentiable one
            let found = gradients(of: loss, withRespectTo: [mean, logStd], createGraph: createGraph)
            for (entry, gradient) in zip(expected, found) { comparison.compare(entry.0, gradient, try file.tensor(entry.0)) }
        }
    }

    /// By the context encoder. Its network is the identity, so that factors are its context.
    static func gaussianPosterior(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let mean = try file.tensor("factorMean", rank: 2).trainableCopy(), raw = try file.tensor("factorRaw", rank: 2).trainableCopy()
        try file.require(mean.shape == raw.shape, "'factorMean' and 'factorRaw' differ in shape")
        var unused = RandomStream(seed: 0)
        var encoder = ContextEncoder(inputs: 2 * mean.columns, hidden: [], latentSize: mean.columns, using: &unused)
        encoder.network = identity(2 * mean.columns)
        let posterior = encoder(concatenated([mean, raw]))
        comparison.compare("mean", posterior.mean, try file.tensor("mean"))
        comparison.compare("variance", posterior.variance, try file.tensor("variance"))
        comparison.compare("kl", posterior.klToPrior, try file.number("kl"))
        let found = gradients(of: posterior.klToPrior, withRespectTo: [mean, raw])
        comparison.compare("gradFactorMean", found[0], try file.tensor("gradFactorMean"))
        comparison.compare("gradFactorRaw", found[1], try file.tensor("gradFactorRaw"))
    }

    /// One layer that returns its input.
    private static func identity(_ size: Int) -> MLP {
        let diagonal = (0..<size * size).map { Float($0 % (size + 1) == 0 ? 1 : 0) }
        return MLP(layers: [Linear(weight: Tensor(diagonal, shape: [size, size]), bias: .zeros([size]))], activation: .identity)
    }
}
