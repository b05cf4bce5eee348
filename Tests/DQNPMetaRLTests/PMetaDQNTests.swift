import Agents
import Core
import DQNPMetaRL
import Environments
import Learning
import TestEnvironments
import Testing

private func smallSettings() -> PMetaDQNSettings {
    var settings = PMetaDQNSettings()
    settings.hidden = [32]
    settings.batchSize = 32
    settings.iterationsPerRound = 50
    settings.targetInterval = 20
    settings.copies = 4
    settings.initialSteps = 30
    settings.replayCapacity = 5000
    return settings
}

private func agent(_ settings: PMetaDQNSettings = smallSettings(), rounds: Int, threads: Int = 1) throws -> PMetaDQN {
    try PMetaDQN(problem: ChoiceEnvironment.problem(rounds: rounds, threads: threads), settings: settings, random: RandomStreams(seed: 1))
}

private func floats(_ agent: PMetaDQN, _ key: String) throws -> [Float] { try StateCoder.save(agent).floats(key) }

private let layer = "layers.1.weight"
private let metaKey = "networks/meta.\(layer)"
private func personalKey(_ task: Int) -> String { "networks/task-\(task).learner.network.\(layer)" }

@Suite struct PMetaDQNTests {
    @Test func personalPoliciesSolveTasksThatContradictEachOther() throws {
        let agent = try agent(rounds: 6)
        try agent.finish()
        #expect(agent.policies.map(\.name) == ["meta", "personal"] && agent.policies[0].tasks == .all)
        for task in 0..<2 {
            guard case .ready(let make) = agent.policies[1].origin else { throw StateError.missing("a policy of its own") }
            #expect(try ChoiceEnvironment.play(#require(try make(task).first), task: task) == 10)
        }
        #expect(agent.gradientUpdates == 2 * 300 && agent.progress.environmentSteps == 2 * (32 + 300 * 4))
    }

    /// Equation (14), with beta 1 and beyond it.
    @Test(arguments: [1, 1.5] as [Float]) func theMetaNetworkMovesToTheMeanOfTheAuxiliaryOnes(beta: Float) throws {
        var settings = smallSettings()
        settings.metaRate = beta
        let agent = try agent(settings, rounds: 1), before = try floats(agent, metaKey)
        try agent.finish()
        let auxiliary = try (0..<2).map { try floats(agent, "task-\($0)/auxiliary.\(layer)") }, after = try floats(agent, metaKey)
        for i in after.indices {
            #expect(abs(after[i] - ((1 - beta) * before[i] + beta * (auxiliary[0][i] + auxiliary[1][i]) / 2)) < 1e-6)
        }
        #expect(auxiliary[0] != auxiliary[1])
    }

    /// Without learning, a round's start is all that moves personalized networks.
    @Test(arguments: [PMetaDQNSettings.PersonalStart.keep, .meta]) func aRoundStartsWhereTheSettingSays(
        start: PMetaDQNSettings.PersonalStart
    ) throws {
        let first = try agent(rounds: 1)
        try first.finish()
        let meta = try floats(first, metaKey), own = try floats(first, personalKey(0))
        #expect(meta != own)
        var settings = smallSettings()
        (settings.learningRate, settings.personalStart) = (1e-20, start)
        let second = try agent(settings, rounds: 2)
        try StateCoder.restore(StateCoder.save(first), second)
        try second.train(pauses: 1)
        #expect(try floats(second, personalKey(0)) == (start == .keep ? own : meta))
    }

    /// One pull an iteration, or one an update: with eta lambda = 0.02, auxiliary networks come nearer the more there are.
    @Test func thePullIsOncePerIterationOrUpdate() throws {
        func distance(_ pull: PMetaDQNSettings.Pull, updates: Int) throws -> Float {
            var settings = smallSettings()
            (settings.pull, settings.updatesPerIteration) = (pull, updates)
            // Personalized networks stand still: all movement is the auxiliary networks'.
            settings.learningRate = 1e-20
            let first = try agent(rounds: 1)
            try first.finish()
            let own = try floats(first, personalKey(0)), second = try agent(settings, rounds: 2), meta = try floats(first, metaKey)
            try StateCoder.restore(StateCoder.save(first), second)
            try second.train(pauses: 1)
            let auxiliary = try floats(second, "task-0/auxiliary.\(layer)")
            func norm(_ a: [Float]) -> Float { zip(a, own).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot() }
            return norm(auxiliary) / norm(meta)
        }
        func power(_ count: Int) -> Float { (0..<count).reduce(1) { value, _ in value * 0.98 } }
        #expect(abs(try distance(.iteration, updates: 3) - power(20)) < 1e-3)
        #expect(abs(try distance(.update, updates: 3) - power(60)) < 1e-3)
    }

    @Test func threadsChangeNoBit() throws {
        let one = try agent(rounds: 2), two = try agent(rounds: 2, threads: 2)
        try one.finish()
        try two.finish()
        #expect(StateCoder.save(one) == StateCoder.save(two))
    }

    @Test func wrongSettingsNameTheirKey() {
        func key(_ change: (inout PMetaDQNSettings) -> Void) -> String? {
            var settings = smallSettings()
            change(&settings)
            do { try settings.validate() } catch { return (error as? SettingError)?.key }
            return nil
        }
        #expect(key { _ in } == nil && key { $0.metaRate = 2 } == nil)
        #expect(key { $0.proximalWeight = -1 } == "proximalWeight")
        #expect(key { $0.metaRate = 0 } == "metaRate")
        #expect(key { $0.auxiliaryLearningRate = .nan } == "auxiliaryLearningRate")
        #expect(key { $0.batchSize = 0 } == "batchSize")
        #expect(key { ($0.proximalWeight, $0.learningRate, $0.auxiliaryLearningRate) = (100, 0.02, 0.01) } == "learningRate")
        #expect(key { ($0.proximalWeight, $0.learningRate, $0.auxiliaryLearningRate) = (100, 0.01, 0.02) } == "auxiliaryLearningRate")
    }
}
