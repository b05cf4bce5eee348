import Agents
import Core
import Learning

/// The learning side of one task of pMeta-RL: Q-learning of its personalized network, and the auxiliary network between that and the meta
/// network.
package struct PMetaDQNTask: Sendable {
    /// Its network is the personalized one.
    package let learner: QLearner
    package let auxiliary: MLP
    private let settings: PMetaDQNSettings

    package init(learner: QLearner, settings: PMetaDQNSettings) {
        self.learner = learner
        self.settings = settings
        auxiliary = learner.network.frozenCopy()
    }

    /// Line 7 of Algorithm 1: the meta network becomes this task's auxiliary one and, unless `personalStart` keeps it, its personalized one.
    package func beginRound(from meta: MLP) {
        if settings.personalStart == .meta { learner.network.copyParameters(from: meta) }
        auxiliary.copyParameters(from: meta)
    }

    /// The updates of one iteration: Adam's steps on the Q loss, with the pull of equations (12) and (13) beside the last one.
    package func update() throws {
        for update in 1...settings.updatesPerIteration {
            try learner.update(pull: settings.pull == .update || update == settings.updatesPerIteration ? pull : nil)
        }
    }

    /// alpha lambda and eta lambda.
    package var pull: ProximalPull {
        ProximalPull(
            auxiliary: auxiliary.parameters, proximalRate: settings.learningRate * settings.proximalWeight,
            auxiliaryRate: settings.auxiliaryLearningRate * settings.proximalWeight)
    }

    /// Throws `TrainingError.nonFinite`.
    package func checkParameters() throws {
        try learner.checkParameters()
        try learner.check(euclideanNorm(auxiliary.parameters), "norm of the auxiliary network")
    }
}

extension PMetaDQNTask {
    package func codeState(_ coder: StateCoder) throws { try coder.module("auxiliary", auxiliary) }
}
