import Agents
import Core
import DeepPMetaRL
import Environments
import TestEnvironments
import Testing

/// What an agent keeps of episodes that terminate, are truncated or become unstable.
@Suite struct EpisodeEndTests {
    private func agent(_ script: ScriptedEnvironment.Script, steps: Int, initialSteps: Int) throws -> PMetaRL {
        var settings = smallSettings()
        settings.initialSteps = initialSteps
        return try PMetaRL(
            problem: ScriptedEnvironment.problem(script, steps: steps), settings: settings, random: RandomStreams(seed: 1))
    }

    @Test func replayMarksTerminationOnlyAndLeavesUnstableStepsOut() throws {
        let agent = try agent([(3, .terminated), (2, .unstable), (4, .truncated)], steps: 1000, initialSteps: 30)
        try agent.train(pauses: 1)
        #expect(agent.environmentSteps == 60 && agent.unstableEpisodes == 6)
        let stored = try agent.transitions(at: "task-1/replay/rows")
        // Three times the script, of whose 9 steps one is unstable, and three steps more.
        #expect(stored.count == 3 * 8 + 3)
        for row in stored {
            #expect(row[4] == row[0] && row[5] == row[1] + 1, "a transition across a reset: \(row)")
            let terminates = Int(row[0]) % 3 == 0 && row[5] == 3
            #expect(row[6] == (terminates ? 1 : 0), "\(row)")
            #expect(row[3] == -row[2] * row[2])
        }
        #expect(stored.filter { $0[6] == 1 }.count == 4)
    }

    @Test func contextHoldsTheMetaPolicysEpisodesOnly() throws {
        let agent = try agent([(3, .terminated), (2, .unstable), (4, .truncated)], steps: 1000, initialSteps: 30)
        try agent.train(pauses: 1)
        // One context episode, then two personalized ones.
        let stored = try agent.transitions(at: "task-0/context/rows")
        #expect(stored.map { $0[0] } == [0, 0, 0, 3, 3, 3, 6, 6, 6, 9, 9, 9])
    }

    @Test func anAgentThatOnlyMeetsUnstablePhysicsGoesOn() throws {
        let agent = try agent([(1, .unstable)], steps: 300, initialSteps: 20)
        try agent.train(untilSteps: 300)
        #expect(agent.unstableEpisodes == 300 && agent.gradientUpdates == 0)
    }

    @Test func anAgentWithoutContextLearnsWithLatentsFromThePrior() throws {
        let agent = try agent([(1, .unstable), (3, .truncated), (3, .terminated)], steps: 300, initialSteps: 20)
        let untrained = StateCoder.save(agent)
        try agent.train(untilSteps: 300)
        let state = StateCoder.save(agent)
        #expect(try agent.transitions(at: "task-0/context/rows").isEmpty)
        #expect(agent.gradientUpdates > 200)
        #expect(state["networks/meta.actor.network.layers.0.weight"] != untrained["networks/meta.actor.network.layers.0.weight"])
        #expect(state["networks/meta.encoder.network.layers.0.weight"] == untrained["networks/meta.encoder.network.layers.0.weight"])
        _ = try personalizedPolicy(agent, task: 0)
    }

    @Test func adaptingToUnstablePhysicsGivesThePriorsMean() throws {
        let agent = try agent([(4, .truncated)], steps: 100, initialSteps: 20)
        var random = RandomStream(seed: 1)
        let adapted = try agent.adapt(to: ScriptedEnvironment([(1, .unstable)]), episodes: 2, using: &random)
        #expect(adapted.steps == 2 && adapted.episodeReturns.count == 2)
        // As without any episode, and not as after episodes that are stable.
        let prior = try agent.adapt(to: ScriptedEnvironment([(1, .unstable)]), episodes: 0, using: &random)
        let stable = try agent.adapt(to: ScriptedEnvironment([(4, .truncated)]), episodes: 2, using: &random)
        #expect(prior.steps == 0 && Set(adapted.latent ?? []) == [0])
        #expect(adapted.latent == prior.latent && stable.latent != prior.latent)
        func action(_ policy: any Policy) throws -> Float {
            var action: [Float] = [0]
            try policy.act([0.3, 0.2], into: &action)
            return action[0]
        }
        #expect(try action(adapted.policy) == action(prior.policy))
    }
}

/// States and actions that are one of several choices, through the same protocols: a corridor whose last place ends the
/// episode with reward 1.
private final class Corridor: Environment {
    let description = EnvironmentDescription(
        observation: .discrete(count: 5), action: .discrete(count: 2), episodeLimit: 9, dynamicsVary: false, timeStep: 0)
    let copies = 1
    let unstableEpisodes = 0
    var random = RandomStream(seed: 0)
    private var place = 0
    private var elapsed = 0

    func reset(_ copy: Int, into batch: inout StepBatch) throws {
        (place, elapsed) = (0, 0)
        batch.observations[0] = 0
        (batch.terminated[0], batch.truncated[0], batch.unstable[0]) = (false, false, false)
    }
    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        place = max(0, place + (actions[0] == 1 ? 1 : -1))
        elapsed += 1
        batch.observations[0] = Float(place)
        batch.rewards[0] = place == 4 ? 1 : 0
        batch.terminated[0] = place == 4
        batch.truncated[0] = place != 4 && elapsed == 9
    }
    func codeState(_ coder: StateCoder) throws {
        try coder.integer("place", &place, in: 0...4)
        try coder.integer("elapsed", &elapsed, in: 0...9)
    }
}

/// Always the same choice, and what it was told of its episodes.
private final class FixedChoice: Policy {
    let choice: Float
    var rewards: [Float] = []
    var ends = 0
    init(_ choice: Float) { self.choice = choice }
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) { action[0] = choice }
    func observe(reward: Float, done: Bool) {
        rewards.append(reward)
        if done { ends += 1 }
    }
}

@Suite struct DiscreteEpisodeTests {
    @Test func episodesOfDiscreteChoicesArePlayedAndObserved() throws {
        var random = RandomStream(seed: 1)
        var player = EpisodePlayer(Corridor())
        let right = FixedChoice(1)
        let reached = try player.play(right, using: &random)
        #expect(reached.episodeReturn == 1 && reached.length == 4 && !reached.isUnstable)
        #expect(right.rewards == [0, 0, 0, 1] && right.ends == 1)
        let missed = try player.play(FixedChoice(0), using: &random)
        #expect(missed.episodeReturn == 0 && missed.length == 9)
    }

    @Test func replayKeepsChoicesAsOneColumn() throws {
        var random = RandomStream(seed: 1)
        var player = EpisodePlayer(Corridor())
        let replay = ReplayBuffer(layout: TransitionLayout(observation: 1, action: 1), capacity: 20)
        _ = try player.play(
            FixedChoice(1), using: &random,
            observe: { replay.append(observation: $0, action: $1, result: $2) })
        #expect(replay.wholeContext(withNext: true).array == [0, 1, 0, 1, 1, 1, 0, 2, 2, 1, 0, 3, 3, 1, 1, 4])
    }

    @Test func anAgentOfContinuousActionsRefusesChoices() {
        var spaces = Corridor().description
        func message() -> String {
            let problem = Problem(
                environment: spaces, trainTasks: [TaskDescription(name: "one", parameters: [:])], budget: TrainingBudget(10), threads: 1
            ) { _, _ in Corridor() }
            do {
                _ = try PMetaRL(problem: problem, settings: smallSettings(), random: RandomStreams(seed: 1))
                return "no error"
            } catch { return "\(error)" }
        }
        #expect(message().contains("pmeta-rl needs continuous"))
        spaces.observation = .unbounded(1)
        spaces.action = .box(size: 1, low: -2, high: 2)
        #expect(message().contains("-1...1"))
    }
}
