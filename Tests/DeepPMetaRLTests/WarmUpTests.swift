import Agents
import DeepPMetaRL
import TestEnvironments
import Testing

/// Short rounds before the long ones, and an inference network that then stays as it is.
@Suite struct WarmUpTests {
    /// Every round is of one kind, that of its first update.
    @Test func roundsOfTheWarmUpComeFirst() throws {
        var settings = smallSettings()
        (settings.initialSteps, settings.stepsPerUpdate) = (1, 1)
        (settings.warmUpUpdates, settings.warmUpUpdatesPerRound, settings.updatesPerRound) = (7, 3, 25)
        #expect(try roundEnds(settings, steps: 140) == [3, 6, 9, 34, 59, 69])
        settings.warmUpUpdates = 0
        #expect(try roundEnds(settings, steps: 140) == [25, 50, 69])
    }

    /// Also where it stops within a round, and where personalized networks are kept: z is of one network then, for all.
    @Test(arguments: [60, 50], [PMetaRLSettings.PersonalStart.meta, .keep])
    func theInferenceNetworkStaysAsItIs(updates: Int, start: PMetaRLSettings.PersonalStart) throws {
        var settings = smallSettings()
        (settings.updatesPerRound, settings.encoderUpdates, settings.personalStart) = (20, updates, start)
        let agent = try PMetaRL.onPoint(settings, steps: 1000)
        let session = Rounds(agent)
        try agent.train(session)
        let moved = zip(session.rounds, session.rounds.dropFirst()).map { before, after in
            (updates: after.updates, encoder: before.encoder != after.encoder, actor: before.actor != after.actor)
        }
        #expect(moved.count > 5 && moved.allSatisfy(\.actor))
        #expect(moved.allSatisfy { $0.encoder == ($0.updates <= 60) }, "\(moved)")
        #expect(session.rounds.last.map { last in last.personalEncoders.allSatisfy { $0 == last.encoder } } == true)
    }

    /// With rounds of 500 updates from the beginning the meta-policy hardly moves: of three seeds none returned more than 1.3. After a
    /// warm-up of half the updates they returned from 5.8 to 12.4.
    @Test func theMetaPolicyAdaptsInLongRounds() throws {
        var settings = smallSettings()
        settings.updatesPerRound = 500
        let without = try PMetaRL.trained(settings, steps: 8000, seed: 2).returnsAfterAdapting(episodes: 2)
        (settings.warmUpUpdates, settings.encoderUpdates) = (2000, 2000)
        let with = try PMetaRL.trained(settings, steps: 8000, seed: 2).returnsAfterAdapting(episodes: 2)
        #expect(with.allSatisfy { $0 > 6 } && without.allSatisfy { $0 < 4 }, "\(without), \(with) of 18 possible")
    }

    private func roundEnds(_ settings: PMetaRLSettings, steps: Int) throws -> [Int] {
        let agent = try PMetaRL.onPoint(settings, steps: steps), session = Rounds(agent)
        try agent.train(session)
        return session.rounds.map(\.updates)
    }
}

/// What there is at the end of each round.
private final class Rounds: TrainingSession {
    private(set) var rounds: [(updates: Int, encoder: [[Float]], actor: [[Float]], personalEncoders: [[[Float]]])] = []
    private let agent: PMetaRL

    init(_ agent: PMetaRL) { self.agent = agent }

    func pause(_ metrics: [String: Double]) throws {}
    func endRound(_ metrics: [String: Double]) throws {
        guard agent.progress.rounds > 0 else { return }
        rounds.append((
            updates: agent.progress.gradientUpdates / 2, encoder: agent.meta.encoder.parameters.map(\.array),
            actor: agent.meta.actor.parameters.map(\.array),
            personalEncoders: agent.tasks.map { $0.personalized.encoder.parameters.map(\.array) }))
    }
}
