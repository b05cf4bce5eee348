import Agents
import Learning

extension MetaCURE {
    /// One gradient step of everything on a meta-batch of tasks. Each row, a transition from the replay, is paired with its task's
    /// belief at a random point of one of its latest explorations. Tasks without one are left out.
    func update() throws {
        let trainable = tasks.filter(\.isTrainable)
        guard !trainable.isEmpty else { return }
        let batch = drawEvenly(settings.metaBatch, of: trainable.count, using: &updateRandom).map { trainable[$0] }
        let transitions = ReplayBuffer.sample(settings.batchSize, ofEach: batch.map(\.replay), using: &updateRandom)
        let beliefs = encoder(ReplayBuffer.sampleSequences(
            settings.contextLength, ofEach: batch.map(\.context), withNext: contextHasNext, using: &updateRandom))
        let rows = batch.indices.flatMap { Array(repeating: $0, count: settings.batchSize) }
        let tuples = rows.map { _ in updateRandom.index(below: settings.contextLength) }
        let belief = beliefs.gathered(tasks: rows, tuples: tuples)
        let next = beliefs.gathered(tasks: rows, tuples: tuples.map { $0 + 1 })

        try updateExploitation(transitions, belief, divergence: beliefs.divergence)
        let fixed = concatenated([belief.mean.detached(), belief.variance.detached()])
        let intrinsic = try updatePredictors(transitions, batch.map(\.index), belief: fixed)
        try updateExploration(
            transitions, intrinsic: intrinsic, belief: fixed,
            next: concatenated([next.mean.detached(), next.variance.detached()]))
        gradientUpdates += 1
    }

    /// As PEARL: z sampled for each row; the inference network learns from the critics' loss and the KL term.
    private func updateExploitation(_ transitions: TransitionBatch, _ belief: GaussianPosterior, divergence: Tensor) throws {
        let latent = belief.sample(noise: .normal(belief.mean.shape, using: &updateRandom))
        let (losses, encoderGradients) = try exploitation.update(
            transitions, latent: latent, penalty: settings.latentWeight * divergence, inference: encoder.parameters,
            using: &updateRandom, count: gradientUpdates)
        encoderOptimizer.step(encoderGradients)
        for (name, value) in losses.metrics { metrics.add(name, value) }
        metrics.add("entropyCoefficient", exploitation.entropy.value)
        metrics.add("latentKL", divergence.scalar)
    }

    /// One step of the decoder and of the predictors of `taskIndices`. Returns each row's intrinsic reward [batch, 1], from the
    /// predictions before it: the error of the prediction from the belief minus the error of the task's own predictor.
    private func updatePredictors(_ transitions: TransitionBatch, _ taskIndices: [Int], belief: Tensor) throws -> Tensor {
        let input = concatenated([transitions.observation, transitions.action])
        let error = decoder.squaredError(
            concatenated([input, belief]), reward: transitions.reward, next: transitions.nextObservation)
        decoderOptimizer.step(try gradient(of: error, decoder, "decoder loss", task: 0))
        var own: [Tensor] = [], slopes: [[Tensor]] = []
        for (place, task) in taskIndices.enumerated() {
            let part = place * settings.batchSize..<(place + 1) * settings.batchSize
            let error = predictors[task].squaredError(
                input.rows(part), reward: transitions.reward.rows(part), next: transitions.nextObservation.rows(part))
            slopes.append(try gradient(of: error, predictors[task], "predictor loss", task: task))
            own.append(error.detached())
        }
        // Only after all errors are computed: a task may be in the batch more than once, and its steps change the predictor.
        for (gradients, task) in zip(slopes, taskIndices) { predictorOptimizers[task].step(gradients) }
        let ownError = concatenatedRows(own)
        let intrinsic = error.detached() - ownError
        metrics.add("decoderError", error.detached().mean().scalar)
        metrics.add("predictorError", ownError.mean().scalar)
        return intrinsic
    }

    private func gradient(of error: Tensor, _ predictor: Predictor, _ name: String, task: Int) throws -> [Tensor] {
        let loss = error.mean()
        guard loss.scalar.isFinite else { throw TrainingError.nonFinite(name, update: gradientUpdates, task: task) }
        return gradients(of: loss, withRespectTo: predictor.parameters)
    }

    /// Soft actor-critic of the exploration policy, conditioned on mean and variance of the belief: that of the next state has
    /// seen one tuple more.
    private func updateExploration(_ transitions: TransitionBatch, intrinsic: Tensor, belief: Tensor, next: Tensor) throws {
        var rewarded = transitions
        rewarded.reward = transitions.reward + settings.intrinsicWeight * intrinsic
        let (losses, _) = try exploration.update(
            rewarded, latent: belief, nextLatent: next, using: &updateRandom, count: gradientUpdates)
        metrics.add("explorationCriticLoss", losses.critic)
        metrics.add("explorationEntropy", losses.policyEntropy)
    }
}
