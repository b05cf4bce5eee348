import Agents
import Core
import DQNPMetaRL
import Environments
import Learning

/// Deep Q-learning's update.
extension LearningCases {
    /// Whole updates of one task of DQN pMeta-RL: importance weights, targets, loss, new errors, and both networks after the pull.
    static func dqnProximal(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let initial = try file.part("initial"), network = try initial.network("network", activation: .relu)
        let target = try initial.network("target", activation: .relu), auxiliary = try initial.network("auxiliary", activation: .relu)
        try file.require(
            haveSameShapes(target, network) && haveSameShapes(auxiliary, network), "the networks of 'initial' differ in shape")
        let updates = try file.parts("updates")
        var settings = PMetaDQNSettings()
        settings.hidden = network.layers.dropLast().map(\.outputs)
        settings.learningRate = Float(try file.number("learningRate"))
        settings.proximalWeight = Float(try file.number("proximalWeight"))
        settings.auxiliaryLearningRate = Float(try file.number("auxiliaryRate"))
        settings.discount = Float(try file.number("discount"))
        settings.returnSteps = try file.count("steps")
        settings.batchSize = try updates.first?.tensor("observation", rank: 2).rows ?? 1
        settings.pull = .update
        let task = PMetaDQNTask(
            learner: QLearner(index: 0, network: network, settings: settings, random: RandomStream(seed: 0)), settings: settings)
        task.learner.target.copyParameters(from: target)
        task.auxiliary.copyParameters(from: auxiliary)
        for (i, update) in updates.enumerated() {
            let batch = try valueBatch(update, settings, network)
            comparison.compare("weights of update \(i)", batch.weight, try update.tensor("weight", rank: 1))
            let found = try task.learner.update(on: batch, pull: task.pull)
            comparison.compare("targets of update \(i)", found.tdTarget, try update.tensor("tdTarget", rank: 1))
            comparison.compare("loss of update \(i)", [found.loss], [Float(try update.number("loss"))])
            comparison.compare(
                "errors of update \(i)", found.errors.array.map { abs($0) + Float(PrioritizedReplay.smallestError) },
                try update.tensor("newError", rank: 1).array)
        }
        let final = try file.part("final")
        comparison.compare("final network", task.learner.network, try final.network("network", activation: .relu))
        comparison.compare("final auxiliary", task.auxiliary, try final.network("auxiliary", activation: .relu))
    }

    /// A recorded batch, weighed as a replay weighs what it draws.
    private static func valueBatch(_ file: LearningCaseFile, _ settings: PMetaDQNSettings, _ network: MLP) throws -> ValueBatch {
        let observation = try file.tensor("observation", rank: 2), next = try file.tensor("nextObservation", rank: 2)
        let actions = try file.tensor("action", rank: 1).array, sums = try file.tensor("nStepReturn", rank: 1)
        let terminated = try file.tensor("terminated", rank: 1).array, errors = try file.tensor("error", rank: 1).array
        let layers = network.layers, count = observation.rows
        try file.require(
            observation.columns == layers[0].inputs && next.shape == observation.shape
                && [actions.count, sums.count, terminated.count, errors.count].allSatisfy { $0 == count },
            "the entries of '\(file.path)' do not fit the network or each other")
        try file.require(
            actions.allSatisfy { Int(exactly: $0).map { (0..<layers[layers.count - 1].outputs).contains($0) } ?? false },
            "'\(file.path)action' has a number that is not an action")
        var batch = ValueBatch(uninitialized: count, observation: observation.columns), bootstrap: Float = 1
        for _ in 0..<settings.returnSteps { bootstrap *= settings.discount }
        batch.observation.copy(from: observation)
        batch.nextObservation.copy(from: next)
        batch.action = actions.map { Int($0) }
        batch.discountedReturn.copy(from: sums.array)
        batch.bootstrap.copy(from: terminated.map { $0 == 0 ? bootstrap : 0 })
        let priorities = errors.map { error in
            PrioritizedReplay.priority(
                ofError: Double(error) - PrioritizedReplay.smallestError, Double(settings.priorityExponent))
        }
        let smallest = priorities.min() ?? 1
        batch.weight.copy(from: priorities.map {
            PrioritizedReplay.importance($0, smallest: smallest, Double(settings.importanceExponent))
        })
        return batch
    }
}
