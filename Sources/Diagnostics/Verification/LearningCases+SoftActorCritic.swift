import Agents
import Core
import Learning

/// Soft actor-critic's losses and updates.
extension LearningCases {
    /// The losses that every off-policy agent shares, in whole updates: critics, then actor with the updated critics, then targets.
    static func softActorCritic(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let initial = try file.part("initial"), batch = try transitions(try file.part("batch"))
        let actor = try actor(initial, "actor"), critics = try twinCritic(initial, "critics")
        let targets = try twinCritic(initial, "targets").frozenCopy()
        try require(file, actor, critics, batch, latent: 0)
        try file.require(haveSameShapes(targets, critics), "'initial.targets' do not have the sizes of the critics")
        let gamma = Float(try file.number("gamma")), alpha = Float(try file.number("alpha")), tau = Float(try file.number("tau"))
        let rate = Float(try file.number("learningRate"))
        let criticOptimizer = Adam(critics.parameters, learningRate: rate), actorOptimizer = Adam(actor.parameters, learningRate: rate)
        for (i, step) in try file.parts("steps").enumerated() {
            let nextNoise = try step.tensor("noiseNext", rank: 2), noise = try step.tensor("noiseCurrent", rank: 2)
            try file.require(
                nextNoise.shape == batch.action.shape && noise.shape == batch.action.shape,
                "the noise of step \(i) does not have the shape of the actions")
            let target = SoftActorCritic.tdTarget(
                batch, latent: nil, actor: actor, targets: targets, noise: nextNoise, discount: gamma, entropyCoefficient: alpha,
                rewardScale: 1)
            comparison.compare("step \(i)'s tdTarget", target, try step.tensor("tdTarget"))
            let criticLoss = SoftActorCritic.criticLoss(batch, latent: nil, critics: critics, target: target)
            comparison.compare("step \(i)'s criticLosses", criticLoss, Double(try step.tensor("criticLosses").sum().scalar))
            criticOptimizer.step(gradients(of: criticLoss, withRespectTo: critics.parameters))

            let actorLoss = SoftActorCritic.actorLoss(
                batch, latent: nil, actor: actor, critics: critics, noise: noise, entropyCoefficient: alpha).loss
            comparison.compare("step \(i)'s actorLoss", actorLoss, try step.number("actorLoss"))
            actorOptimizer.step(gradients(of: actorLoss, withRespectTo: actor.parameters))
            softUpdate(targets.parameters, toward: critics.parameters, rate: tau)
        }
        let final = try file.part("final")
        comparison.compare("final actor", actor, try self.actor(final, "actor"))
        comparison.compare("final critics", critics, try twinCritic(final, "critics"))
        comparison.compare("final targets", targets, try twinCritic(final, "targets"))
    }

    /// Whole updates of the learner that PEARL and MetaCURE train.
    static func latentUpdate(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let initial = try file.part("initial"), settings = try file.part("settings")
        func setting(_ key: String) throws -> Float { Float(try settings.number(key)) }
        let actor = try actor(initial, "actor"), critics = try twinCritic(initial, "critics")
        let value = try initial.network("value", activation: .relu)
        let (observation, action, latent) = try sizes(file)
        var unused = RandomStream(seed: 0)
        let learner = LatentActorCritic(
            LatentActorCriticOptions(
                observation: observation, action: action, latent: latent,
                hidden: actor.network.layers.dropLast().map(\.outputs), learningRate: try setting("learningRate"),
                discount: try setting("discount"), targetRate: try setting("targetRate"), rewardScale: try setting("rewardScale"),
                policyRegularization: try setting("policyRegularization"), entropy: EntropyCoefficient(fixed: try setting("entropyCoefficient"))),
            using: &unused)
        try file.require(
            haveSameShapes(learner.actor, actor) && haveSameShapes(learner.critics, critics) && haveSameShapes(learner.value, value),
            "the networks do not have the sizes of 'observation', 'action' and 'latent', or of each other")
        learner.actor.copyParameters(from: actor)
        learner.critics.copyParameters(from: critics)
        learner.value.copyParameters(from: value)
        let targetValue = try initial.network("targetValue", activation: .relu)
        try file.require(haveSameShapes(targetValue, value), "'initial.targetValue' does not have the sizes of 'value'")
        learner.targetValue.copyParameters(from: targetValue)
        for (i, update) in try file.parts("updates").enumerated() {
            let batch = try transitions(update), latentRows = try update.tensor("latent", rank: 2).trainableCopy()
            try require(file, actor, critics, batch, latent: latent)
            let noise = try update.tensor("noise", rank: 2), nextLatent = try update.tensor("nextLatent", rank: 2)
            try file.require(noise.shape == batch.action.shape && nextLatent.shape == latentRows.shape && latentRows.columns == latent,
                             "'noise', 'latent' or 'nextLatent' of update \(i) have another shape")
            let (losses, slopes) = try learner.update(
                batch, latent: latentRows, nextLatent: nextLatent, penalty: try setting("penalty") * latentRows.squared().sum(),
                inference: [latentRows], noise: noise, count: i)
            comparison.compare(
                "update \(i)'s losses", losses.metrics.map(\.value),
                try ["criticLoss", "valueLoss", "actorLoss", "policyEntropy"].map { Float(try update.number($0)) })
            comparison.compare("update \(i)'s latentGradient", slopes[0], try update.tensor("latentGradient"))
        }
        let final = try file.part("final")
        comparison.compare("final actor", learner.actor, try self.actor(final, "actor"))
        comparison.compare("final critics", learner.critics, try twinCritic(final, "critics"))
        comparison.compare("final value", learner.value, try final.network("value", activation: .relu))
        comparison.compare("final targetValue", learner.targetValue, try final.network("targetValue", activation: .relu))
    }

    /// Whole updates of the learner that PEARL trains where actions are discrete.
    static func discreteUpdate(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let initial = try file.part("initial"), settings = try file.part("settings")
        func setting(_ key: String) throws -> Float { Float(try settings.number(key)) }
        let actor = try initial.network("actor", activation: .relu), critics = try twinCritic(initial, "critics")
        let (observation, actions, latent) = try sizes(file)
        var unused = RandomStream(seed: 0)
        let learner = DiscreteLatentActorCritic(
            LatentActorCriticOptions(
                observation: observation, action: actions, latent: latent, hidden: actor.layers.dropLast().map(\.outputs),
                learningRate: try setting("learningRate"), discount: try setting("discount"), targetRate: try setting("targetRate"),
                rewardScale: try setting("rewardScale"), policyRegularization: 0,
                entropy: EntropyCoefficient(fixed: try setting("entropyCoefficient"))),
            observation: .unbounded(observation), using: &unused)
        try file.require(
            haveSameShapes(learner.actor.network, actor) && haveSameShapes(learner.critics, critics),
            "the networks do not have the sizes of 'observation', 'action' and 'latent', or of each other")
        learner.actor.network.copyParameters(from: actor)
        learner.critics.copyParameters(from: critics)
        let targets = try twinCritic(initial, "targets")
        try file.require(haveSameShapes(targets, critics), "'initial.targets' do not have the sizes of the critics")
        learner.targets.copyParameters(from: targets)
        for (i, update) in try file.parts("updates").enumerated() {
            var batch = try transitions(update)
            let masks = try (update.tensor("actionMask", rank: 2), update.tensor("nextActionMask", rank: 2))
            let latentRows = try update.tensor("latent", rank: 2).trainableCopy(), rows = batch.observation.rows
            try file.require(
                batch.observation.columns == observation && batch.nextObservation.shape == batch.observation.shape
                    && [batch.action, masks.0, masks.1].allSatisfy { $0.shape == [rows, actions] } && latentRows.shape == [rows, latent]
                    && batch.reward.shape == [rows, 1] && batch.terminated.shape == [rows, 1],
                "the entries of update \(i) do not fit the networks or each other")
            (batch.actionMask, batch.nextActionMask) = masks
            let (losses, slopes) = try learner.update(
                batch, latent: latentRows, penalty: try setting("penalty") * latentRows.squared().sum(), inference: [latentRows], count: i)
            comparison.compare(
                "update \(i)'s losses", losses.metrics.map(\.value),
                try ["criticLoss", "actorLoss", "policyEntropy"].map { Float(try update.number($0)) })
            comparison.compare("update \(i)'s latentGradient", slopes[0], try update.tensor("latentGradient"))
        }
        let final = try file.part("final")
        comparison.compare("final actor", learner.actor.network, try final.network("actor", activation: .relu))
        comparison.compare("final critics", learner.critics, try twinCritic(final, "critics"))
        comparison.compare("final targets", learner.targets, try twinCritic(final, "targets"))
    }

    // MARK: Parts of such cases

    /// Columns of observations, actions and latents.
    static func sizes(_ file: LearningCaseFile) throws -> (observation: Int, action: Int, latent: Int) {
        (try file.count("observation", upTo: 4096), try file.count("action", upTo: 4096), try file.count("latent", upTo: 4096))
    }

    static func transitions(_ part: LearningCaseFile) throws -> TransitionBatch {
        TransitionBatch(
            observation: try part.tensor("observation", rank: 2), action: try part.tensor("action", rank: 2),
            reward: try part.tensor("reward", rank: 2), nextObservation: try part.tensor("nextObservation", rank: 2),
            terminated: try part.tensor("terminated", rank: 2))
    }

    static func actor(_ part: LearningCaseFile, _ key: String) throws -> TanhGaussianActor {
        let network = try part.network(key, activation: .relu), outputs = network.layers[network.layers.count - 1].outputs
        try part.require(outputs.isMultiple(of: 2), "'\(part.path)\(key)' has \(outputs) outputs, not a mean and a deviation for each action")
        var unused = RandomStream(seed: 0)
        var actor = TanhGaussianActor(inputs: network.layers[0].inputs, hidden: [], actionSize: outputs / 2, using: &unused)
        actor.network = network
        return actor
    }

    static func twinCritic(_ part: LearningCaseFile, _ key: String) throws -> TwinCritic {
        let networks = try part.networks(key, activation: .relu)
        try part.require(networks.count == 2, "two networks in '\(part.path)\(key)' are expected")
        var unused = RandomStream(seed: 0)
        var critics = TwinCritic(inputs: 1, hidden: [], using: &unused)
        (critics.first, critics.second) = (networks[0], networks[1])
        return critics
    }

    static func haveSameShapes(_ one: some Module, _ other: some Module) -> Bool {
        one.parameters.map(\.shape) == other.parameters.map(\.shape)
    }

    /// Throws unless a batch fits networks of so many latent columns.
    static func require(
        _ file: LearningCaseFile, _ actor: TanhGaussianActor, _ critics: TwinCritic, _ batch: TransitionBatch, latent: Int
    ) throws {
        let observation = batch.observation.columns, rows = batch.observation.rows, inputs = observation + batch.action.columns + latent
        try file.require(
            actor.network.layers[0].inputs == observation + latent && actor.actionSize == batch.action.columns
                && [critics.first, critics.second].allSatisfy { $0.layers[0].inputs == inputs }
                && batch.nextObservation.shape == batch.observation.shape && batch.action.rows == rows && batch.reward.shape == [rows, 1]
                && batch.terminated.shape == [rows, 1],
            "the batch does not fit the networks")
    }
}
