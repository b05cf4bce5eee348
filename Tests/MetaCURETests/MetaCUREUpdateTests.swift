import Agents
import Core
import Learning
import MetaCURE
import TestEnvironments
import Testing

/// One `update` of MetaCURE against its paper's equations, from the agent's states before and after it. Beliefs, predictions and losses are
/// computed here, row by row, and the random numbers are those that the update will draw.
@Suite struct MetaCUREUpdateTests {
    private static let batchSize = 2048, length = 10, latent = 5

    private var settings: MetaCURESettings {
        var settings = smallSettings()
        settings.batchSize = Self.batchSize  // so many rows that a pause follows every update
        settings.learningRate = 1e-3  // other than `encoderLearningRate`
        settings.intrinsicWeight = 0.7
        settings.rewardScale = 3
        return settings
    }

    /// An agent's state in the middle of an iteration's updates, and the state and the metrics after one more.
    private func oneUpdate() throws -> (before: StateDictionary, after: StateDictionary, metrics: [String: Double]) {
        let trained = try MetaCURE.onPoint(smallSettings(), steps: 2000)
        try trained.train(pauses: 5)
        let before = StateCoder.save(trained), agent = try MetaCURE.onPoint(settings, steps: 2000, seed: 9)
        try StateCoder.restore(before, agent)
        let session = try agent.train(pauses: 1)
        #expect(agent.gradientUpdates == trained.gradientUpdates + 1)
        return (before, StateCoder.save(agent), try #require(session.metrics.first))
    }

    /// What an update draws, in its order.
    private struct Draws {
        /// [place in the meta-batch]: a task.
        let tasks: [Int]
        let transitions: TransitionBatch
        /// [tuples, places, columns]
        let contexts: Tensor
        /// [rows]: the place in the meta-batch, and the number of tuples that the row's belief has seen.
        let places: [Int], tuples: [Int]
        let latentNoise: Tensor

        init(_ state: StateDictionary) throws {
            var random = try state.stream("random.update")
            let replays = try (0..<2).map { try state.buffer("task-\($0)/replay", observation: 2, action: 1) }
            let stored = try (0..<2).map { try state.buffer("task-\($0)/context", observation: 2, action: 1) }
            tasks = drawEvenly(2, of: 2, using: &random)
            transitions = ReplayBuffer.sample(batchSize, ofEach: tasks.map { replays[$0] }, using: &random)
            contexts = ReplayBuffer.sampleSequences(length, ofEach: tasks.map { stored[$0] }, withNext: false, using: &random)
            places = (0..<2 * batchSize).map { $0 / batchSize }
            tuples = places.map { _ in random.index(below: length) }
            latentNoise = .normal([2 * batchSize, latent], using: &random)
        }
    }

    /// The networks before the update, and each place's belief after every number of tuples.
    private struct Before {
        let unit: GRU, head: MLP, decoder: MLP, predictors: [MLP]
        /// [(tuples + 1) * 2, latent]: tuples after tuples, in each the two places.
        let means: Tensor, variances: Tensor
        /// Mean over places and tuples of KL(belief || N(0, I)).
        let divergence: Tensor

        init(_ state: StateDictionary, _ contexts: Tensor) throws {
            unit = GRU(
                inputWeight: try state.tensor("networks/encoder.unit.weight_ih"), stateWeight: try state.tensor("networks/encoder.unit.weight_hh"),
                inputBias: try state.tensor("networks/encoder.unit.bias_ih"), stateBias: try state.tensor("networks/encoder.unit.bias_hh"))
            head = try state.network("networks/encoder.head")
            decoder = try state.network("networks/decoder.reward")
            predictors = try (0..<2).map { try state.network("networks/predictor-\($0).reward") }
            var hidden = unit.initialState(batch: 2)
            var means = [Tensor.zeros([2, latent])], variances = [Tensor.ones([2, latent])], sum = Tensor(0)
            for t in 0..<length {
                hidden = unit.step(contexts[t], state: hidden)
                let output = head(hidden), mean = output.columns(0..<latent)
                let variance = output.columns(latent..<2 * latent).softplus()
                means.append(mean)
                variances.append(variance)
                sum += (0.5 * (variance + mean.squared() - 1 - variance.log())).sum()
            }
            self.means = concatenatedRows(means)
            self.variances = concatenatedRows(variances)
            divergence = sum * (1 / Float(2 * length))
        }

        /// Each row's belief: that of its place after its number of tuples.
        func belief(_ places: [Int], _ tuples: [Int]) -> (mean: Tensor, variance: Tensor) {
            let rows = zip(places, tuples).map { place, tuples in 2 * tuples + place }
            return (means.gatheredRows(rows), variances.gatheredRows(rows))
        }
    }

    private func expectClose(_ found: Double?, _ expected: Float, _ what: String) {
        let error = abs((found ?? .nan) - Double(expected)) / abs(Double(expected))
        #expect(error < 2e-5, "\(what): \(found ?? .nan), where \(expected) is expected")
    }

    /// The parameters after the update are Adam's step along `gradients`, in their order, from those before.
    private func expectStep(
        _ after: StateDictionary, _ before: StateDictionary, _ names: [String], _ optimizer: String, _ gradients: [Tensor]
    ) throws {
        for (i, name) in names.enumerated() {
            let step = try before.adamStep(optimizer, i, gradients[i].array.map(Double.init), rate: settings.encoderLearningRate)
            let expected = zip(try before.floats(name), step).map { Double($0) - $1 }
            let error = largestDistance(try after.floats(name).map(Double.init), expected)
            #expect(error < 2e-5 && step.contains { abs($0) > 1e-4 }, "\(name) is off by \(error)")
        }
    }

    private static let layers = ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]

    /// The exploration critics learn from r + weight * (error of the prediction from the belief - error of the task's own predictor), at the belief
    /// of the row's own task; next states have the belief that has seen one tuple more.
    @Test func explorationIsRewardedForWhatTheBeliefDoesNotPredictYet() throws {
        let (state, _, metrics) = try oneUpdate()
        let draws = try Draws(state), before = try Before(state, draws.contexts), rows = draws.transitions
        let pair = concatenated([rows.observation, rows.action])
        let critics = try ["first", "second"].map { try state.network("networks/exploration.critics.\($0)") }
        let targetValue = try state.network("exploration/targetValue")

        func loss(weight: Float = 0.7, places: [Int]? = nil, later: Int = 1) -> (critic: Float, decoder: Float, predictor: Float) {
            let places = places ?? draws.places
            let now = before.belief(places, draws.tuples), next = before.belief(places, draws.tuples.map { $0 + later })
            let decoderError = (before.decoder(concatenated([pair, now.mean, now.variance])) - rows.reward).squared()
            let ownErrors = (0..<2).map { place -> Tensor in
                let part = place * Self.batchSize..<(place + 1) * Self.batchSize
                return (before.predictors[draws.tasks[place]](pair.rows(part)) - rows.reward.rows(part)).squared()
            }
            let intrinsic = decoderError - concatenatedRows(ownErrors)
            let value = targetValue(concatenated([rows.nextObservation, next.mean, next.variance]))
            let target = 3 * (rows.reward + weight * intrinsic) + 0.99 * (1 - rows.terminated) * value
            let input = concatenated([rows.observation, rows.action, now.mean, now.variance])
            return (
                WrittenOut.criticLoss(critics, input, target: target).scalar, decoderError.mean().scalar,
                concatenatedRows(ownErrors).mean().scalar
            )
        }
        let (expected, found) = (loss(), metrics["explorationCriticLoss"])
        expectClose(found, expected.critic, "critics' loss")
        expectClose(metrics["decoderError"], expected.decoder, "decoder's error")
        expectClose(metrics["predictorError"], expected.predictor, "predictors' error")
        // Another sign or weight, the other task's belief, or the present belief for the next state would be seen.
        for other in [loss(weight: -0.7), loss(weight: 0), loss(weight: 1.4), loss(places: draws.places.map { 1 - $0 }), loss(later: 0)] {
            #expect(abs(other.critic - expected.critic) > 4e-4 * expected.critic, "\(other.critic) is too near to \(expected.critic)")
        }
    }

    /// Exploitation is as in PEARL: z is drawn from the row's belief, and the inference network learns from the critics' loss and the KL term.
    @Test func inferenceLearnsFromTheExploitationCriticsOnly() throws {
        let (state, after, metrics) = try oneUpdate()
        let draws = try Draws(state), before = try Before(state, draws.contexts), rows = draws.transitions
        let critics = try ["first", "second"].map { try state.network("networks/exploitation.critics.\($0)") }
        let targetValue = try state.network("exploitation/targetValue")
        let belief = before.belief(draws.places, draws.tuples)
        let z = belief.mean + belief.variance.sqrt() * draws.latentNoise
        let value = withoutGradients { targetValue(concatenated([rows.nextObservation, z.detached()])) }
        let target = withoutGradients { 3 * rows.reward + 0.99 * (1 - rows.terminated) * value }
        let loss = WrittenOut.criticLoss(critics, concatenated([rows.observation, rows.action, z]), target: target)
        expectClose(metrics["criticLoss"], loss.scalar, "critics' loss")
        expectClose(metrics["latentKL"], before.divergence.scalar, "divergence")
        let parameters = before.unit.parameters + before.head.parameters
        let names = ["unit.weight_ih", "unit.weight_hh", "unit.bias_ih", "unit.bias_hh"] + Self.layers.map { "head.\($0)" }
        try expectStep(
            after, state, names.map { "networks/encoder.\($0)" }, "encoderOptimizer",
            gradients(of: loss + settings.latentWeight * before.divergence, withRespectTo: parameters))
    }

    /// The decoder predicts the reward from the belief, which it does not teach; each task's predictor does from its own rows.
    @Test func theDecoderAndThePredictorsLearnToPredictRewards() throws {
        let (state, after, _) = try oneUpdate()
        let draws = try Draws(state), before = try Before(state, draws.contexts), rows = draws.transitions
        let pair = concatenated([rows.observation, rows.action]), belief = before.belief(draws.places, draws.tuples)
        let error = (before.decoder(concatenated([pair, belief.mean.detached(), belief.variance.detached()])) - rows.reward).squared().mean()
        try expectStep(
            after, state, Self.layers.map { "networks/decoder.reward.\($0)" }, "decoderOptimizer",
            gradients(of: error, withRespectTo: before.decoder.parameters))
        for (place, task) in draws.tasks.enumerated() {
            let part = place * Self.batchSize..<(place + 1) * Self.batchSize, predictor = before.predictors[task]
            let error = (predictor(pair.rows(part)) - rows.reward.rows(part)).squared().mean()
            try expectStep(
                after, state, Self.layers.map { "networks/predictor-\(task).reward.\($0)" }, "predictorOptimizer-\(task)",
                gradients(of: error, withRespectTo: predictor.parameters))
        }
    }
}
