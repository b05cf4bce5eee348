import Agents
import Core
import DeepPMetaRL
import Foundation
import Learning
import TestEnvironments
import Testing

/// Which z each episode gets, read from the actions of networks that show it.
@Suite struct PMetaLatentTests {
    private var settings: PMetaRLSettings {
        var settings = smallSettings()
        settings.initialSteps = 4000
        settings.contextBatch = 20_000  // a sample of the context whose mean is that of the context
        settings.contextEpisodes = 2
        settings.personalizedEpisodes = 2
        return settings
    }

    /// An agent before its first step, with networks that show z. The meta encoder's means have the actions' sign, those of the
    /// personalized encoders the other one.
    private func agent(_ changed: PMetaRLSettings? = nil, noise: Float = 1e-6) throws -> PMetaRL {
        let settings = changed ?? settings
        let agent = try PMetaRL.onPoint(settings, steps: 20_000)
        var state = StateCoder.save(agent)
        for (name, slope) in [("meta", Float(4)), ("personalized-0", -4), ("personalized-1", -4)] {
            try RevealedLatent.write(
                into: &state, actor: "networks/\(name).actor.network", encoder: "networks/\(name).encoder.network",
                latentSize: settings.latentSize, slope: slope, noise: noise)
        }
        try StateCoder.restore(state, agent)
        return agent
    }

    private func mean(_ values: some Collection<Float>) -> Float { values.reduce(0, +) / Float(values.count) }

    /// In each cycle a context episode with z from the prior, another one with z from the meta encoder's posterior of all context so far, and
    /// two episodes with z from the personalized encoder's posterior, which are not in the context.
    @Test func episodesGetZFromThePriorOrFromTheirOwnNetworksPosterior() throws {
        let agent = try agent()
        try agent.train(pauses: 1)
        for task in 0..<2 {
            let replay = try agent.transitions(at: "task-\(task)/replay/rows"), context = try agent.transitions(at: "task-\(task)/context/rows")
            let z = try RevealedLatent.latents(replay).map { try #require($0) }
            #expect(z.count == 25 && replay.count == 500)
            var known: [Float] = [], priors: [Float] = []
            for (episode, latent) in z.enumerated() {
                switch episode % 4 {
                case 0: priors.append(latent)
                case 1: #expect(abs(latent - 4 * mean(known)) < 0.15, "context episode \(episode): \(latent), \(known)")
                default: #expect(abs(latent + 4 * mean(known)) < 0.15, "personalized episode \(episode): \(latent), \(known)")
                }
                if episode % 4 < 2 { known.append(RevealedLatent.action(latent)) }
            }
            #expect(Set(priors).count == 7 && abs(mean(priors)) < 1.2 && priors.contains { $0 < 0 } && priors.contains { $0 > 0 })
            #expect(context == replay.enumerated().filter { $0.offset / 20 % 4 < 2 }.map(\.element))
        }
    }

    /// Meta-test: z from the prior, then from the meta encoder's posterior of all episodes so far; then the meta actor at the posterior's mean.
    @Test(arguments: [1, 2, 3]) func theMetaTestIsOfTheMetaNetworks(priorEpisodes: Int) throws {
        var settings = settings
        settings.priorEpisodes = priorEpisodes
        let agent = try agent(settings), environment = RecordingEnvironment()
        var random = RandomStream(seed: 4)
        let adaptation = try agent.adapt(to: environment, episodes: 4, using: &random)
        let z = try environment.actions.map { try #require(RevealedLatent.latent(ofEpisode: $0)) }, actions = z.map(RevealedLatent.action)
        #expect(z.count == 4)
        // From the prior they have nothing to do with the episodes before.
        for episode in 1..<priorEpisodes { #expect(abs(z[episode] - 4 * mean(actions[0..<episode])) > 0.1, "\(z)") }
        for episode in priorEpisodes..<4 { #expect(abs(z[episode] - 4 * mean(actions[0..<episode])) < 0.02, "\(z)") }
        var action: [Float] = [0]
        try adaptation.policy.act([0.3, 0.5], into: &action)
        #expect(abs(RevealedLatent.latent(action[0]) - 4 * mean(actions)) < 1e-3)
    }

    /// A personalized policy plays at the mean of its own encoder's posterior of the task's whole context.
    @Test func aPersonalizedPolicyPlaysAtThePosteriorsMean() throws {
        let agent = try agent()
        try agent.train(pauses: 1)
        for task in 0..<2 {
            let context = try agent.transitions(at: "task-\(task)/context/rows"), policy = try personalizedPolicy(agent, task: task)
            var action: [Float] = [0]
            try policy.act([0.3, 0.5], into: &action)
            #expect(abs(RevealedLatent.latent(action[0]) + 4 * mean(context.map { $0[2] })) < 1e-3)
        }
    }

    /// The same of the meta-policy, at its own encoder's mean; and the personalized policy with fresh context is the personalized networks'.
    @Test func policiesAtStoredAndAtFreshContext() throws {
        let agent = try agent()
        try agent.train(pauses: 1)
        func policy(_ name: String) throws -> AgentPolicy { try #require(agent.policies.first { $0.name == name }) }
        guard case .ready(let make) = try policy("meta-stored").origin else { throw StateError.missing("a policy that does not adapt") }
        guard case .adaptedPersonally(let adapt) = try policy("personal-fresh").origin else { throw StateError.missing("a policy that adapts") }
        for task in 0..<2 {
            let context = try agent.transitions(at: "task-\(task)/context/rows")
            var action: [Float] = [0]
            try make(task)[0].act([0.3, 0.5], into: &action)
            #expect(abs(RevealedLatent.latent(action[0]) - 4 * mean(context.map { $0[2] })) < 1e-3)
            let environment = RecordingEnvironment()
            var random = RandomStream(seed: 4)
            let adaptation = try adapt(task, environment, 2, &random)
            try adaptation.policy.act([0.3, 0.5], into: &action)
            #expect(abs(RevealedLatent.latent(action[0]) + 4 * mean(environment.actions.flatMap { $0 })) < 1e-2)
            #expect(environment.actions.count == 2 && adaptation.latent == nil)
        }
    }

    /// Both context episodes of a cycle with z from the prior.
    @Test func contextEpisodesOfTheMetaTestsKind() throws {
        var settings = settings
        settings.priorContextEpisodes = 2
        let agent = try agent(settings)
        try agent.train(pauses: 1)
        let z = try RevealedLatent.latents(agent.transitions(at: "task-0/replay/rows")).map { try #require($0) }
        let contextual = z.enumerated().filter { $0.offset % 4 < 2 }.map(\.element)
        var known: [Float] = []
        let near = contextual.filter { latent in
            defer { known.append(RevealedLatent.action(latent)) }
            return !known.isEmpty && abs(latent - 4 * mean(known)) < 0.15
        }
        #expect(contextual.count == 13 && near.count < 5, "\(contextual)")
    }

    /// With noisy actions an episode's actions differ if they are drawn. Personalized episodes' always are.
    @Test(arguments: [ActingMode.deterministic, .stochastic]) func contextEpisodesActAsTheirSettingSays(acting: ActingMode) throws {
        var settings = settings
        settings.contextActing = acting
        let agent = try agent(settings, noise: 0.1)
        try agent.train(pauses: 1)
        let latents = RevealedLatent.latents(try agent.transitions(at: "task-0/replay/rows"))
        for (episode, latent) in latents.enumerated() {
            #expect((latent != nil) == (acting == .deterministic && episode % 4 < 2), "episode \(episode)")
        }
    }

    @Test func theContextForgetsItsOldestTransitions() throws {
        var settings = settings
        settings.contextCapacity = 40
        let agent = try agent(settings)
        try agent.train(pauses: 1)
        let replay = try agent.transitions(at: "task-0/replay/rows"), context = try agent.transitions(at: "task-0/context/rows")
        let collected = replay.enumerated().filter { $0.offset / 20 % 4 < 2 }.map(\.element)
        #expect(collected.count == 260 && context.count == 40 && Set(context) == Set(collected.suffix(40)))
    }

    /// A context that is cleared when a round starts (Algorithm 1, line 3) has no tuples of earlier rounds, and both kinds of episodes go on
    /// even where rounds are shorter than an episode.
    @Test func aRoundStartMayClearTheContext() throws {
        var settings = smallSettings()
        (settings.contextAtRoundStart, settings.updatesPerRound, settings.stepsPerUpdate) = (.reset, 5, 2)
        (settings.initialSteps, settings.contextEpisodes, settings.personalizedEpisodes) = (40, 1, 1)
        let agent = try PMetaRL.onPoint(settings, steps: 2000), session = MetricNames(agent)
        try agent.train(session)
        #expect(session.names.contains("contextReturn") && session.names.contains("personalizedReturn"))
        #expect(session.mostContext <= 10, "a round takes 10 steps")
    }

    /// z is the task's one-hot vector, of training and of both policies, and no policy is for unseen tasks.
    @Test func oneHotTaskEmbedding() throws {
        var settings = smallSettings()
        settings.taskEmbedding = .oneHot
        let agent = try PMetaRL.onPoint(settings, steps: 2000)
        try agent.train(pauses: 3)
        #expect(agent.policies.map(\.name) == ["meta", "personal"] && agent.policies.allSatisfy { $0.tasks == .training })
        #expect(agent.storedLatents() == [[1, 0], [0, 1]])
        let state = StateCoder.save(agent)
        for task in 0..<2 {
            #expect(try state.floats("task-\(task)/latent") == (task == 0 ? [1, 0] : [0, 1]))
        }
        for (policy, networks) in zip(agent.policies, [["meta", "meta"], ["personalized-0", "personalized-1"]]) {
            guard case .ready(let make) = policy.origin else { throw StateError.missing("a policy that does not adapt") }
            for task in 0..<2 {
                var action: [Float] = [0]
                try make(task)[0].act([0.3, 0.5], into: &action)
                let actor = try state.network("networks/\(networks[task]).actor.network")
                let expected = tanhf(actor(Tensor([0.3, 0.5] + (task == 0 ? [1, 0] : [0, 1]), shape: [1, 4])).array[0])
                #expect(abs(action[0] - expected) < 1e-5, "\(policy.name) of task \(task)")
            }
        }
    }

    /// `keep` leaves the personalized networks where the round before left them; the auxiliary ones start at the meta networks always.
    @Test(arguments: [PMetaRLSettings.PersonalStart.meta, .keep])
    func whereARoundStarts(start: PMetaRLSettings.PersonalStart) throws {
        var settings = smallSettings()
        settings.personalStart = start
        let agent = try PMetaRL.onPoint(settings, steps: 2000)
        try agent.train(pauses: 1)
        var random = RandomStream(seed: 5)
        let task = agent.tasks[0], other = agent.meta.trainableCopy()
        for parameter in task.personalized.parameters + task.auxiliary.parameters {
            parameter.copy(from: Tensor.normal(parameter.shape, using: &random).array)
        }
        let before = task.personalized.parameters.map(\.array)
        task.beginRound(from: other)
        #expect(task.personalized.parameters.map(\.array) == (start == .meta ? other.parameters.map(\.array) : before))
        #expect(task.auxiliary.parameters.map(\.array) == other.parameters.map(\.array))
    }
}

/// Which metrics an agent gives, and how much context its first task has at rounds' ends, after the first rounds.
private final class MetricNames: TrainingSession {
    private(set) var names: Set<String> = []
    private(set) var mostContext = 0
    private let agent: PMetaRL

    init(_ agent: PMetaRL) { self.agent = agent }

    func pause(_ metrics: [String: Double]) throws { names.formUnion(metrics.keys) }
    func endRound(_ metrics: [String: Double]) throws {
        names.formUnion(metrics.keys)
        if agent.progress.rounds > 0 { mostContext = max(mostContext, agent.tasks[0].context.count) }
    }
}
