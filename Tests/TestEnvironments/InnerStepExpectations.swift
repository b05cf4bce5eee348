import Agents
import Core
import Learning
import Testing

extension InnerStepSettings {
    /// Small enough for tests on the point's two tasks: an iteration has ten episodes of each before every inner step and after the last.
    public mutating func makeSmall() {
        hidden = [16]
        actionScale = 1
        initialLogStd = -0.5
        metaBatch = 2
        taskSampling = .balanced
        trajectories = 10
        innerStepSize = 0.05
        adaptationTrajectories = 10
    }

    /// An iteration collects 20 times, so that it has pauses in its middle: at most 16 tasks are collected on between two.
    fileprivate func withLargeMetaBatch(trajectories: Int) -> Self {
        var settings = self
        settings.trajectories = trajectories
        settings.metaBatch = 20
        return settings
    }
}

/// What holds for every agent that adapts by inner policy-gradient steps. Settings are those of `makeSmall`.
extension MetaAgent where Settings: InnerStepSettings {
    /// Mean returns of the point's two tasks before adapting, summed, and the smaller of the two returns afterwards.
    public func adaptToPoint() throws -> (before: Double, worse: Double) {
        var before = 0.0
        for direction in [1.0, -1.0] {
            var random = RandomStream(seed: 7)
            let adaptation = try adapt(to: PointEnvironment(direction: direction), episodes: 2, using: &random)
            before += adaptation.episodeReturns.prefix(10).reduce(0, +) / 10
        }
        return (before, try returnsAfterAdapting(episodes: 2).reduce(.infinity, min))
    }

    /// Without adapting no policy is good at both tasks, and without meta-training a gradient step is too small to matter: it returns at
    /// most `most` on one of them. After meta-training it returns at least `least` on each.
    public static func expectMetaTrainingMakesSmallStepsEnough(
        _ settings: Settings, innerSteps: Int, untrained most: Double, trained least: Double,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        var settings = settings
        settings.innerSteps = innerSteps
        let untrained = try Self.trained(settings, steps: 10).adaptToPoint()
        let trained = try Self.trained(settings, steps: 20_000 * (innerSteps + 1)).adaptToPoint()
        #expect(untrained.worse < most && trained.worse > least, "\(untrained) -> \(trained)", sourceLocation: sourceLocation)
        #expect(trained.before < 3, sourceLocation: sourceLocation)
    }

    /// Stopped in the middle of an iteration, it resumes to the same bits. Returns an agent that trained for two iterations.
    public static func expectSameBitsAfterResumingAnIteration(
        _ settings: Settings, pauses: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Self {
        try expectSameBitsAfterResuming(
            settings.withLargeMetaBatch(trajectories: 2), steps: 3200, pauses: pauses, sourceLocation: sourceLocation).whole
    }

    /// Unstable episodes are counted, in training as in adapting, and training goes on.
    public static func expectUnstableEpisodesAreTrainedThrough(
        _ settings: Settings, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let problem = ScriptedEnvironment.problem([(2, .unstable), (1, .terminated), (10, .truncated)], steps: 900)
        let agent = try Self(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.unstableEpisodes > 50, sourceLocation: sourceLocation)
        var random = RandomStream(seed: 5)
        let adaptation = try agent.adapt(to: ScriptedEnvironment([(1, .unstable), (3, .terminated)]), episodes: 2, using: &random)
        #expect(adaptation.steps == 20 && adaptation.episodeReturns.count == 10, sourceLocation: sourceLocation)
    }

    /// `meta` adapts on as many episodes as the settings say, `meta-k2` on two for each inner step, whatever an evaluation allows.
    /// Their titles say how many these are. Where both would be the same, and where nothing is adapted, there is only one.
    public static func expectEachPolicyAdaptsOnItsOwnEpisodes(
        _ settings: Settings, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        func policies(_ trajectories: Int, innerSteps: Int) throws -> [String] {
            var settings = settings
            settings.adaptationTrajectories = trajectories
            settings.innerSteps = innerSteps
            let agent = try trained(settings, steps: 10)
            return try agent.policies.map { policy in
                var random = RandomStream(seed: 5)
                let environment = PointEnvironment(direction: 1)
                let adaptation = try agent.adapt(to: environment, as: policy.name, episodes: 7, using: &random)
                #expect(adaptation.episodeReturns.count * 20 == adaptation.steps, sourceLocation: sourceLocation)
                return "\(policy.name): \(adaptation.steps) steps, \(policy.title)"
            }
        }
        let two = "meta-policy, after 2 adaptation episodes", four = "meta-policy, after 4 adaptation episodes"
        #expect(
            try policies(20, innerSteps: 1) == ["meta: 400 steps, meta-policy, after 20 adaptation episodes", "meta-k2: 40 steps, \(two)"],
            sourceLocation: sourceLocation)
        #expect(
            try policies(1, innerSteps: 2) == ["meta: 40 steps, \(two)", "meta-k2: 80 steps, \(four)"], sourceLocation: sourceLocation)
        #expect(try policies(2, innerSteps: 1) == ["meta: 40 steps, \(two)"], sourceLocation: sourceLocation)
        #expect(
            try policies(20, innerSteps: 0) == ["meta: 0 steps, meta-policy, after 0 adaptation episodes"], sourceLocation: sourceLocation)
    }

    /// The policy that is saved in a state.
    private static func policy(_ state: StateDictionary) throws -> GaussianPolicy {
        var random = RandomStream(seed: 1)
        var policy = GaussianPolicy(inputs: 2, hidden: [16], actionSize: 1, using: &random)
        policy.network = MLP(layers: try state.network("networks/policy.network").layers, activation: .tanh)
        policy.logStd = try state.tensor("networks/policy.logStd")
        return policy
    }

    /// `settings` with values that are neither the defaults nor alike, and an inner adaptation with its step size.
    private static func unequal(_ settings: Settings, _ surrogate: InnerSurrogate) -> (settings: Settings, adaptation: InnerAdaptation) {
        var settings = settings
        (settings.actionScale, settings.discount, settings.gaeLambda, settings.innerStepSize) = (0.5, 0.9, 0.3, 0.07)
        settings.innerSteps = 2
        return (settings, InnerAdaptation(stepSize: 0.07, surrogate: surrogate))
    }

    private static func adapted(_ policy: GaussianPolicy, _ rollout: Rollout, _ adaptation: InnerAdaptation) -> GaussianPolicy {
        let batch = PolicyBatch(rollout, collectedBy: policy, discount: 0.9, lambda: 0.3)
        return adaptation.adapted(policy, to: [batch], throughGradients: false).trainableCopy()
    }

    /// The meta-test plays, steps and plays again with the scale, the discount, the decay and the step size of its settings.
    public static func expectAdaptingObeysItsSettings(
        _ settings: Settings, _ surrogate: InnerSurrogate, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (settings, adaptation) = unequal(settings, surrogate), agent = try onPoint(settings, steps: 800)
        let environment = RecordingEnvironment(), other = RecordingEnvironment()
        var random = RandomStream(seed: 5), same = random, policy = try policy(StateCoder.save(agent)), action: [Float] = [0]
        let found = try agent.adapt(to: environment, episodes: 2, using: &random)
        for _ in 0..<2 {
            let rollout = try Rollout(episodes: 10, of: policy, in: other, actionScale: 0.5, using: &same)
            policy = adapted(policy, rollout, adaptation)
        }
        let distance = largestDistance(environment.actions.flatMap { $0 }, other.actions.flatMap { $0 })
        #expect(environment.actions.count == 20 && distance < 1e-4, "actions differ by \(distance)", sourceLocation: sourceLocation)
        try found.policy.act([0.3, 0.2], into: &action)
        let mean = policy(Tensor([0.3, 0.2], shape: [1, 2])).mean.array[0]
        #expect(abs(action[0] - 0.5 * mean) < 1e-4 && abs(mean) > 0.02, "\(action[0]), \(mean)", sourceLocation: sourceLocation)
    }

    /// The rollouts after an inner step are those of the policy that was adapted with these settings.
    public static func expectCollectingObeysItsSettings(
        _ settings: Settings, _ surrogate: InnerSurrogate, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (settings, adaptation) = unequal(settings, surrogate), agent = try onPoint(settings, steps: 1200)
        try agent.train(pauses: 1)
        let before = StateCoder.save(agent), first = "rollouts/stage-0/slot-0", second = "rollouts/stage-1/slot-0"
        try agent.train(pauses: 1)
        let after = StateCoder.save(agent), policy = try policy(before)
        for (action, reward) in zip(try before.floats("\(first)/actions"), try before.floats("\(first)/rewards")) {
            let taken = min(max(0.5 * action, -1), 1)
            #expect(abs(reward - (taken - 0.1 * taken * taken)) < 1e-5, sourceLocation: sourceLocation)
        }
        var rollout = Rollout(observationSize: 2, actionSize: 1), random = try before.stream("rollouts/random.slot-0")
        try StateCoder.restore(before) { coder in try coder.scope(first) { try rollout.codeState(coder) } }
        let collector = RolloutCollector(problem: PointEnvironment.problem(steps: 1200), task: 0, actionScale: 0.5)
        let expected = try collector.collect(adapted(policy, rollout, adaptation), steps: 200, using: &random)
        let distance = largestDistance(try after.floats("\(second)/actions"), expected.actions.array)
        #expect(distance < 1e-4 && expected.steps == rollout.steps, "actions differ by \(distance)", sourceLocation: sourceLocation)
    }

    /// Balanced draws meet both tasks equally often in every iteration, draws with replacement don't.
    public static func expectTaskSamplingIsObeyed(_ settings: Settings, sourceLocation: SourceLocation = #_sourceLocation) throws {
        func drawn(_ sampling: TaskSampling) throws -> Set<Int> {
            var settings = settings.withLargeMetaBatch(trajectories: 1)
            settings.taskSampling = sampling
            let agent = try onPoint(settings, steps: 8000)
            var counts: Set<Int> = []
            while agent.environmentSteps < 8000 {
                try agent.train(pauses: 1)
                let tasks = try StateCoder.save(agent).integers("rollouts/tasks")
                if !tasks.isEmpty { counts.insert(tasks.filter { $0 == 0 }.count) }
            }
            return counts
        }
        let balanced = try drawn(.balanced), replacement = try drawn(.replacement)
        #expect(balanced == [10], sourceLocation: sourceLocation)
        #expect(replacement.count > 2, sourceLocation: sourceLocation)
    }

    /// A saved state with rollouts that don't fit is refused, and so is one with each of `changes`.
    public static func expectBadStatesAreRefused(
        _ settings: Settings, and changes: [(key: String, change: (inout StateDictionary) -> Void)],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let agent = try onPoint(settings.withLargeMetaBatch(trajectories: 1), steps: 80_000)
        try agent.train(pauses: 1)
        let ofRollouts: [(key: String, change: (inout StateDictionary) -> Void)] = [
            ("rollouts/next", { $0.store(5000, at: "rollouts/next") }),
            ("rollouts/tasks", { $0.store(Array(repeating: 2, count: 20), at: "rollouts/tasks") }),
            ("rollouts/stage-0/slot-16", { $0.store(17, at: "rollouts/next") }),
            ("rollouts/stage-0/slot-0/actions", { $0.store([1, 2] as [Float], at: "rollouts/stage-0/slot-0/actions") }),
            ("networks/policy.logStd", { $0["networks/policy.logStd"] = nil }),
        ]
        try agent.expectRefused(ofRollouts + changes, sourceLocation: sourceLocation)
    }
}

extension InnerStepSettings {
    /// Keys of inner steps with values that make no sense are refused, and so is each of `changes`.
    public func expectInnerStepKeysAreChecked(
        and changes: [(key: String, change: (inout Self) -> Void)], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let ofInnerSteps: [(key: String, change: (inout Self) -> Void)] = [
            ("metaBatch", { $0.metaBatch = 0 }), ("hidden", { $0.hidden = [] }), ("innerSteps", { $0.innerSteps = -1 }),
            ("innerStepSize", { $0.innerStepSize = .nan }), ("discount", { $0.discount = 1.5 }), ("gaeLambda", { $0.gaeLambda = -1 }),
            ("trajectories", { $0.trajectories = Int.max }), ("adaptationTrajectories", { $0.adaptationTrajectories = 0 }),
            ("initialLogStd", { $0.initialLogStd = .infinity }), ("actionScale", { $0.actionScale = 0 }),
        ]
        expectRefused(ofInnerSteps + changes, sourceLocation: sourceLocation)
    }
}
