import Agents
import Core
import DeepPMetaRL
import TestEnvironments
import Testing

func smallSettings() -> PMetaRLSettings {
    var settings = PMetaRLSettings()
    settings.actorHidden = [32]
    settings.criticHidden = [32]
    settings.encoderHidden = [16]
    settings.batchSize = 32
    settings.contextBatch = 20
    settings.initialSteps = 60
    settings.replayCapacity = 2000
    return settings
}

/// The personalized policy of a training task.
func personalizedPolicy(_ agent: PMetaRL, task: Int) throws -> any Policy {
    let personal = try #require(agent.policies.first { $0.name == AgentPolicy.personalName })
    guard case .ready(let make) = personal.origin else { throw StateError.missing("a personalized policy") }
    return try #require(try make(task).first)
}

@Suite struct PMetaRLTests {
    @Test func personalizedPoliciesSolveConflictingTasks() throws {
        let agent = try PMetaRL.trained(smallSettings(), steps: 3000)
        for (task, direction) in [1.0, -1.0].enumerated() {
            let policy = try personalizedPolicy(agent, task: task)
            let result = try PointEnvironment.play(policy, direction: direction)
            #expect(result > 14, "task \(task) returned \(result) of 18 possible")
        }
    }

    @Test func theMetaPolicyAdaptsToBothDirections() throws {
        let returns = try PMetaRL.trained(smallSettings(), steps: 4000).returnsAfterAdapting(episodes: 2)
        #expect(returns.allSatisfy { $0 > 12 }, "\(returns) of 18 possible")
    }

    @Test func aContextLengthIsAMetaAndAPersonalizedPolicy() throws {
        var settings = smallSettings()
        settings.contextLengths = [3]
        let agent = try PMetaRL.trained(settings, steps: 300), own = try #require(agent.policies.last)
        #expect(agent.policies.map(\.name) == ["meta", "meta-stored", "personal", "personal-fresh", "meta-k3", "personal-k3"])
        #expect(own.tasks == .training && own.title == "personalized policy, after 3 adaptation episodes")
        guard case .adaptedPersonally(let adapt) = own.origin else { throw StateError.missing("a policy that adapts") }
        var random = RandomStream(seed: 5)
        let adaptation = try adapt(1, PointEnvironment(direction: -1), 2, &random)
        #expect(adaptation.episodeReturns.count == 3 && adaptation.steps == 60 && adaptation.latent == nil)
    }

    /// Personalized critics are their task's own; the meta critics at the prior's mean are the same for all tasks.
    @Test func valuesOfActionsAreThoseOfTheTasksOrTheMetaCritics() throws {
        let agent = try PMetaRL.trained(smallSettings(), steps: 3000), actions: [Float] = [-1, 0, 1]
        func values(_ policy: String, _ task: Int) throws -> [Float] {
            try agent.actionValues(observation: [0, 0], actions: actions, policy: policy, trainingTask: task)
        }
        let right = try values("personal", 0), left = try values("personal-k3", 1)
        #expect(right[2] > right[0] && left[0] > left[2], "\(right) \(left)")
        #expect(try values("meta", 0) == values("meta", 1) && values("meta-stored", 0) != values("meta", 0))
        #expect(try values("personal", 0) != values("meta-stored", 0))
    }

    @Test func everyNumberOfThreadsGivesTheSameBits() throws {
        try PMetaRL.expectSameBitsWithTwoThreads(smallSettings(), steps: 600)
    }

    @Test func anotherSeedGivesOtherNetworks() throws {
        let one = StateCoder.save(try PMetaRL.trained(smallSettings(), steps: 200, seed: 1))
        let two = StateCoder.save(try PMetaRL.trained(smallSettings(), steps: 200, seed: 2))
        #expect(one["networks/meta.actor.network.layers.0.weight"] != two["networks/meta.actor.network.layers.0.weight"])
    }

    @Test(arguments: [1, 5, 7, 9]) func restoringInTheMiddleOfARoundGivesTheSameBits(pauses: Int) throws {
        var settings = smallSettings()
        settings.latentBudget = 3
        settings.contextEpisodes = 2
        try PMetaRL.expectSameBitsAfterResuming(settings, steps: 700, pauses: pauses, withinRound: false)
    }

    /// Rounds of the warm-up are longer here than later ones.
    @Test(arguments: [1, 3, 5, 7, 9]) func restoringInTheWarmUpOrAfterItGivesTheSameBits(pauses: Int) throws {
        var settings = smallSettings()
        (settings.warmUpUpdates, settings.warmUpUpdatesPerRound, settings.updatesPerRound, settings.encoderUpdates) = (70, 60, 30, 65)
        try PMetaRL.expectSameBitsAfterResuming(settings, steps: 700, pauses: pauses, withinRound: false)
    }

    @Test func theStepBudgetIsMetExactlyEvenWhereItDoesNotDivide() throws {
        try PMetaRL.trained(smallSettings(), steps: 333).expectFinished(steps: 333)
    }

    @Test func adaptingChangesNothingInTheAgent() throws {
        try PMetaRL.trained(smallSettings(), steps: 400).expectAdaptingChangesNothing()
    }

    @Test func policiesDoNotChangeWhenTrainingGoesOn() throws {
        let agent = try PMetaRL.onPoint(smallSettings(), steps: 600)
        try agent.train(untilSteps: 300)
        try agent.expectTrainingDoesNotChange([agent.expectAdaptingChangesNothing(), personalizedPolicy(agent, task: 0)])
    }

    @Test func statesThatDoNotFitAreRefused() throws {
        try PMetaRL.trained(smallSettings(), steps: 200).expectRefused([
            ("task-0/latent", { $0.store([1, 2, 3] as [Float], at: "task-0/latent") }),
            ("task-1/environmentSteps", { $0.store(102, at: "task-1/environmentSteps") }),
            ("updatesInRound", { $0.store(50, at: "updatesInRound") }),
            ("task-1/replay/next", { $0.store(7, at: "task-1/replay/next") }),
            ("task-0/targets.first.layers.0.weight", { $0["task-0/targets.first.layers.0.weight"] = nil }),
        ])
    }

    @Test func theMetaNetworksAreTheMeanOfTheAuxiliaryOnesAfterARound() throws {
        let agent = try PMetaRL.trained(smallSettings(), steps: 1000)
        let state = StateCoder.save(agent)
        let name = "actor.network.layers.0.weight"
        let meta = try state.floats("networks/meta.\(name)")
        let first = try state.floats("task-0/auxiliary.\(name)"), second = try state.floats("task-1/auxiliary.\(name)")
        for i in meta.indices { #expect(abs(meta[i] - (first[i] + second[i]) / 2) < 1e-6) }
        #expect(first != second)
    }

    @Test func aNonFiniteLossStopsTraining() throws {
        try PMetaRL.expectNonFiniteRewardsAreErrors(smallSettings(), steps: 1000)
    }

    @Test func impossibleSettingsNameTheirKey() {
        smallSettings().expectRefused([
            ("batchSize", { $0.batchSize = 0 }), ("discount", { $0.discount = 1.5 }),
            ("actorLearningRate", { $0.proximalWeight = 5000 }), ("contextEpisodes", { $0.contextEpisodes = Int.max }),
            ("personalizedEpisodes", { $0.personalizedEpisodes = Int.max }), ("latentBudget", { $0.latentBudget = -1 }),
            ("latentSize", { $0.latentSize = Int.max }), ("criticHidden", { $0.criticHidden = [] }),
            ("warmUpUpdates", { $0.warmUpUpdates = -1 }), ("warmUpUpdatesPerRound", { $0.warmUpUpdatesPerRound = 0 }),
            ("encoderUpdates", { $0.encoderUpdates = -1 }), ("metaRate", { $0.metaRate = 0 }),
        ])
    }

    /// Beside Adam's step a pull of more than 1 overshoots; inside the gradient Adam bounds it.
    @Test func aStrongPullIsPossibleInsideTheGradient() throws {
        var settings = smallSettings()
        (settings.proximalWeight, settings.actorLearningRate, settings.auxiliaryLearningRate) = (500, 3e-3, 1e-3)
        #expect(throws: SettingError.self) { try settings.validate() }
        settings.proximalForm = .coupled
        try settings.validate()
        settings.auxiliaryLearningRate = 3e-3
        #expect(throws: SettingError.self) { try settings.validate() }
    }

    @Test func aProblemWithoutTasksIsAnError() {
        PMetaRL.expectNoTasksIsAnError(smallSettings())
    }
}
