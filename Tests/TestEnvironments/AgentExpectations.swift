import Agents
import Core
import Synchronization
import Testing

/// Agents on the point's two conflicting tasks.
extension Agent {
    /// Not trained yet.
    public static func onPoint(
        _ settings: Settings, steps: Int, threads: Int = 1, rewardFactor: Double = 1, seed: UInt64 = 1
    ) throws -> Self {
        try Self(
            problem: PointEnvironment.problem(steps: steps, threads: threads, rewardFactor: rewardFactor), settings: settings,
            random: RandomStreams(seed: seed))
    }

    /// Trained until its budget is spent.
    public static func trained(_ settings: Settings, steps: Int, threads: Int = 1, seed: UInt64 = 1) throws -> Self {
        let agent = try onPoint(settings, steps: steps, threads: threads, seed: seed)
        try agent.finish()
        return agent
    }

    /// The numbers of copies that training on the point makes environments with, over all iterations and tasks.
    public static func copiesAskedFor(_ settings: Settings, steps: Int) throws -> Set<Int> {
        let numbers = Mutex<Set<Int>>([])
        var problem = PointEnvironment.problem(steps: steps)
        let make = problem.makeEnvironment
        problem.makeEnvironment = { task, copies in
            _ = numbers.withLock { $0.insert(copies) }
            return try make(task, copies)
        }
        try Self(problem: problem, settings: settings, random: RandomStreams(seed: 1)).finish()
        return numbers.withLock { $0 }
    }

    /// Transitions of one of its replay buffers: observation 2, action 1, reward 1, next observation 2, terminated 1.
    public func transitions(at key: String) throws -> [[Float]] {
        let values = try StateCoder.save(self).floats(key)
        return stride(from: 0, to: values.count, by: 7).map { Array(values[$0..<$0 + 7]) }
    }
}

/// What holds for every agent. A failure is reported where the test calls these.
extension Agent {
    /// Its saved state is `state`, bit by bit. A failure names what differs and not the numbers, which would be thousands.
    public func expectState(_ state: StateDictionary, sourceLocation: SourceLocation = #_sourceLocation) {
        let own = StateCoder.save(self)
        let different = Set(own.entries.keys).union(state.entries.keys).filter { own[$0] != state[$0] }.sorted()
        #expect(different.isEmpty, sourceLocation: sourceLocation)
    }

    public static func expectSameBitsWithTwoThreads(
        _ settings: Settings, steps: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let one = try trained(settings, steps: steps, threads: 1), two = try trained(settings, steps: steps, threads: 2)
        one.expectState(StateCoder.save(two), sourceLocation: sourceLocation)
    }

    /// An agent that was saved at a pause and restored into another, of another seed, ends as one that was never stopped. Returns the
    /// one that was stopped, and the one that was not.
    @discardableResult
    public static func expectSameBitsAfterResuming(
        _ settings: Settings, steps: Int, pauses: Int, withinRound: Bool = true, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> (stopped: Self, whole: Self) {
        let whole = try trained(settings, steps: steps)
        let stopped = try onPoint(settings, steps: steps), resumed = try onPoint(settings, steps: steps, seed: 99)
        let session = try stopped.train(pauses: pauses)
        #expect(!session.isAtRoundEnd || !withinRound, sourceLocation: sourceLocation)
        try StateCoder.restore(StateCoder.save(stopped), resumed)
        try resumed.finish()
        resumed.expectState(StateCoder.save(whole), sourceLocation: sourceLocation)
        return (stopped, whole)
    }

    /// It took so many steps, and training it further changes nothing.
    public func expectFinished(steps: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
        #expect(environmentSteps == steps, sourceLocation: sourceLocation)
        let before = StateCoder.save(self)
        let pauses = try finish().metrics
        #expect(pauses.isEmpty, sourceLocation: sourceLocation)
        expectState(before, sourceLocation: sourceLocation)
    }

    /// Its saved state with each of these changes is refused with an error that names the entry, and without any it is restored.
    public func expectRefused(
        _ changes: [(key: String, change: (inout StateDictionary) -> Void)], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let state = StateCoder.save(self)
        for (key, change) in changes {
            var broken = state
            change(&broken)
            #expect(sourceLocation: sourceLocation, performing: { try StateCoder.restore(broken, self) }, throws: { "\($0)".contains(key) })
        }
        try StateCoder.restore(state, self)
    }

    /// Rewards that are not numbers end training with an error.
    public static func expectNonFiniteRewardsAreErrors(
        _ settings: Settings, steps: Int, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let agent = try onPoint(settings, steps: steps, rewardFactor: .nan)
        #expect(throws: TrainingError.self, sourceLocation: sourceLocation) { try agent.finish() }
    }

    public static func expectNoTasksIsAnError(_ settings: Settings, sourceLocation: SourceLocation = #_sourceLocation) {
        var problem = PointEnvironment.problem(steps: 100)
        problem.trainTasks = []
        #expect(throws: SettingError.self, sourceLocation: sourceLocation) {
            try Self(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        }
    }
}

/// What holds for every agent that adapts.
extension MetaAgent {
    /// Returns of an episode on each of the point's tasks, played after adapting to it for so many episodes.
    public func returnsAfterAdapting(episodes: Int) throws -> [Double] {
        try [1.0, -1.0].map { direction in
            var random = RandomStream(seed: 7)
            let adapted = try adapt(to: PointEnvironment(direction: direction), episodes: episodes, using: &random)
            return try PointEnvironment.play(adapted.policy, direction: direction)
        }
    }

    /// Asked for two episodes it plays these, of 20 steps each, and is itself as it was. Returns the policy.
    @discardableResult
    public func expectAdaptingChangesNothing(
        episodes: Int = 2, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> any Policy {
        let before = StateCoder.save(self)
        var random = RandomStream(seed: 5)
        let adaptation = try adapt(to: PointEnvironment(direction: 1), episodes: 2, using: &random)
        #expect(adaptation.episodeReturns.count == episodes, sourceLocation: sourceLocation)
        #expect(adaptation.steps == 20 * episodes, sourceLocation: sourceLocation)
        expectState(before, sourceLocation: sourceLocation)
        return adaptation.policy
    }

    /// Policies act as before when training goes on.
    public func expectTrainingDoesNotChange(_ policies: [any Policy], sourceLocation: SourceLocation = #_sourceLocation) throws {
        func actions() throws -> [Float] {
            try policies.map { policy in
                var action: [Float] = [0]
                policy.beginEpisode()
                try policy.act([0.3, 0.2], into: &action)
                return action[0]
            }
        }
        let before = try actions(), updates = gradientUpdates
        try finish()
        #expect(gradientUpdates > updates, "training did not go on", sourceLocation: sourceLocation)
        #expect(try actions() == before, sourceLocation: sourceLocation)
    }
}

extension AgentSettings {
    /// These settings with each of these changes are refused with an error of that key.
    public func expectRefused(
        _ changes: [(key: String, change: (inout Self) -> Void)], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        for (key, change) in changes {
            var broken = self
            change(&broken)
            #expect(sourceLocation: sourceLocation, performing: { try broken.validate() }, throws: { ($0 as? SettingError)?.key == key })
        }
    }
}
