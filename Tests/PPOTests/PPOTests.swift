import Agents
import Core
import Environments
import Foundation
import Grids
import PPO
import TestEnvironments
import Testing

private func problem(trajectories: Int) throws -> Problem {
    let family = try HyperGrid(settings: HyperGridSettings(), assets: FamilyAssets())
    return Problem(
        environment: family.description,
        trainTasks: [0.05, 1].enumerated().map { TaskDescription(name: "grid-\($0)", parameters: ["R0": [$1]]) },
        budget: TrainingBudget(trajectories, .trajectories), threads: 1, makeEnvironment: { try family.makeEnvironment($0, copies: $1) })
}

private func small() -> PPOSettings {
    var settings = PPOSettings()
    (settings.hidden, settings.passes) = ([32], 8)
    return settings
}

@Suite struct PPOTests {
    /// The exact mean reward of the policy on a task, and the largest reward there.
    private func reward(_ agent: PPO, task: Int, _ problem: Problem) throws -> (mean: Double, best: Double) {
        guard case .ready(let make)? = agent.policies.first?.origin else { throw StateError.missing("a policy of its own") }
        let policy = try #require(try make(task).first as? any GraphPolicy)
        let environment = try problem.makeEnvironment(problem.trainTasks[task], 1)
        let graph = try EnumeratedGraph(try #require(environment as? any GraphEnvironment).graph)
        let distribution = try graph.terminalDistribution { try policy.writeWeights(at: $0, of: graph.graph, into: &$1) }
        return (graph.meanReward(distribution), exp(graph.logRewards.max() ?? 0))
    }

    /// It comes nearer to the best reward than sampling in proportion to the reward can.
    @Test func itMaximizesTheReward() throws {
        let problem = try problem(trajectories: 2 * 16 * 100)
        var settings = small()
        (settings.passes, settings.entropyWeight) = (16, 0.02)
        let agent = try PPO(problem: problem, settings: settings, random: RandomStreams(seed: 1))
        let before = try reward(agent, task: 1, problem)
        try agent.finish()
        for task in 0..<2 {
            let after = try reward(agent, task: task, problem)
            #expect(after.mean > 0.8 * after.best && after.mean > before.mean, "\(after) on task \(task)")
        }
    }

    @Test func everyPassIsAnUpdateAndTheBudgetIsMetExactly() throws {
        let agent = try PPO(problem: problem(trajectories: 100), settings: small(), random: RandomStreams(seed: 1))
        try agent.finish()
        #expect(agent.progress.trajectories == 100 && agent.gradientUpdates == 2 * 4 * 8)
    }

    @Test func itsPolicyIsForTrainingTasksOnly() throws {
        let agent = try PPO(problem: problem(trajectories: 16), settings: small(), random: RandomStreams(seed: 1))
        #expect(agent.policies.map(\.name) == [AgentPolicy.personalName] && agent.policies.allSatisfy { $0.tasks == .training })
    }

    @Test func impossibleSettingsNameTheirKey() {
        small().expectRefused([
            ("hidden", { $0.hidden = [] }), ("passes", { $0.passes = 0 }), ("clip", { $0.clip = 0 }), ("discount", { $0.discount = 2 }),
            ("entropyWeight", { $0.entropyWeight = -1 }), ("batchTrajectories", { $0.batchTrajectories = 0 }),
        ])
    }
}
