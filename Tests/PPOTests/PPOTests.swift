import Agents
import Core
import Environments
import Foundation
import Grids
import Learning
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

    /// Ratios beyond the clip's range earn nothing more, and lose all that they lose.
    @Test func theSurrogateIsClippedToTheWorseSide() {
        let ratio = Tensor([1.5, 0.5, 1.5, 0.5], shape: [4, 1]), advantages = Tensor([1, -1, -1, 1], shape: [4, 1])
        #expect(abs(PPOTask.surrogate(ratio, advantages, clip: 0.2).scalar - (1.2 - 0.8 - 1.5 + 0.5) / 4) < 1e-6)
    }

    /// Rewards are discounted towards the start; actions that do not exist have no probability.
    @Test func movesHaveReturnsAdvantagesAndProbabilities() throws {
        let family = try HyperGrid(settings: HyperGridSettings(), assets: FamilyAssets())
        let task = TaskDescription(name: "t", parameters: ["R0": [0.05]])
        let graph = try #require(family.makeEnvironment(task, copies: 1) as? any GraphEnvironment).graph
        var trajectory = GraphTrajectory(from: graph.start)
        for action in [0, 1, 2] { trajectory.append(action, to: graph.child(of: trajectory.end, by: action)) }
        let moves = Moves([trajectory], on: graph, discount: 0.5), reward = Float(2.55)
        #expect(zip(moves.returns.array, [reward / 4, reward / 2, reward]).allSatisfy { abs($0 - $1) < 1e-5 })
        var random = RandomStream(seed: 1)
        let inputs = SpaceEncoder(graph.observation).columns
        let critic = MLP(inputs: inputs, hidden: [8], outputs: 1, activation: .leakyReLU, using: &random)
        let values = moves.values(critic).array
        #expect(zip(moves.advantages(critic).array, zip(moves.returns.array, values)).allSatisfy { abs($0 - ($1.0 - $1.1)) < 1e-6 })
        #expect(Set(values).count == 3)

        let narrow = try CliffWalking(settings: { var own = CliffWalkingSettings(); own.boundary = .mask; return own }(), assets: FamilyAssets())
        let cliff = TaskDescription(name: "t", parameters: ["cliffLength": [5]])
        let board = try #require(narrow.makeEnvironment(cliff, copies: 1) as? any GraphEnvironment).graph
        var walk = GraphTrajectory(from: board.start)
        while !board.isTerminal(walk.end) {
            let action = board.hasAction(1, at: walk.end) ? 1 : 0
            walk.append(action, to: board.child(of: walk.end, by: action))
        }
        let actor = MLP(
            inputs: SpaceEncoder(board.observation).columns, hidden: [8], outputs: 2, activation: .leakyReLU, using: &random)
        let chosen = Moves([walk], on: board, discount: 1).logProbabilities(actor).chosen.array
        #expect(chosen[0] < -0.01 && chosen.suffix(3).allSatisfy { abs($0) < 1e-6 }, "\(chosen)")
    }

    /// The entropy's weight keeps the policy apart from a certain one.
    @Test func aLargerEntropyWeightKeepsMoreEntropy() throws {
        func entropy(_ weight: Float) throws -> Double {
            var settings = small()
            settings.entropyWeight = weight
            let agent = try PPO(problem: problem(trajectories: 2 * 16 * 20), settings: settings, random: RandomStreams(seed: 1))
            return try #require(try agent.finish().metrics.last?["entropy"])
        }
        let (weak, strong) = (try entropy(0), try entropy(1))
        #expect(strong > weak, "\(strong) and \(weak)")
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
