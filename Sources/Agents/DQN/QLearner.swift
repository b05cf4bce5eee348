import Core
import Environments
import Learning

/// The pull of a network to its task's auxiliary network and back, beside a step of Adam (pMeta-RL, equations 5-8 and 12-13).
package struct ProximalPull {
    /// In the order of the network's parameters.
    package let auxiliary: [Tensor]
    /// alpha lambda: network <- network - rate (network - auxiliary).
    package let proximalRate: Float
    /// eta lambda: auxiliary <- auxiliary - rate (auxiliary - network).
    package let auxiliaryRate: Float

    package init(auxiliary: [Tensor], proximalRate: Float, auxiliaryRate: Float) {
        self.auxiliary = auxiliary
        self.proximalRate = proximalRate
        self.auxiliaryRate = auxiliaryRate
    }
}

/// A Q network with everything that it learns with: target network, optimizer, prioritised replay and the stream of its draws.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
package final class QLearner: @unchecked Sendable {
    /// Of errors: which task it is.
    let index: Int
    private let batchSize, targetInterval: Int
    private let doubleLearning: Bool

    /// Observation columns -> one value for each action.
    package let network: MLP
    package let target: MLP
    private let optimizer: Adam
    package let replay: PrioritizedReplay
    private var batch: ValueBatch
    private var random: RandomStream
    package private(set) var updates = 0
    package var metrics = MetricMeans()

    /// `network` is copied. `replayScale` times as many transitions as the settings say are kept.
    package init(index: Int, network: MLP, settings: some DeepQSettings, replayScale: Int = 1, random: RandomStream) {
        self.index = index
        batchSize = settings.batchSize
        targetInterval = settings.targetInterval
        doubleLearning = settings.doubleLearning
        self.network = network.trainableCopy()
        target = network.frozenCopy()
        optimizer = Adam(self.network.parameters, learningRate: settings.learningRate)
        let observationSize = network.layers[0].inputs
        replay = PrioritizedReplay(
            observationSize: observationSize, capacity: settings.replayCapacity * replayScale,
            priorityExponent: settings.priorityExponent, importanceExponent: settings.importanceExponent)
        batch = ValueBatch(uninitialized: settings.batchSize, observation: observationSize)
        self.random = random
    }

    /// One update on a batch drawn by priority: a step of Adam with `pull` beside it, new priorities for the batch, and at every
    /// `targetInterval`-th update a new target network. Does nothing while there are no transitions (every step so far was unstable).
    /// Throws `TrainingError.nonFinite`.
    package func update(pull: ProximalPull? = nil) throws {
        guard replay.count > 0 else { return }
        replay.sample(into: &batch, using: &random)
        let found = try update(on: batch, pull: pull)
        found.errors.withUnsafeMutableBufferPointer { errors in
            for i in errors.indices { errors[i] = abs(errors[i]) }
            replay.update(batch, errors: UnsafeBufferPointer(errors))
        }
        if updates.isMultiple(of: targetInterval) { target.copyParameters(from: network) }
    }

    /// The step on a given batch: y, the loss, and the errors y - Q(s, a) before the step.
    @discardableResult
    package func update(on batch: ValueBatch, pull: ProximalPull?) throws -> (tdTarget: Tensor, loss: Float, errors: Tensor) {
        let tdTarget = DeepQ.tdTarget(batch, network: network, target: target, doubleLearning: doubleLearning)
        let (loss, errors) = DeepQ.loss(batch, network: network, tdTarget: tdTarget)
        try check(loss.scalar, "Q loss")
        let step = gradients(of: loss, withRespectTo: network.parameters)
        if let pull {
            optimizer.step(step, auxiliary: pull.auxiliary, proximalRate: pull.proximalRate, auxiliaryRate: pull.auxiliaryRate)
        } else {
            optimizer.step(step)
        }
        updates += 1
        metrics.add("loss", loss.scalar)
        return (tdTarget, loss.scalar, errors)
    }

    /// Throws `TrainingError.nonFinite` where an update's gradients overflowed although its losses were finite: a checkpoint must never
    /// contain such networks.
    package func checkParameters() throws { try check(euclideanNorm(network.parameters), "norm of the parameters") }

    /// Throws `TrainingError.nonFinite` unless `value`, called `name`, is finite.
    package func check(_ value: Float, _ name: String) throws {
        guard value.isFinite else { throw TrainingError.nonFinite(name, update: updates, task: index) }
    }
}

extension QLearner: StatefulObject {
    package func codeState(_ coder: StateCoder) throws {
        try coder.network("network", network)
        try coder.module("target", target)
        try coder.object("optimizer", optimizer)
        try coder.object("replay", replay)
        try coder.stream("random", &random)
        try coder.count("updates", &updates)
    }
}
