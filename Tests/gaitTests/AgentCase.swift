import Agents
import Core
import Environments
import Foundation
import Learning
import Runs
import TemplateFamily
import TestEnvironments
import Testing
import gait

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

    /// Everything there is, and a family that needs no engine.
    static let registry: Registry = {
        let standard = Registry.standard(assets: assetsFolder.path)
        return Registry(
            agents: standard.agents, families: standard.families + [FamilyEntry(TemplateFamily.self)], absentFamilies: standard.absentFamilies,
            assets: standard.assets, presets: assetsFolder.path + "/presets")
    }()

    /// A family whose tasks differ in their rewards.
    static let simple = hasMuJoCo ? "half-cheetah-dir" : TemplateFamily.name
    /// A family with a reward for learning beside its own.
    static let twoRewards = "sparse-point-robot"
    /// The families that every agent is trained on.
    private static let trained = (hasMuJoCo ? [simple, "walker-2d-params"] : [simple]) + [twoRewards]
    private static let others = ["cart-pole", "mountain-car", "gridworld"]
    private static let graphs = ["hyper-grid", "frozen-lake"]

    private static func family(named name: String) throws -> any TaskFamily {
        // Two tasks, as half-cheetah-dir has.
        let settings: ConfigurationValue? = name == TemplateFamily.name
            ? try registry.familyEntry(named: name).settings(overrides: [SettingOverride(option: "trainTasks=2")]) : nil
        return try registry.family(named: name, settings: settings)
    }

    static func supported(_ families: [String], by agent: AgentEntry) -> [String] {
        families.filter { name in
            do {
                let family = try Self.family(named: name)
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
        get throws { Self.unit(of: try Self.registry.agent(named: agent), on: family) }
    }

    /// The first of the agent's families.
    static func first(_ agent: String) throws -> AgentCase { try #require(all.first { $0.agent == agent }) }

    /// Length of a whole run in the agent's unit; of environment steps some for every task beyond those that an agent takes before its
    /// first update, and no multiple of anything.
    var steps: Int {
        switch try? unit {
        case .rounds: 7
        default: family == Self.simple ? 2003 : 5009
        }
    }

    private var budget: TrainingBudget {
        get throws { TrainingBudget(steps, try unit) }
    }

    func environment(task: Int) throws -> any Environment {
        let family = try Self.family(named: family)
        return try family.makeEnvironment(family.tasks(.train, seed: 1337)[task], copies: 1)
    }

    func make(
        seed: UInt64 = 1, threads: Int = 1, overrides: [String] = [], budget: TrainingBudget? = nil, counter: StepCounter = StepCounter(),
        rewards: AddedRewards = AddedRewards()
    ) throws -> any Agent {
        let family = try Self.family(named: family), entry = try Self.registry.agent(named: agent)
        let problem = Problem(
            environment: family.description, trainTasks: try family.tasks(.train, seed: 1337), budget: try budget ?? self.budget,
            threads: threads, makeEnvironment: { counted(try family.makeEnvironment($0, copies: $1), counter, rewards) })
        let settings = try quickSettings(entry, family: family.name, overrides: overrides)
        let agent = try entry.make(problem: problem, settings: settings, random: RandomStreams(seed: seed))
        counter.reset()  // an agent may look at a graph before it walks on it
        return agent
    }

    /// Trains until the budget is spent.
    @discardableResult
    func finish(_ agent: any Agent, budget: TrainingBudget? = nil) throws -> Pauses { try train(agent, budget: budget) { false } }

    /// Trains until `condition` holds at a pause, or the budget is spent.
    @discardableResult
    func train(_ agent: any Agent, budget: TrainingBudget? = nil, until condition: @escaping () throws -> Bool) throws -> Pauses {
        let session = Pauses(agent, budget: try budget ?? self.budget, condition)
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
