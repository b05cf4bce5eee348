import Agents
import Core
import Environments
import Foundation
import Learning
import Runs
import TestEnvironments
import Testing
import gait

private let registry = AgentCase.registry

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

    /// Wherever it is when its run gets another length, what is behind it stays as it is, and the new budget is met exactly.
    @Test(arguments: registry.agents.map(\.name)) func aLongerBudgetIsMetExactly(_ name: String) throws {
        let c = try AgentCase.first(name)
        for fraction in [0.4, 1] {
            let first = try c.make(), unit = try c.unit
            try c.train(first) { Double(first.progress.spent(in: unit)) >= fraction * Double(c.steps) }
            let saved = StateCoder.save(first), spent = first.progress.spent(in: unit)
            let budget = TrainingBudget(c.steps + c.steps / 3, unit, earlier: [EarlierBudget(amount: c.steps, spent: spent)])
            let second = try c.make(budget: budget)
            try StateCoder.restore(saved, second)
            #expect(second.progress == first.progress)
            let pauses = try c.finish(second, budget: budget)
            #expect(second.progress.spent(in: unit) == budget.amount && pauses.count > 0)
            // A state of the second part can be restored, too.
            let state = StateCoder.save(second), third = try c.make(budget: budget)
            try StateCoder.restore(state, third)
            expectSame(StateCoder.save(third), state)
        }
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
    @Test(arguments: AgentCase.all.filter { $0.family == AgentCase.twoRewards })
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
        let seesOwn = networks(try trained(AddedRewards(own: 1))) != standard
        // A new agent may adapt at the meta-test alone.
        let adaptsInTraining = ["maml-trpo", "metacure", "pearl", "pmeta-rl", "promp", "rl2", "varibad"].contains(c.agent)
        #expect(isMeta ? seesOwn || !adaptsInTraining : !seesOwn)
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
                try entry.settings(preset: .quick, family: AgentCase.simple, overrides: [SettingOverride(option: option)])
            }
            return found.map { "\($0)" } ?? ""
        }
        for field in try entry.settings(preset: .quick, family: AgentCase.simple).fields {
            let key = field.key
            #expect(try refusal("\(key)x=1").contains("did you mean '\(key)'?"))
            for value in ["nonsense", "nan", "[[]]"] { #expect(try refusal("\(key)=\(value)").contains("'\(key)"), "\(key)=\(value)") }
            if Int(field.value.inline) != nil { #expect(try refusal("\(key)=-1").contains("'\(key)'")) }
        }
    }

    /// Also where there is no budget in the agent's unit: no length would help.
    @Test(arguments: registry.agents.map(\.name)) func whatAnAgentNeedsIsSaidFirst(_ name: String) throws {
        let agent = try registry.agent(named: name), budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
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
        let settings = try entry.settings(preset: .quick, family: AgentCase.simple)
        let box = Space.box(size: 2, low: -1, high: 1)
        let pairs = [(box, Space.discrete(count: 3)), (.discrete(count: 4), box), (box, .box(size: 2, low: 0, high: 5)), (box, .unbounded(2))]
        for (observation, action) in pairs {
            let description = EnvironmentDescription(observation: observation, action: action, episodeLimit: 10, dynamicsVary: false, timeStep: 0)
            let problem = Problem(
                environment: description, trainTasks: [TaskDescription(name: "one", parameters: [:])],
                budget: TrainingBudget(100, entry.budgetUnits[0]), threads: 1,
                makeEnvironment: { _, _ in throw EnvironmentError.state("none is needed to look at spaces") })
            do {
                _ = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: 1))
                Issue.record("accepted without an environment: \(observation), \(action)")
            } catch {
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
