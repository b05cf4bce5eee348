import Agents
import Core
import Environments
import Foundation
import Learning
import Runs
import TemplateFamily
import Testing
import gait

/// Everything there is, and a family that needs no engine.
private let registry: Registry = {
    let standard = Registry.standard(assets: assets.path)
    return Registry(
        agents: standard.agents, families: standard.families + [FamilyEntry(TemplateFamily.self)], absentFamilies: standard.absentFamilies,
        assets: standard.assets, presets: assets.path + "/presets")
}()

/// A family whose tasks differ in their rewards, and those that every agent is trained on.
private let simple = hasMuJoCo ? "half-cheetah-dir" : TemplateFamily.name
private let trained = (hasMuJoCo ? [simple, "walker-2d-params"] : [simple]) + [twoRewards]
/// A family with a reward for learning beside its own.
private let twoRewards = "sparse-point-robot"

private func family(named name: String) throws -> any TaskFamily {
    // Two tasks, as half-cheetah-dir has.
    let settings: ConfigurationValue? = name == TemplateFamily.name
        ? try registry.familyEntry(named: name).settings(overrides: [SettingOverride(option: "trainTasks=2")]) : nil
    return try registry.family(named: name, settings: settings)
}

/// Code that is not optimized trains about thirty times more slowly.
private let isOptimized: Bool = {
    var optimized = true
    assert({ optimized = false; return true }())
    return optimized
}()

/// The preset `quick`, in builds that are not optimized with even smaller networks and fewer updates. None of the properties tested here depends
/// on their number. Keys that an agent does not have are left out.
private func quickSettings(_ entry: AgentEntry, family: String, overrides: [String] = []) throws -> ConfigurationValue {
    let keys = try entry.defaults().keys
    let small = isOptimized ? [] : [
        ("hidden", "[8, 8]"), ("actorHidden", "[8, 8]"), ("criticHidden", "[8, 8]"), ("encoderHidden", "[8]"), ("predictorHidden", "[8]"),
        ("hiddenSize", "8"), ("recurrentSize", "8"), ("batchSize", "8"), ("contextBatch", "8"), ("contextLength", "8"), ("stepsPerUpdate", "8"),
        ("updatesPerIteration", "20"), ("outerSteps", "2"), ("epochs", "2"), ("conjugateGradientIterations", "3"),
    ]
    return try entry.settings(
        preset: .quick, family: family,
        overrides: small.filter { keys.contains($0.0) }.map { try SettingOverride(option: "\($0)=\($1)") }
            + overrides.map(SettingOverride.init(option:)))
}

/// An agent on a family, small enough to train in a moment.
struct AgentCase: CustomTestStringConvertible, Sendable {
    let agent: String
    let family: String
    var testDescription: String { "\(agent) on \(family)" }

    /// One family with two rewards; with MuJoCo also one whose tasks differ in their rewards, and one whose tasks
    /// differ in their dynamics and whose episodes may end early.
    /// An agent that does not support their spaces is trained on families that need no engine instead; one that supports other kinds of
    /// spaces besides, also on a family of each kind.
    static let all = registry.agents.flatMap { agent -> [AgentCase] in
        let kinds = [trained, others, graphs].map { supported($0, by: agent) }
        let first = kinds.firstIndex { !$0.isEmpty } ?? 0
        return kinds.enumerated().flatMap { $0 == first ? $1 : Array($1.prefix(1)) }.map { AgentCase(agent: agent.name, family: $0) }
    }

    private static let others = ["cart-pole", "mountain-car", "gridworld"]
    private static let graphs = ["hyper-grid", "frozen-lake"]

    static func supported(_ families: [String], by agent: AgentEntry) -> [String] {
        families.filter { name in
            do {
                let family = try gaitTests.family(named: name)
                let problem = Problem(
                    environment: family.description, trainTasks: try family.tasks(.train, seed: 1337),
                    budget: TrainingBudget(1, unit(of: agent, on: name)), threads: 1, makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
                _ = try agent.make(problem: problem, settings: quickSettings(agent, family: name), random: RandomStreams(seed: 1))
                return true
            } catch {
                return !(error is UnsupportedSpace)
            }
        }
    }

    /// What a run counts: on graphs trajectories, where the agent can.
    private static func unit(of agent: AgentEntry, on family: String) -> BudgetUnit {
        graphs.contains(family) && agent.budgetUnits.contains(.trajectories) ? .trajectories : agent.budgetUnits[0]
    }

    var unit: BudgetUnit {
        get throws { Self.unit(of: try registry.agent(named: agent), on: family) }
    }

    /// The first of the agent's families.
    static func first(_ agent: String) throws -> AgentCase { try #require(all.first { $0.agent == agent }) }

    /// Length of a whole run in the agent's unit; of environment steps some for every task beyond those that an agent takes before its
    /// first update, and no multiple of anything.
    var steps: Int {
        switch try? unit {
        case .rounds: 7
        default: family == simple ? 2003 : 5009
        }
    }

    func environment(task: Int) throws -> any Environment {
        let family = try gaitTests.family(named: family)
        return try family.makeEnvironment(family.tasks(.train, seed: 1337)[task], copies: 1)
    }

    func make(
        seed: UInt64 = 1, threads: Int = 1, overrides: [String] = [], counter: StepCounter = StepCounter(),
        rewards: AddedRewards = AddedRewards()
    ) throws -> any Agent {
        let family = try gaitTests.family(named: family), entry = try registry.agent(named: agent)
        let problem = Problem(
            environment: family.description, trainTasks: try family.tasks(.train, seed: 1337), budget: TrainingBudget(steps, try unit),
            threads: threads, makeEnvironment: { counted(try family.makeEnvironment($0, copies: $1), counter, rewards) })
        let settings = try quickSettings(entry, family: family.name, overrides: overrides)
        let agent = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: seed))
        counter.reset()  // an agent may look at a graph before it walks on it
        return agent
    }

    /// Trains until the budget is spent.
    @discardableResult
    func finish(_ agent: any Agent) throws -> Pauses { try train(agent) { false } }

    /// Trains until `condition` holds at a pause, or the budget is spent.
    @discardableResult
    func train(_ agent: any Agent, until condition: @escaping () throws -> Bool) throws -> Pauses {
        let session = Pauses(agent, budget: TrainingBudget(steps, try unit), condition)
        do { try agent.train(session) } catch is Pauses.Stopped {}
        return session
    }

    /// An episode of every policy on the first training task.
    func evaluate(_ agent: any Agent) throws -> [Double] {
        try agent.policies.flatMap { policy in
            try prepare(agent, policy).map { prepared in
                var player = EpisodePlayer(try environment(task: 0)), random = RandomStream(seed: 4)
                return try player.play(prepared, using: &random).episodeReturn
            }
        }
    }

    private func prepare(_ agent: any Agent, _ policy: AgentPolicy) throws -> [any Policy] {
        switch policy.origin {
        case .ready(let make):
            return try make(0)
        case .adapted:
            var random = RandomStream(seed: 3)
            let agent = try #require(agent as? any MetaAgent, "a policy that adapts, of an agent that does not")
            let adaptation = try agent.adapt(to: environment(task: 0), as: policy.name, episodes: 2, using: &random)
            #expect(adaptation.episodeReturns.allSatisfy { $0.isFinite } && adaptation.steps >= 0)
            return [adaptation.policy]
        case .adaptedPersonally(let adapt):
            var random = RandomStream(seed: 3)
            let adaptation = try adapt(0, environment(task: 0), 2, &random)
            // `personal-k5` has five, whatever is allowed.
            #expect(adaptation.episodeReturns.count == (policy.name.hasSuffix("-k5") ? 5 : 2) && adaptation.steps > 0)
            return [adaptation.policy]
        }
    }
}

/// Looks at an agent wherever it pauses.
final class Pauses: TrainingSession {
    struct Stopped: Error {}
    private(set) var count = 0
    private(set) var rounds = 0
    private(set) var isAtRoundEnd = false
    private(set) var longest = Duration.zero
    private let agent: any Agent
    private let budget: TrainingBudget
    private let condition: () throws -> Bool
    private var idle = 0
    private var before = AgentProgress()
    private var clock = ContinuousClock.now

    init(_ agent: any Agent, budget: TrainingBudget, _ condition: @escaping () throws -> Bool) {
        self.agent = agent
        self.budget = budget
        self.condition = condition
        before = agent.progress
    }

    func pause(_ metrics: [String: Double]) throws {
        longest = max(longest, clock.duration(to: .now))
        #expect(metrics.values.allSatisfy { $0.isFinite }, "\(metrics)")
        count += 1
        let progress = agent.progress
        try #require(progress.spent(in: budget.unit) <= budget.amount, "more is spent than there is")
        idle = progress == before ? idle + 1 : 0
        try #require(idle < 20, "neither acts nor learns at step \(progress.environmentSteps)")
        before = progress
        if try condition() { throw Stopped() }
        clock = .now
    }

    func endRound(_ metrics: [String: Double]) throws {
        rounds += 1
        isAtRoundEnd = true
        defer { isAtRoundEnd = false }
        try pause(metrics)
    }
}

/// What every registered agent must guarantee, whatever its algorithm. A new agent is tested here as soon as it is registered.
@Suite struct EveryAgentTests {
    @Test(arguments: AgentCase.all) func theBudgetIsMetExactlyAndEveryStepIsCounted(_ c: AgentCase) throws {
        let counter = StepCounter()
        let agent = try c.make(counter: counter)
        #expect(agent.progress == AgentProgress())
        let pauses = try c.train(agent) {
            try #require(agent.progress.environmentSteps == counter.steps)
            return false
        }
        #expect(try agent.progress.spent(in: c.unit) == c.steps && agent.progress.environmentSteps == counter.steps)
        #expect(agent.progress.gradientUpdates > 0 && pauses.count > 0)
        #expect(pauses.rounds > 0 && agent.progress.rounds > 0)
        #expect(agent.progress.unstableEpisodes == counter.unstableEpisodes)
        let state = StateCoder.save(agent), again = try c.finish(agent)
        #expect(again.count == 0 && counter.steps == agent.progress.environmentSteps, "a finished agent goes on")
        expectSame(StateCoder.save(agent), state)
    }

    @Test(arguments: AgentCase.all) func anotherSeedGivesOtherWeights(_ c: AgentCase) throws {
        let weights = try [UInt64(1), 2].map { seed in
            let agent = try c.make(seed: seed)
            try c.train(agent) { agent.progress.gradientUpdates > 0 }
            return StateCoder.save(agent).entries.filter { $0.key.hasPrefix("networks/") }
        }
        #expect(!weights[0].isEmpty, "no weights below networks/")
        #expect(weights[0] != weights[1])
    }

    /// The number of threads, evaluations, being stopped and going on, and being restored change no bit.
    @Test(arguments: AgentCase.all) func theSeedDecidesEveryBit(_ c: AgentCase) throws {
        let whole = try c.make(), threaded = try c.make(threads: 3)
        try c.finish(whole)
        try c.finish(threaded)
        expectSame(StateCoder.save(threaded), StateCoder.save(whole))
        for fraction in [0.1, 0.6] {
            let first = try c.make(), second = try c.make(seed: 99)
            try c.train(first) { Double(first.progress.environmentSteps) >= fraction * Double(whole.progress.environmentSteps) }
            let saved = StateCoder.save(first)
            let returns = try c.evaluate(first)
            #expect(returns.count >= first.policies.count)
            expectSame(StateCoder.save(first), saved)
            try StateCoder.restore(saved, second)
            expectSame(StateCoder.save(second), saved)
            #expect(second.progress == first.progress)
            #expect(try c.evaluate(second) == returns)
            // In turns: the restored agent goes on, or the one that was stopped.
            let next = fraction < 0.5 ? second : first
            try c.finish(next)
            expectSame(StateCoder.save(next), StateCoder.save(whole))
        }
    }

    /// At every pause the state is whole: an agent that is restored there goes on to the same next pause.
    @Test(arguments: AgentCase.all) func everyPauseIsAPlaceToGoOnFrom(_ c: AgentCase) throws {
        let whole = try c.make(), second = try c.make(seed: 99)
        var saved: StateDictionary?, checks = 0
        try c.train(whole) {
            let state = StateCoder.save(whole)
            if let before = saved {
                try StateCoder.restore(before, second)
                try c.train(second) { true }
                expectSame(StateCoder.save(second), state)
                checks += 1
            }
            saved = state
            return checks == 8
        }
        #expect(checks > 0)
    }

    /// Where a family has a reward for learning, training learns from it. An agent that adapts sees only the family's own reward when it
    /// does, in training and afterwards; one that does not adapt ignores it.
    @Test(arguments: AgentCase.all.filter { $0.family == twoRewards })
    func trainingLearnsFromTheLearningRewardAndAdaptingSeesTheOther(_ c: AgentCase) throws {
        func trained(_ rewards: AddedRewards) throws -> any Agent {
            let agent = try c.make(rewards: rewards)
            try c.finish(agent)
            return agent
        }
        func networks(_ agent: any Agent) -> [String: StateDictionary.Entry] {
            StateCoder.save(agent).entries.filter { $0.key.hasPrefix("networks/") }
        }
        let agent = try trained(AddedRewards()), standard = networks(agent)
        #expect(networks(try trained(AddedRewards(learning: 1))) != standard, "the learning reward changes nothing")
        let isMeta = agent is any MetaAgent
        #expect((networks(try trained(AddedRewards(own: 1))) != standard) == isMeta)
        guard let meta = agent as? any MetaAgent else { return }
        func adapt(_ rewards: AddedRewards) throws -> [Float] {
            var random = RandomStream(seed: 3), action: [Float] = [0, 0]
            let environment = CountedEnvironment(try c.environment(task: 0), StepCounter(), rewards)
            let adaptation = try meta.adapt(to: environment, as: AgentPolicy.metaName, episodes: 2, using: &random)
            adaptation.policy.beginEpisode()
            try adaptation.policy.act([0.1, 0.2], into: &action)
            return action + adaptation.episodeReturns.map { Float($0) }
        }
        let plain = try adapt(AddedRewards())
        #expect(try adapt(AddedRewards(learning: 1)) == plain)
        #expect(try adapt(AddedRewards(own: 1)) != plain)
    }

    /// The setting `precision` reaches all networks of an agent: no large product is left in float32. It is refused where there is no bfloat16.
    @Test(arguments: registry.agents.map(\.name)) func everyLargeProductHasThePrecisionOfTheSetting(_ name: String) throws {
        let entry = try registry.agent(named: name), c = try AgentCase.first(name)
        guard try entry.hasPrecision else {
            #expect(Self.agentsWithoutNetworks.contains(name), "an agent with networks needs the setting `precision`")
            return
        }
        // Products are large from 32 rows and columns on.
        let keys = try entry.defaults().keys
        let sizes = ["hidden", "actorHidden", "criticHidden", "encoderHidden", "predictorHidden"].map { "\($0)=[32, 32]" }
            + ["recurrentSize", "batchSize", "contextBatch", "contextLength", "batchTrajectories"].map { "\($0)=32" }
        func learn(_ precision: Precision, threads: Int = 1) throws -> (products: LargeProducts, networks: [String: StateDictionary.Entry]) {
            let overrides = (sizes + ["precision=\(precision.rawValue)"]).filter { keys.contains(String($0.prefix { $0 != "=" })) }
            let agent = try c.make(threads: threads, overrides: overrides), before = LargeProducts.ofThisThread
            try c.train(agent) { agent.progress.gradientUpdates > 0 }
            _ = try c.evaluate(agent)
            let after = LargeProducts.ofThisThread
            return (
                LargeProducts(float32: after.float32 - before.float32, bfloat16: after.bfloat16 - before.bfloat16),
                StateCoder.save(agent).entries.filter { $0.key.hasPrefix("networks/") })
        }
        guard Precision.bfloat16.isAvailable else {
            let error = #expect(throws: SettingError.self) { try learn(.bfloat16) }
            #expect(error?.key == "precision")
            return
        }
        let exact = try learn(.float32), rounded = try learn(.bfloat16)
        #expect(exact.products.bfloat16 == 0 && rounded.products.float32 == 0)
        #expect((exact.networks != rounded.networks) == (rounded.products.bfloat16 > 0))
        // The few trials of a run as short as this give RL2 no large products; its own tests have more.
        #expect(rounded.products.bfloat16 > 0 || name == "rl2")
        #expect(try learn(.bfloat16, threads: 2).networks == rounded.networks, "the same bits again, whatever the number of threads")
    }

    private static let agentsWithoutNetworks = ["pmeta-q", "q-averaging", "q-per-task"]

    @Test(arguments: registry.agents.map(\.name)) func aDamagedStateIsAnErrorWhateverIsDamaged(_ name: String) throws {
        let c = try AgentCase.first(name)
        let agent = try c.make()
        try c.train(agent) { agent.progress.gradientUpdates > 0 }
        let state = StateCoder.save(agent)
        let damages: [(String, (StateDictionary.Entry) -> StateDictionary.Entry?)] = [
            ("missing", { _ in nil }), ("a number too many", Self.longer),
            ("of another type", { .init(shape: $0.shape, values: .uint8(Array(repeating: 1, count: $0.values.count))) }),
        ]
        for key in state.entries.keys.sorted() {
            for (name, damage) in damages {
                var damaged = state
                damaged[key] = damage(try #require(state[key]))
                let error = #expect(throws: (any Error).self, "\(key) \(name)") { try StateCoder.restore(damaged, agent) }
                #expect(error is StateError || error is EnvironmentError, "\(key) \(name): \(String(describing: error))")
                if case .missing(let missing)? = error as? StateError { #expect(missing == key) }
            }
        }
        try StateCoder.restore(state, agent)
        expectSame(StateCoder.save(agent), state)
    }

    private static func longer(_ entry: StateDictionary.Entry) -> StateDictionary.Entry {
        let values: StateDictionary.Values = switch entry.values {
        case .float32(let v): .float32(v + [0])
        case .float64(let v): .float64(v + [0])
        case .int64(let v): .int64(v + [-1])  // 0 can be valid: a list of tasks may have any length
        case .uint64(let v): .uint64(v + [0])
        case .uint8(let v): .uint8(v + [0])
        }
        return .init(shape: [values.count], values: values)
    }

    @Test(arguments: registry.agents.map(\.name)) func presetsAreValidAndWrongSettingsNameTheirKey(_ name: String) throws {
        let entry = try registry.agent(named: name)
        for preset in Preset.allCases {
            for family in registry.families.map(\.name) + ["a-family-of-tomorrow"] {
                _ = try entry.settings(preset: preset, family: family, overrides: [])
            }
        }
        func refusal(_ option: String) throws -> String {
            let found = #expect(throws: (any Error).self, "\(option)") {
                try entry.settings(preset: .quick, family: simple, overrides: [SettingOverride(option: option)])
            }
            return found.map { "\($0)" } ?? ""
        }
        for field in try entry.settings(preset: .quick, family: simple).fields {
            let key = field.key
            #expect(try refusal("\(key)x=1").contains("did you mean '\(key)'?"))
            for value in ["nonsense", "nan", "[[]]"] { #expect(try refusal("\(key)=\(value)").contains("'\(key)"), "\(key)=\(value)") }
            if Int(field.value.inline) != nil { #expect(try refusal("\(key)=-1").contains("'\(key)'")) }
        }
    }

    /// Also where there is no budget in the agent's unit: no length would help.
    @Test(arguments: registry.agents.map(\.name)) func whatAnAgentNeedsIsSaidFirst(_ name: String) throws {
        let agent = try registry.agent(named: name), budgets = try Budgets(contentsOf: assets.path + "/budgets.yaml")
        let versions = Versions(gait: "1", mujoco: "", blas: "", swift: "", system: "", processor: "")
        let context = RunContext(registry: registry, versions: versions)
        let refused = ["sparse-point-robot", "cart-pole", "hyper-grid"].first { AgentCase.supported([$0], by: agent).isEmpty }
        if let family = refused {
            #expect {
                let run = try Run.configuration(RunRequest(agent: name, family: family, preset: .quick), budgets: budgets, context: context)
                _ = try Run.train(run, in: RunDirectory("/nowhere"), context: context)
            } throws: { error in
                guard let refusal = error as? UnsupportedSpace, let families = refusal.families else { return false }
                return exitCode(of: error) == 64 && !families.supported.isEmpty && !families.supported.contains(family)
                    && "\(error)".hasPrefix("\(name) needs ") && "\(error)".contains("which \(family) does not have; families with that: ")
            }
        }
    }

    /// An agent may support other spaces; those that it does not support are refused by name.
    @Test(arguments: registry.agents.map(\.name)) func spacesThatCannotBeHandledAreRefused(_ name: String) throws {
        let entry = try registry.agent(named: name)
        let settings = try entry.settings(preset: .quick, family: simple)
        let box = Space.box(size: 2, low: -1, high: 1)
        let pairs = [(box, Space.discrete(count: 3)), (.discrete(count: 4), box), (box, .box(size: 2, low: 0, high: 5)), (box, .unbounded(2))]
        for (observation, action) in pairs {
            let description = EnvironmentDescription(observation: observation, action: action, episodeLimit: 10, dynamicsVary: false, timeStep: 0)
            let problem = Problem(
                environment: description, trainTasks: [TaskDescription(name: "one", parameters: [:])],
                budget: TrainingBudget(100, entry.budgetUnits[0]), threads: 1,
                makeEnvironment: { _, _ in throw EnvironmentError.state("none is needed to look at spaces") })
            do { _ = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: 1)) } catch {
                // A setting may have no meaning in a space, such as an entropy below 0 of a choice.
                #expect(error is UnsupportedSpace || error is EnvironmentError || error is SettingError, "\(error)")
                if let error = error as? UnsupportedSpace { #expect("\(error)".hasPrefix(name)) }
            }
        }
    }
}

/// Two states are the same to the bit; says where they are not, without printing them.
private func expectSame(_ a: StateDictionary, _ b: StateDictionary, sourceLocation: SourceLocation = #_sourceLocation) {
    let keys = Set(a.entries.keys).union(b.entries.keys)
    let different = keys.filter { a[$0] != b[$0] }.sorted()
    if let first = different.first {
        Issue.record("\(different.count) of \(keys.count) entries differ, the first of them \(first)", sourceLocation: sourceLocation)
    }
}
