import Agents
import Core
import Environments
import Foundation
import Learning

/// Proximal policy optimization (Schulman et al. 2017) on graphs, for every training task: each task has a policy and a value network of its own, and
/// learns as if it were alone. It maximizes the reward, where a GFlowNet samples in proportion to it.
///
/// It yields the policy of each training task. It does not adapt, so it has none for other tasks.
public final class PPO: Agent {
    public static let name = "ppo"
    public static let summary = "proximal policy optimization on graphs for each training task, nothing is shared"
    public static var budgetUnit: BudgetUnit { .trajectories }

    private let problem: Problem
    private let settings: PPOSettings
    private let tasks: [PPOTask]
    private var rounds: UpdateRounds

    public init(problem: Problem, settings: PPOSettings, random: RandomStreams) throws {
        try settings.validate()
        self.problem = problem
        self.settings = settings
        rounds = UpdateRounds(updatesPerRound: settings.updatesPerRound, updatesPerPause: Self.updatesPerPause)
        tasks = try problem.flowTasks(agent: Self.name, objective: nil, random: random).map { task in
            PPOTask(task, problem: problem, settings: settings, random: random)
        }
    }

    /// Updates of all tasks in turn. A round means nothing to the algorithm: it is where the agent is evaluated.
    public func train(_ session: any TrainingSession) throws {
        while !isBudgetSpent {
            let updates = rounds.block
            try forEachInParallel(tasks, threads: problem.threads) { task in
                for _ in 0..<updates { try task.update() }
            }
            let endsRound = rounds.didRun(updates, isLast: isBudgetSpent)
            try session.pause(MetricMeans.means(of: tasks.map { $0.task.metrics.drain() }), endsRound: endsRound)
        }
    }

    /// Updates of each task between two pauses at the most.
    private static let updatesPerPause = 5

    private var isBudgetSpent: Bool { tasks.allSatisfy { $0.task.remaining == 0 } }

    public var progress: AgentProgress { AgentProgress(of: tasks.map(\.task), rounds: rounds.rounds) }

    public var policies: [AgentPolicy] {
        [.personal { [self] in FlowPolicy(tasks[$0].actor.frozenCopy(), observation: problem.environment.observation, objective: nil) }]
    }

    public func codeState(_ coder: StateCoder) throws {
        for task in tasks { try coder.object("task-\(task.task.index)", task) }
        try rounds.codeState(coder)
    }
}

/// One task's policy and value networks.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
package final class PPOTask: @unchecked Sendable {
    let task: FlowTask
    /// Its outputs are the policy's logits.
    let actor: FlowNetwork
    private let critic: MLP
    private let optimizer: Adam
    private let settings: PPOSettings

    init(_ task: FlowTask, problem: Problem, settings: PPOSettings, random: RandomStreams) {
        self.task = task
        self.settings = settings
        var initialization = random["task-\(task.index)/initialization"]
        actor = problem.flowNetwork(hidden: settings.hidden, precision: settings.precision, using: &initialization)
        critic = MLP(
            inputs: SpaceEncoder(problem.environment.observation).columns, hidden: settings.hidden, outputs: 1, activation: .leakyReLU,
            precision: settings.precision, using: &initialization)
        optimizer = Adam(actor.network.parameters + critic.parameters, learningRate: settings.learningRate)
    }

    /// One batch of trajectories and all passes over it. Does nothing where the budget is spent. Throws `TrainingError.nonFinite`.
    func update() throws {
        guard task.remaining > 0 else { return }
        let moves = Moves(try task.sample(settings.batchTrajectories, from: actor).trajectories, on: task.flows.graph, discount: settings.discount)
        let before = withoutGradients { moves.logProbabilities(actor.network).chosen }
        let advantages = withoutGradients { moves.advantages(critic) }
        let parameters = actor.network.parameters + critic.parameters
        for _ in 0..<settings.passes {
            let (all, chosen) = moves.logProbabilities(actor.network)
            let ratio = (chosen - before).exp()
            let surrogate = Self.surrogate(ratio, advantages, clip: settings.clip)
            let entropy = -(all.exp() * all).sum(axis: -1).mean()
            let valueLoss = (moves.values(critic) - moves.returns).squared().mean()
            let loss = valueLoss * settings.valueWeight - surrogate - entropy * settings.entropyWeight
            try task.countUpdate(loss: loss.scalar)
            optimizer.step(gradients(of: loss, withRespectTo: parameters))
            task.metrics.add("entropy", entropy.scalar)
            task.metrics.add("valueLoss", valueLoss.scalar)
        }
    }

    /// The clipped surrogate objective (Schulman et al. 2017, equation 7), [1], of ratios and advantages [moves, 1].
    package static func surrogate(_ ratio: Tensor, _ advantages: Tensor, clip: Float) -> Tensor {
        minimum(ratio * advantages, ratio.clamped(to: 1 - clip...1 + clip) * advantages).mean()
    }
}

extension PPOTask: StatefulObject {
    package func codeState(_ coder: StateCoder) throws {
        try coder.network("actor", actor)
        try coder.network("critic", critic)
        try coder.object("optimizer", optimizer)
        try task.codeState(coder)
    }
}

/// All moves of some trajectories. Networks compute each state once, however often it was met.
package struct Moves {
    /// One-hot observations of the states, [states, inputs].
    private let input: Tensor
    /// 0 where an action exists, a large negative number where it does not, [states, actions].
    private let penalties: Tensor
    /// Of each move, the row of its state.
    private let rows: [Int]
    private let actions: [Int]
    /// Discounted reward from each move on, [moves, 1].
    package let returns: Tensor

    package init(_ trajectories: [GraphTrajectory], on graph: any AcyclicGraph, discount: Float) {
        var states: [Int] = [], places: [Int: Int] = [:], rows: [Int] = [], actions: [Int] = [], returns: [Float] = []
        for trajectory in trajectories {
            var value = Float(exp(graph.logReward(of: trajectory.end))), backward: [Float] = []
            for _ in trajectory.actions {
                backward.append(value)
                value *= discount
            }
            returns += backward.reversed()
            actions += trajectory.actions
            for state in trajectory.states.dropLast() {
                if places[state] == nil {
                    places[state] = states.count
                    states.append(state)
                }
                rows.append(places[state] ?? 0)
            }
        }
        let encoder = SpaceEncoder(graph.observation)
        input = Tensor(encoder.encoded(graph.observations(of: states)), shape: [states.count, encoder.columns])
        penalties = Tensor(
            states.flatMap { graph.actionMask(at: $0).map { $0 ? 0 : -1e9 } }, shape: [states.count, graph.actionCount])
        (self.rows, self.actions) = (rows, actions)
        self.returns = Tensor(returns, shape: [returns.count, 1])
    }

    /// Log probabilities of all actions, [moves, actions], and of those taken, [moves, 1].
    package func logProbabilities(_ network: MLP) -> (all: Tensor, chosen: Tensor) {
        let all = (network(input) + penalties).logSoftmax().gatheredRows(rows)
        return (all, all.picked(columns: actions))
    }

    /// How much more each move brought than the value of its state, [moves, 1].
    package func advantages(_ critic: MLP) -> Tensor { returns - values(critic) }

    /// [moves, 1]
    package func values(_ network: MLP) -> Tensor { network(input).gatheredRows(rows) }
}
