import Agents
import Core
import Learning
import PEARL
import TestEnvironments
import Testing

/// One update of PEARL against its paper's losses, written out here from an agent's states before and after it. No two settings of the same kind
/// are alike, and none is the default.
@Suite struct PEARLUpdateTests {
    private var settings: PEARLSettings {
        var settings = smallSettings()
        settings.learningRate = 1.5e-3
        settings.encoderLearningRate = 4e-3
        settings.entropyLearningRate = 5e-3
        settings.targetEntropy = -0.5
        settings.discount = 0.9
        settings.targetRate = 0.03
        settings.rewardScale = 2
        settings.policyRegularization = 0.05
        settings.latentWeight = 0.2
        return settings
    }

    @Test func oneUpdateIsLines10To18OfAlgorithm1() throws {
        let trained = try PEARL.onPoint(settings, steps: 2000), agent = try PEARL.onPoint(settings, steps: 2000, seed: 2)
        try trained.train(pauses: 5)  // in the middle of an iteration's updates
        var before = try StateCoder.save(trained).scattered(["networks/", "/targetValue"])
        before.store(1, at: "schedule/updatesLeft")
        try StateCoder.restore(before, agent)
        let metrics = try #require(try agent.train(pauses: 1).metrics.first), after = StateCoder.save(agent)
        #expect(agent.gradientUpdates == trained.gradientUpdates + 1)

        // What the update draws.
        var random = try before.stream("random.update")
        let rows = 2 * settings.batchSize, latent = settings.latentSize, learner = "networks/learner"
        let tasks = drawEvenly(2, of: 2, using: &random)
        let batch = ReplayBuffer.sample(
            settings.batchSize, ofEach: try tasks.map { try before.buffer("task-\($0)/replay", observation: 2, action: 1) }, using: &random)
        let contexts = ReplayBuffer.sampleContext(
            settings.contextBatch, ofEach: try tasks.map { try before.buffer("task-\($0)/context", observation: 2, action: 1) },
            withNext: false, using: &random)
        let latentNoise = Tensor.normal([2, latent], using: &random), noise = Tensor.normal([rows, 1], using: &random)

        // q(z | c) of each task: the product of its tuples' Gaussian factors.
        let encoder = try before.network("networks/encoder.network")
        var divergence = Tensor(0), samples: [Tensor] = []
        for task in 0..<2 {
            let factors = encoder(contexts[task]), precision = 1 / factors.columns(latent..<2 * latent).softplus()
            let variance = 1 / precision.sum(axis: 0), mean = variance * (factors.columns(0..<latent) * precision).sum(axis: 0)
            divergence += (0.5 * (variance + mean.squared() - 1 - variance.log())).sum()
            let z = (mean + variance.sqrt() * latentNoise[task]).reshaped([1, latent])
            samples.append(z.repeatedRows(settings.batchSize))
        }
        let z = concatenatedRows(samples), fixed = z.detached().copied()

        // Critics and inference network.
        let names = ["\(learner).critics.first", "\(learner).critics.second"], critics = try names.map(before.network)
        let targetValue = try before.network("learner/targetValue")
        let target = withoutGradients {
            settings.rewardScale * batch.reward
                + settings.discount * (1 - batch.terminated) * targetValue(concatenated([batch.nextObservation, fixed]))
        }
        let criticLoss = WrittenOut.criticLoss(critics, concatenated([batch.observation, batch.action, z]), target: target)
        let slopes = gradients(
            of: criticLoss + settings.latentWeight * divergence, withRespectTo: critics.flatMap(\.parameters) + encoder.parameters)
        var expected = try before.stepped(names, critics, "learner/criticOptimizer", Array(slopes[..<8]), rate: settings.learningRate)
        let updated = try names.map(before.replacing(expected).network)
        expected.merge(try before.stepped(
            ["networks/encoder.network"], [encoder], "encoderOptimizer", Array(slopes[8...]), rate: settings.encoderLearningRate)) { $1 }

        // Value network and actor, by the updated critics.
        let actor = try before.network("\(learner).actor.network"), value = try before.network("\(learner).value")
        let alpha = try before.floats("learner/entropy/value")[0], state = concatenated([batch.observation, fixed])
        let now = WrittenOut.sample(actor(state), noise: noise), input = concatenated([batch.observation, now.action, fixed])
        let excess = alpha * now.logProbability - minimum(updated[0](input), updated[1](input))
        let actorLoss = excess.mean() + settings.policyRegularization * now.squares
        let valueLoss = (value(state) + excess.detached()).squared().mean()
        for (name, network, optimizer, loss) in [
            ("actor.network", actor, "actorOptimizer", actorLoss), ("value", value, "valueOptimizer", valueLoss),
        ] {
            let slopes = gradients(of: loss, withRespectTo: network.parameters)
            expected.merge(try before.stepped(
                ["\(learner).\(name)"], [network], "learner/\(optimizer)", slopes, rate: settings.learningRate)) { $1 }
        }
        expected.merge(try before.moved(
            "learner/targetValue", toward: "\(learner).value", in: expected, rate: settings.targetRate)) { $1 }
        let entropy = try before.tunedEntropy(
            "learner/entropy", logProbability: Double(now.logProbability.mean().scalar), target: settings.targetEntropy,
            rate: settings.entropyLearningRate)
        expected["learner/entropy/value"] = [entropy]
        try after.expect(expected, since: before)
        for (name, loss) in [
            ("criticLoss", criticLoss), ("valueLoss", valueLoss), ("actorLoss", actorLoss), ("latentKL", divergence * 0.5),
        ] {
            let found = metrics[name] ?? .nan, loss = Double(loss.scalar)
            #expect(abs(found - loss) < 1e-4 * max(0.1, abs(loss)), "\(name) is \(found), where \(loss) is expected")
        }
    }
}
