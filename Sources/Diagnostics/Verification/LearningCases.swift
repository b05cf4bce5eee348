import Learning

/// What each recorded learning case computes; the `doc` entries of the files describe it.
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
        for (i, layer) in try file.parts("gradients").enumerated() {
            try file.require(2 * i + 1 < found.count, "'gradients' has more layers than 'layers'")
            comparison.compare("gradient of layer \(i)'s weight", found[2 * i], try layer.tensor("weight"))
            comparison.compare("gradient of layer \(i)'s bias", found[2 * i + 1], try layer.tensor("bias"))
        }
    }

    static func tanhGaussian(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let mean = try file.tensor("mean", rank: 2).trainableCopy(), logStd = try file.tensor("logStd", rank: 2).trainableCopy()
        let noise = try file.tensor("noise", rank: 2)
        try file.require(mean.shape == logStd.shape && noise.shape == mean.shape, "'mean', 'logStd' and 'noise' differ in shape")
        let (action, logProbability) = TanhGaussian(mean: mean, logStd: logStd).sample(noise: noise)
        comparison.compare("action", action, try file.tensor("action"))
        comparison.compare("logProb", logProbability, try file.tensor("logProb"))
        let loss = logProbability.mean() + action.sum()
        let expected = [("gradMean", mean), ("gradLogStd", logStd)]
        for createGraph in [false, true] {  // the fused gradient and the differentiable one
            let found = gradients(of: loss, withRespectTo: [mean, logStd], createGraph: createGraph)
            for (entry, gradient) in zip(expected, found) { comparison.compare(entry.0, gradient, try file.tensor(entry.0)) }
        }
    }

    static func gaussianPosterior(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let mean = try file.tensor("factorMean", rank: 2).trainableCopy(), raw = try file.tensor("factorRaw", rank: 2).trainableCopy()
        try file.require(mean.shape == raw.shape, "'factorMean' and 'factorRaw' differ in shape")
        let posterior = GaussianPosterior(factorMean: mean, factorRaw: raw)
        comparison.compare("mean", posterior.mean, try file.tensor("mean"))
        comparison.compare("variance", posterior.variance, try file.tensor("variance"))
        comparison.compare("kl", posterior.klToPrior, try file.number("kl"))
        let found = gradients(of: posterior.klToPrior, withRespectTo: [mean, raw])
        comparison.compare("gradFactorMean", found[0], try file.tensor("gradFactorMean"))
        comparison.compare("gradFactorRaw", found[1], try file.tensor("gradFactorRaw"))
    }

    static func gatedRecurrentUnit(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        let weights = try names.enumerated().map { try file.tensor($1, rank: $0 < 2 ? 2 : 1).trainableCopy() }
        let sequence = try file.tensor("sequence", rank: 3)
        let size = weights[1].columns
        try file.require(weights[1].rows == 3 * size && weights[0].shape == [3 * size, sequence.columns]
                         && weights[2].count == 3 * size && weights[3].count == 3 * size, "the weights' shapes do not fit together")
        let unit = GRU(inputWeight: weights[0], stateWeight: weights[1], inputBias: weights[2], stateBias: weights[3])
        let outputs = unit(sequence).outputs
        let loss = outputs.squared().mean()
        comparison.compare("outputs", outputs, try file.tensor("outputs"))
        comparison.compare("loss", loss, try file.number("loss"))
        for createGraph in [false, true] {
            let found = gradients(of: loss, withRespectTo: unit.parameters, createGraph: createGraph)
            for (name, gradient) in zip(names, found) { comparison.compare("grad_\(name)", gradient, try file.tensor("grad_\(name)")) }
        }
    }

    static func advantages(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let rewards = try file.tensor("rewards", rank: 1), values = try file.tensor("values", rank: 1)
        let terminated = try file.tensor("terminated", rank: 1)
        try file.require(values.count == rewards.count + 1 && terminated.count == rewards.count,
                         "'values' must have one entry more than 'rewards', and 'terminated' as many")
        let found = generalizedAdvantages(rewards: rewards.array, values: values.array, terminated: terminated.array.map { $0 != 0 },
                                          gamma: Float(try file.number("gamma")), lambda: Float(try file.number("lambda_")))
        comparison.compare("advantages", found, try file.tensor("advantages").array)
    }

    /// Inner step, meta-gradient through it, and a Hessian-vector product of the KL divergence.
    static func secondOrder(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let network = MLP(layers: try file.layers("layers"), activation: .tanh)
        let logStd = try file.tensor("logStd", rank: 1).trainableCopy()
        let theta = network.parameters + [logStd]
        func policy(_ parameters: [Tensor], _ observations: Tensor) -> DiagonalGaussian {
            var adapted = network
            adapted.parameters = Array(parameters.dropLast())
            return DiagonalGaussian(mean: adapted(observations), logStd: parameters[parameters.count - 1])
        }
        func surrogate(_ parameters: [Tensor], _ stage: String) throws -> Tensor {
            let observations = try file.tensor("\(stage)Observations", rank: 2), actions = try file.tensor("\(stage)Actions", rank: 2)
            let advantages = try file.tensor("\(stage)Advantages", rank: 1)
            try file.require(observations.columns == network.layers[0].inputs && actions.columns == logStd.count
                             && observations.rows == actions.rows && advantages.count == actions.rows, "'\(stage)...' do not fit together")
            let logProbability = policy(parameters, observations).logProbability(of: actions)
            let ratio = (logProbability - logProbability.detached()).exp()
            return -(ratio * advantages.reshaped([advantages.count, 1])).mean()
        }
        let rate = Float(try file.number("innerLearningRate"))
        let innerLoss = try surrogate(theta, "inner")
        let inner = gradients(of: innerLoss, withRespectTo: theta, createGraph: true)
        let adapted = zip(theta, inner).map { $0 - rate * $1 }
        let outerLoss = try surrogate(adapted, "outer")
        comparison.compare("innerLoss", innerLoss, try file.number("innerLoss"))
        comparison.compare("outerLoss", outerLoss, try file.number("outerLoss"))
        let meta = gradients(of: outerLoss, withRespectTo: theta)

        let observations = try file.tensor("innerObservations", rank: 2), vector = try file.tensors("vector")
        try file.require(vector.count == theta.count && zip(vector, theta).allSatisfy { $0.shape == $1.shape },
                         "'vector' does not have the shapes of the parameters")
        let new = policy(theta, observations)
        let old = DiagonalGaussian(mean: new.mean.detached(), logStd: logStd.detached())
        let product = hessianVectorProduct(of: old.kl(to: new).mean(), withRespectTo: theta, vector: vector)

        for (name, found) in [("innerGradient", inner), ("metaGradient", meta), ("klHessianVector", product)] {
            let expected = try file.tensors(name)
            try file.require(expected.count == found.count, "'\(name)' has \(expected.count) entries, not \(found.count)")
            for i in found.indices { comparison.compare("\(name)[\(i)]", found[i], expected[i]) }
        }
    }

    /// Whole soft actor-critic updates: critics, then actor with the updated critics, then targets.
    static func softActorCritic(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let initial = try file.part("initial"), batch = try file.part("batch")
        let actor = MLP(layers: try initial.layers("actor"), activation: .relu)
        func networks(_ part: LearningCaseFile, _ key: String) throws -> [MLP] {
            try part.nestedParts(key).map { MLP(layers: try LearningCaseFile.layers($0), activation: .relu) }
        }
        let critics = try networks(initial, "critics"), targets = try networks(initial, "targets").map { $0.frozenCopy() }
        try file.require(critics.count == 2 && targets.count == 2, "two critics and two targets are expected")
        let observation = try batch.tensor("observation", rank: 2), action = try batch.tensor("action", rank: 2)
        let reward = try batch.tensor("reward", rank: 2), next = try batch.tensor("nextObservation", rank: 2)
        let terminated = try batch.tensor("terminated", rank: 2)
        try file.require(observation.columns == actor.layers[0].inputs && next.shape == observation.shape
                         && observation.columns + action.columns == critics[0].layers[0].inputs, "the batch does not fit the networks")

        let gamma = Float(try file.number("gamma")), alpha = Float(try file.number("alpha")), tau = Float(try file.number("tau"))
        let rate = Float(try file.number("learningRate"))
        let criticOptimizer = Adam(critics.parameters, learningRate: rate), actorOptimizer = Adam(actor.parameters, learningRate: rate)
        for (i, step) in try file.parts("steps").enumerated() {
            let nextNoise = try step.tensor("noiseNext", rank: 2), noise = try step.tensor("noiseCurrent", rank: 2)
            try file.require(
                nextNoise.shape == action.shape && noise.shape == action.shape,
                "the noise of step \(i) does not have the shape of the actions")
            let target = withoutGradients {
                let (nextAction, logProbability) = TanhGaussian(parameters: actor(next)).sample(noise: nextNoise)
                let x = concatenated([next, nextAction])
                let value = minimum(targets[0](x), targets[1](x)) - alpha * logProbability
                return reward + gamma * (1 - terminated) * value
            }
            comparison.compare("step \(i)'s tdTarget", target, try step.tensor("tdTarget"))
            let x = concatenated([observation, action])
            let losses = critics.map { ($0(x) - target).squared().mean() }
            let expected = try step.tensor("criticLosses")
            comparison.compare("step \(i)'s criticLosses", losses.map(\.scalar), expected.array)
            criticOptimizer.step(gradients(of: losses[0] + losses[1], withRespectTo: critics.parameters))

            let (current, logProbability) = TanhGaussian(parameters: actor(observation)).sample(noise: noise)
            let y = concatenated([observation, current])
            let actorLoss = (alpha * logProbability - minimum(critics[0](y), critics[1](y))).mean()
            comparison.compare("step \(i)'s actorLoss", actorLoss, try step.number("actorLoss"))
            actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))
            softUpdate(targets.parameters, toward: critics.parameters, rate: tau)
        }
        let final = try file.part("final")
        let expectedActor = MLP(layers: try final.layers("actor"), activation: .relu)
        let expected = [expectedActor] + (try networks(final, "critics")) + (try networks(final, "targets"))
        let names = ["actor", "critic 0", "critic 1", "target 0", "target 1"]
        try file.require(expected.count == names.count, "'final' has \(expected.count) networks, not \(names.count)")
        for (name, (found, expected)) in zip(names, zip([actor] + critics + targets, expected)) {
            try file.require(found.parameters.count == expected.parameters.count, "the final \(name) has another number of layers")
            for (entry, reference) in zip(found.namedParameters, expected.parameters) {
                comparison.compare("final \(name)'s \(entry.0)", entry.1, reference)
            }
        }
    }
}
