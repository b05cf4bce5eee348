import Agents
import Core
import DeepPMetaRL
import Foundation
import Learning
import TestEnvironments
import Testing

/// One update of deep pMeta-RL against soft actor-critic's losses and equations (12), (13) and (14), written out here from an agent's states
/// before and after it. Gradients are the engine's, of losses that don't share the agents' code; everything after them is in double.
@Suite struct PMetaUpdateTests {
    typealias Settings = PMetaRLSettings

    private func settings(updatesPerRound: Int) -> Settings {
        var settings = smallSettings()
        settings.updatesPerRound = updatesPerRound
        settings.actorLearningRate = 1e-3
        settings.criticLearningRate = 2e-3
        settings.encoderLearningRate = 5e-4
        settings.proximalWeight = 12
        settings.auxiliaryLearningRate = 0.02
        settings.metaRate = 0.7
        settings.targetRate = 0.03
        settings.rewardScale = 2
        settings.policyRegularization = 0.05
        settings.latentWeight = 0.2
        return settings
    }

    /// An agent after some rounds, its networks then moved apart at random as if it were `updatesInRound` into a round.
    private func scattered(_ settings: Settings, updatesInRound: Int) throws -> StateDictionary {
        let problem = PointEnvironment.problem(steps: 2000)
        let agent = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.train(pauses: 5)
        var state = try StateCoder.save(agent).scattered(["networks/", "/auxiliary", "/targets"])
        state.store(updatesInRound, at: "updatesInRound")
        return state
    }

    /// The state and the metrics after one update of each task.
    private func afterOneUpdate(_ settings: Settings, from state: StateDictionary) throws -> (state: StateDictionary, metrics: [String: Double]) {
        let problem = PointEnvironment.problem(steps: 2000)
        let agent = try PMetaRL(problem: problem, settings: settings, random: RandomStreams(seed: 2))
        try StateCoder.restore(state, agent)
        let metrics = try agent.train(pauses: 1).metrics
        return (StateCoder.save(agent), try #require(metrics.first))
    }

    private func expectClose(_ found: [Double], _ expected: [Double], _ what: String) {
        let error = largestDistance(found, expected)
        #expect(error < 1e-6, "\(what) differs by \(error)")
    }

    /// Compares an update with what is written out in `WrittenUpdate`, for both tasks.
    private func expectWrittenUpdate(_ settings: Settings, from before: StateDictionary, startsRound: Bool) throws {
        let (after, metrics) = try afterOneUpdate(settings, from: before)
        let tasks = try (0..<2).map { try WrittenUpdate(task: $0, before, after: after, settings, startsRound: startsRound) }
        for (index, task) in tasks.enumerated() {
            for (name, expected) in task.personalized {
                expectClose(try numbers(after, "networks/personalized-\(index).\(name)"), expected, "personalized \(name)")
                expectClose(try numbers(after, "task-\(index)/auxiliary.\(name)"), task.auxiliary[name] ?? [], "auxiliary \(name)")
            }
            for (name, expected) in task.targets { expectClose(try numbers(after, "task-\(index)/targets.\(name)"), expected, "target \(name)") }
            expectClose(try numbers(after, "task-\(index)/entropy/value"), [task.entropyCoefficient], "entropy coefficient")
        }
        for (name, expected) in tasks[0].losses {
            let mean = (expected + (tasks[1].losses[name] ?? .nan)) / 2, found = metrics[name] ?? .nan
            #expect(abs(found - mean) < 1e-4 * max(0.1, abs(mean)), "\(name) is \(found), where \(mean) is expected")
        }
        // (14), from the auxiliary networks as they are now.
        let beta = Double(settings.metaRate)
        for name in tasks[0].personalized.keys {
            let meta = try numbers(before, "networks/meta.\(name)")
            let own = try (0..<2).map { try numbers(after, "task-\($0)/auxiliary.\(name)") }
            let expected = meta.indices.map { (1 - beta) * meta[$0] + beta * (own[0][$0] + own[1][$0]) / 2 }
            expectClose(try numbers(after, "networks/meta.\(name)"), expected, "meta \(name)")
        }
    }

    /// phi, omega and the target critics are what they are, whatever a round's start does.
    @Test(arguments: [Settings.RoundStart.keep, .reset]) func inMidRoundOneUpdateIsEquations12To14(atStart: Settings.RoundStart) throws {
        var settings = settings(updatesPerRound: 2)
        settings.targetsAtRoundStart = atStart
        settings.momentsAtRoundStart = atStart
        try expectWrittenUpdate(settings, from: try scattered(settings, updatesInRound: 1), startsRound: false)
    }

    /// phi and omega are the meta networks (line 7); target critics and Adam's moments are kept, or begin anew.
    @Test(arguments: [Settings.RoundStart.keep, .reset], [Settings.RoundStart.keep, .reset])
    func atItsStartARoundsFirstUpdateIsEquations12To14(targets: Settings.RoundStart, moments: Settings.RoundStart) throws {
        var settings = settings(updatesPerRound: 1)
        settings.targetsAtRoundStart = targets
        settings.momentsAtRoundStart = moments
        try expectWrittenUpdate(settings, from: try scattered(settings, updatesInRound: 0), startsRound: true)
    }

    /// lambda (phi - omega) is in the gradient that Adam sees, and nothing beside its step.
    @Test func theCoupledFormPullsInsideTheGradient() throws {
        var settings = settings(updatesPerRound: 2)
        settings.proximalForm = .coupled
        try expectWrittenUpdate(settings, from: try scattered(settings, updatesInRound: 1), startsRound: false)
    }

    /// Once, by the size of its step (see `LatentWeight`).
    @Test func aTunedWeightOfTheDivergenceMovesTowardsItsBudget() throws {
        var settings = settings(updatesPerRound: 2)
        settings.latentBudget = 1
        let before = try scattered(settings, updatesInRound: 1)
        try expectWrittenUpdate(settings, from: before, startsRound: false)
        let after = try afterOneUpdate(settings, from: before).state
        for task in 0..<2 {
            let update = try WrittenUpdate(task: task, before, after: after, settings, startsRound: false)
            let excess = min(max((update.losses["latentKL"] ?? .nan) - 1, -1), 1), key = "task-\(task)/latentWeight/value"
            let expected = try numbers(before, key)[0] * exp(0.003 * excess)
            #expect(abs(try numbers(after, key)[0] / expected - 1) < 1e-6)
        }
    }
}

private func numbers(_ state: StateDictionary, _ key: String) throws -> [Double] { try state.floats(key).map(Double.init) }

/// What one update of a task must lead to. By name: `actor.network.layers.0.weight`, and for targets `first.layers.0.weight`.
private struct WrittenUpdate {
    private(set) var personalized: [String: [Double]] = [:]
    private(set) var auxiliary: [String: [Double]] = [:]
    private(set) var targets: [String: [Double]] = [:]
    private(set) var entropyCoefficient = 0.0
    private(set) var losses: [String: Double] = [:]

    private let task: Int, settings: PMetaRLSettings
    private let start: (personalized: String, auxiliary: String, targets: String)
    /// Before the update, with the moments that it begins from.
    private var state: StateDictionary

    /// `after` is the state after it: the update draws from the transitions there, the last of which it was collected before.
    init(task: Int, _ before: StateDictionary, after: StateDictionary, _ settings: PMetaRLSettings, startsRound: Bool) throws {
        self.task = task
        self.settings = settings
        state = before
        let own = "networks/personalized-\(task)", critics = "networks/meta.critics"
        start = (
            startsRound ? "networks/meta" : own, startsRound ? "networks/meta" : "task-\(task)/auxiliary",
            startsRound && settings.targetsAtRoundStart == .reset ? critics : "task-\(task)/targets"
        )
        if startsRound && settings.momentsAtRoundStart == .reset {
            for (key, entry) in before.entries where key.contains("Optimizer/") {
                let zeros = [Float](repeating: 0, count: entry.values.count)
                if key.hasSuffix("steps") { state.store(0, at: key) } else { state.store(zeros, shape: entry.shape, at: key) }
            }
        }
        try write(after)
    }

    private mutating func write(_ after: StateDictionary) throws {
        let batch = settings.batchSize
        var random = try state.stream("task-\(task)/random.update")
        let samples = try after.buffer("task-\(task)/replay", observation: 2, action: 1).sample(batch, using: &random)
        let tuples = try after.buffer("task-\(task)/context", observation: 2, action: 1)
            .sampleContext(settings.contextBatch, withNext: false, using: &random)
        let latentNoise = Tensor.normal([settings.latentSize], using: &random)
        let nextNoise = Tensor.normal([batch, 1], using: &random), noise = Tensor.normal([batch, 1], using: &random)
        let actor = try state.network("\(start.personalized).actor.network"), encoder = try state.network("\(start.personalized).encoder.network")
        let critics = try ["first", "second"].map { try state.network("\(start.personalized).critics.\($0)") }
        let targetCritics = try ["first", "second"].map { try state.network("\(start.targets).\($0)") }
        let alpha = try state.floats("task-\(task)/entropy/value")[0]
        let latentWeight = settings.latentBudget > 0 ? try state.floats("task-\(task)/latentWeight/value")[0] : settings.latentWeight

        // q(z | c): the product of the tuples' Gaussian factors.
        let factors = encoder(tuples), latent = settings.latentSize
        let precision = 1 / factors.columns(latent..<2 * latent).softplus()
        let variance = 1 / precision.sum(axis: 0)
        let mean = variance * (factors.columns(0..<latent) * precision).sum(axis: 0)
        let divergence = (0.5 * (variance + mean.squared() - 1 - variance.log())).sum()
        let z = (mean + variance.sqrt() * latentNoise).reshaped([1, latent]).repeatedRows(batch), fixed = z.detached().copied()

        // (10): critics and inference network; the target from the target critics and the actor before the update.
        let target = withoutGradients { () -> Tensor in
            let next = WrittenOut.sample(actor(concatenated([samples.nextObservation, fixed])), noise: nextNoise)
            let input = concatenated([samples.nextObservation, next.action, fixed])
            let value = minimum(targetCritics[0](input), targetCritics[1](input)) - alpha * next.logProbability
            return settings.rewardScale * samples.reward + settings.discount * (1 - samples.terminated) * value
        }
        let criticLoss = WrittenOut.criticLoss(critics, concatenated([samples.observation, samples.action, z]), target: target)
        let slopes = gradients(
            of: criticLoss + latentWeight * divergence, withRespectTo: critics.flatMap(\.parameters) + encoder.parameters)
        try step(["critics.first", "critics.second"], critics, "criticOptimizer", Array(slopes[..<8]), rate: settings.criticLearningRate)
        try step(["encoder.network"], [encoder], "encoderOptimizer", Array(slopes[8...]), rate: settings.encoderLearningRate)

        // (11): the actor, by the updated critics, z held fixed.
        let updated = try ["first", "second"].map { try network("critics.\($0)", like: critics[0]) }
        let now = WrittenOut.sample(actor(concatenated([samples.observation, fixed])), noise: noise)
        let input = concatenated([samples.observation, now.action, fixed])
        let actorLoss = (alpha * now.logProbability - minimum(updated[0](input), updated[1](input))).mean()
            + settings.policyRegularization * now.squares
        try step(
            ["actor.network"], [actor], "actorOptimizer", gradients(of: actorLoss, withRespectTo: actor.parameters),
            rate: settings.actorLearningRate)

        entropyCoefficient = try state.tunedEntropy(
            "task-\(task)/entropy", logProbability: Double(now.logProbability.mean().scalar), target: settings.targetEntropy,
            rate: settings.entropyLearningRate)
        let rate = Double(settings.targetRate)
        for name in personalized.keys where name.hasPrefix("critics.") {
            let short = String(name.dropFirst("critics.".count)), new = personalized[name] ?? []
            targets[short] = zip(try numbers(state, "\(start.targets).\(short)"), new).map { (1 - rate) * $0 + rate * $1 }
        }
        losses = [
            "criticLoss": Double(criticLoss.scalar), "actorLoss": Double(actorLoss.scalar), "latentKL": Double(divergence.scalar),
            "entropyCoefficient": entropyCoefficient,
        ]
    }

    /// (12) and (13) for networks of one optimizer, whose parameters follow one another.
    private mutating func step(_ names: [String], _ networks: [MLP], _ optimizer: String, _ slopes: [Tensor], rate: Float) throws {
        let lambda = Double(settings.proximalWeight), eta = Double(settings.auxiliaryLearningRate)
        let all = zip(names, networks).flatMap { name, network in network.namedParameters.map { "\(name).\($0.0)" } }
        for (i, name) in all.enumerated() {
            let phi = try numbers(state, "\(start.personalized).\(name)"), omega = try numbers(state, "\(start.auxiliary).\(name)")
            let pull = zip(phi, omega).map { lambda * ($0 - $1) }, slope = slopes[i].array.map(Double.init)
            let isCoupled = settings.proximalForm == .coupled
            let direction = try state.adamStep(
                "task-\(task)/\(optimizer)", i, isCoupled ? zip(slope, pull).map { $0 + $1 } : slope, rate: rate)
            let new = phi.indices.map { phi[$0] - direction[$0] - (isCoupled ? 0 : Double(rate) * pull[$0]) }
            personalized[name] = new
            auxiliary[name] = omega.indices.map { omega[$0] - eta * lambda * (omega[$0] - new[$0]) }
        }
    }

    /// A personalized network after its step.
    private func network(_ name: String, like other: MLP) throws -> MLP {
        var network = other.frozenCopy()
        network.parameters = other.namedParameters.map { Tensor((personalized["\(name).\($0.0)"] ?? []).map(Float.init), shape: $0.1.shape) }
        return network
    }
}
