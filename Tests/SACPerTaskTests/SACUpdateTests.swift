import Agents
import Core
import Learning
import SACPerTask
import TestEnvironments
import Testing

/// One update of a task against soft actor-critic's losses, written out here from an agent's states before and after it. No two settings of the
/// same kind are alike, and none is the default.
@Suite struct SACUpdateTests {
    private var settings: SACPerTaskSettings {
        var settings = smallSettings()
        settings.updatesPerRound = 1
        settings.actorLearningRate = 1.5e-3
        settings.criticLearningRate = 3e-3
        settings.entropyLearningRate = 5e-3
        settings.entropyCoefficient = 0.3
        settings.targetEntropy = -0.5
        settings.discount = 0.9
        settings.targetRate = 0.03
        settings.rewardScale = 2
        settings.policyRegularization = 0.05
        return settings
    }

    @Test func oneUpdateIsSoftActorCritics() throws {
        let trained = try SACPerTask.onPoint(settings, steps: 2000), agent = try SACPerTask.onPoint(settings, steps: 2000, seed: 2)
        try trained.train(pauses: 5)
        let before = try StateCoder.save(trained).scattered(["networks/", "/targets"])
        try StateCoder.restore(before, agent)
        let metrics = try #require(try agent.train(pauses: 1).metrics.first), after = StateCoder.save(agent)
        let losses = try (0..<2).map { try expectUpdate(ofTask: $0, before, after) }
        for name in losses[0].keys {
            let mean = ((losses[0][name] ?? .nan) + (losses[1][name] ?? .nan)) / 2, found = metrics[name] ?? .nan
            #expect(abs(found - mean) < 1e-4 * max(0.1, abs(mean)), "\(name) is \(found), where \(mean) is expected")
        }
    }

    /// Returns the losses and the entropy coefficient.
    private func expectUpdate(ofTask task: Int, _ before: StateDictionary, _ after: StateDictionary) throws -> [String: Double] {
        let own = "networks/task-\(task)", rows = settings.batchSize
        var random = try before.stream("task-\(task)/random.update")
        // Of the transitions after it: the last one was collected before the update.
        let batch = try after.buffer("task-\(task)/replay", observation: 2, action: 1).sample(rows, using: &random)
        let nextNoise = Tensor.normal([rows, 1], using: &random), noise = Tensor.normal([rows, 1], using: &random)
        let actor = try before.network("\(own).actor.network"), names = ["\(own).critics.first", "\(own).critics.second"]
        let critics = try names.map(before.network), alpha = try before.floats("task-\(task)/entropy/value")[0]
        let targets = try ["first", "second"].map { try before.network("task-\(task)/targets.\($0)") }

        let target = withoutGradients { () -> Tensor in
            let next = WrittenOut.sample(actor(batch.nextObservation), noise: nextNoise)
            let input = concatenated([batch.nextObservation, next.action])
            let value = minimum(targets[0](input), targets[1](input)) - alpha * next.logProbability
            return settings.rewardScale * batch.reward + settings.discount * (1 - batch.terminated) * value
        }
        let criticLoss = WrittenOut.criticLoss(critics, concatenated([batch.observation, batch.action]), target: target)
        var expected = try before.stepped(
            names, critics, "task-\(task)/criticOptimizer", gradients(of: criticLoss, withRespectTo: critics.flatMap(\.parameters)),
            rate: settings.criticLearningRate)
        // The actor, by the updated critics.
        let updated = try names.map(before.replacing(expected).network)
        let now = WrittenOut.sample(actor(batch.observation), noise: noise), input = concatenated([batch.observation, now.action])
        let actorLoss = (alpha * now.logProbability - minimum(updated[0](input), updated[1](input))).mean()
            + settings.policyRegularization * now.squares
        let entropy = try before.tunedEntropy(
            "task-\(task)/entropy", logProbability: Double(now.logProbability.mean().scalar), target: settings.targetEntropy,
            rate: settings.entropyLearningRate)
        expected.merge(
            try before.moved("task-\(task)/targets", toward: "\(own).critics", in: expected, rate: settings.targetRate)) { $1 }
        expected.merge(
            try before.stepped(
                ["\(own).actor.network"], [actor], "task-\(task)/actorOptimizer",
                gradients(of: actorLoss, withRespectTo: actor.parameters), rate: settings.actorLearningRate)) { $1 }
        expected["task-\(task)/entropy/value"] = [entropy]
        try after.expect(expected, since: before)
        return ["criticLoss": Double(criticLoss.scalar), "actorLoss": Double(actorLoss.scalar), "entropyCoefficient": entropy]
    }
}
