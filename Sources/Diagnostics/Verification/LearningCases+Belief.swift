import Agents
import Core
import Learning
import VariBAD

/// VariBAD's belief and policy.
extension LearningCases {
    /// The negative lower bound on whole trials, its parts, its gradient, and all posteriors.
    static func beliefLoss(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let observation = try file.count("observation"), action = try file.count("action"), isReward = try file.text("target") == "reward"
        var settings = VariBADSettings()
        settings.latentSize = try file.count("latent")
        settings.recurrentSize = try file.count("recurrent")
        settings.observationFeatures = try file.count("outcomeFeatures")
        settings.actionFeatures = try file.count("actionFeatures")
        settings.rewardFeatures = try file.count("rewardFeatures")
        settings.rewardDecoderHidden = try file.counts("decoderHidden")
        settings.transitionDecoderHidden = settings.rewardDecoderHidden
        settings.truncation = try file.count("truncation")
        settings.divergenceWeight = Float(try file.number("weight"))
        var unused = RandomStream(seed: 0)
        let model = BeliefModel(
            encoder: BeliefEncoder(observation: observation, action: action, settings: settings, using: &unused),
            decoders: [TrajectoryDecoder(isReward ? .reward : .outcome, observation: observation, action: action, settings: settings, using: &unused)])
        try set(model.parameters, file)

        let steps = DecodedSteps(
            observations: try file.tensor("observations", rank: 2), actions: try file.tensor("actions", rank: 2),
            outcomes: try file.tensor("outcomes", rank: 2), rewards: try file.tensor("rewards", rank: 2))
        let batch = BeliefBatch(lengths: try file.counts("lengths"), steps: steps), rows = batch.longest * batch.trials
        let sample = ElboSample(
            beliefs: try file.counts("beliefs"), steps: try file.counts("steps"), noise: try file.tensor("noise", rank: 2))
        try file.require(
            rows > 0 && steps.observations.shape == [rows, observation + 1] && steps.outcomes.shape == [rows, observation + 1]
                && steps.actions.shape == [rows, action] && steps.rewards.shape == [rows, 1]
                && sample.noise.shape == [sample.beliefs.count, settings.latentSize] && sample.beliefs.count % batch.trials == 0
                && sample.steps.count % sample.beliefs.count == 0 && sample.beliefs.allSatisfy { $0 < rows + batch.trials }
                && sample.steps.allSatisfy { $0 < rows },
            "'lengths', the steps, 'beliefs', 'steps' or 'noise' do not fit together")
        let loss = model.loss(batch, sample, settings: settings)
        comparison.compare(
            "losses", [loss.total.scalar, loss.errors[0], loss.divergence],
            try ["loss", "error", "divergence"].map { Float(try file.number($0)) })
        comparison.compare("gradients", gradients(of: loss.total, withRespectTo: model.parameters), try file.tensors("gradients"))
        let found = model.encoder.beliefs(
            actions: steps.actions, outcomes: steps.outcomes, rewards: steps.rewards, steps: batch.longest, truncation: 0)
        comparison.compare("posteriors", found, try file.tensor("posteriors"))
        // One step at a time, as in collecting and at the meta-test.
        var state = model.encoder.gru.initialState(batch: batch.trials), stepwise = [model.encoder.belief(state)]
        for t in 0..<batch.longest {
            let now = t * batch.trials..<(t + 1) * batch.trials
            state = model.encoder.step(
                state: state, actions: steps.actions.rows(now), outcomes: steps.outcomes.rows(now), rewards: steps.rewards.rows(now))
            stepwise.append(model.encoder.belief(state))
        }
        comparison.compare("posteriors, step by step", concatenatedRows(stepwise), try file.tensor("posteriors"))
    }

    /// PPO's loss on observations and beliefs with its gradient, and advantages of trials of several episodes.
    static func beliefPolicy(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let observation = try file.count("observation"), action = try file.count("action")
        var settings = VariBADSettings()
        settings.latentSize = try file.count("latent")
        settings.observationEmbedding = try file.count("observationEmbedding")
        settings.beliefEmbedding = try file.count("beliefEmbedding")
        settings.hidden = try file.counts("hidden")
        settings.clip = Float(try file.number("clip"))
        settings.valueWeight = Float(try file.number("valueWeight"))
        settings.entropyWeight = Float(try file.number("entropyWeight"))
        var unused = RandomStream(seed: 0)
        let policy = BeliefPolicy(observation: observation, action: action, settings: settings, using: &unused)
        try set(policy.parameters, file)
        let steps = PolicyMinibatch(
            observations: try file.tensor("observations", rank: 2), beliefs: try file.tensor("beliefs", rank: 2),
            actions: try file.tensor("actions", rank: 2), logProbabilities: try file.tensor("logProbabilities", rank: 2),
            advantages: try file.tensor("advantages", rank: 2), returns: try file.tensor("returns", rank: 2),
            values: try file.tensor("values", rank: 2))
        let rows = steps.observations.rows
        try file.require(
            steps.observations.columns == observation && steps.beliefs.shape == [rows, 2 * settings.latentSize]
                && steps.actions.shape == [rows, action]
                && [steps.logProbabilities, steps.advantages, steps.returns, steps.values].allSatisfy { $0.shape == [rows, 1] },
            "the steps do not fit together")
        let loss = policy.loss(steps, settings: settings)
        comparison.compare(
            "losses", [loss.total.scalar, loss.valueLoss, loss.entropy, loss.kl, loss.clipFraction],
            try ["loss", "valueLoss", "entropy", "kl", "clipFraction"].map { Float(try file.number($0)) })
        comparison.compare("gradients", gradients(of: loss.total, withRespectTo: policy.parameters), try file.tensors("gradients"))

        let rewards = try file.tensor("trialRewards", rank: 2), values = try file.tensor("trialValues", rank: 2)
        let ends = try file.tensor("episodeEnds", rank: 2), trialEnds = try file.tensor("trialEnds", rank: 2)
        try file.require(
            values.shape == [rewards.rows + 1, rewards.columns] && ends.shape == rewards.shape && trialEnds.shape == rewards.shape,
            "'trialRewards', 'trialValues', 'episodeEnds' or 'trialEnds' do not fit together")
        var trials = BeliefTrials(
            steps: rewards.rows, tasks: Array(repeating: 0, count: rewards.columns), observation: 1, action: 1, latent: 1)
        trials.values = values.array
        trials.ends = ends.array.map { $0 == 0 ? .goesOn : $0 == 1 ? .terminated : .truncated }
        trials.endsTrial = trialEnds.array.map { $0 == 1 }
        let found = trials.advantages(
            of: rewards.array, discount: Float(try file.number("trialDiscount")), lambda: Float(try file.number("trialLambda")))
        comparison.compare("advantages", found, try file.tensor("trialAdvantages").array)
    }

    private static func set(_ parameters: [Tensor], _ file: LearningCaseFile) throws {
        let recorded = try file.tensors("parameters")
        try file.require(parameters.map(\.shape) == recorded.map(\.shape), "'parameters' do not have the shapes that the sizes give")
        for (own, other) in zip(parameters, recorded) { own.copy(from: other) }
    }
}
