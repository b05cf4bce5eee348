import Core
import Environments
import Foundation
import Learning

/// One training task of a GFlowNet: its graph, the stream that its trajectories are drawn from, and what was drawn so far.
///
/// Sendable because everything in it is its own and one thread at a time works on it.
public final class FlowTask: @unchecked Sendable {
    public let index: Int
    public let flows: FlowGraph
    /// Nil for an agent that learns from the trajectories in another way.
    private let objective: FlowObjective?
    private var random: RandomStream
    /// This task's share of the run's trajectories.
    private let budget: Int
    public private(set) var trajectories = 0
    /// Moves of all trajectories.
    public private(set) var moves = 0
    public private(set) var updates = 0
    public var metrics = MetricMeans()

    /// Throws `UnsupportedSpace` where the environment walks on no graph.
    public init(index: Int, environment: any Environment, agent: String, objective: FlowObjective?, budget: Int, random: RandomStreams) throws {
        self.index = index
        flows = FlowGraph(try requireGraph(environment, agent: agent))
        self.objective = objective
        self.random = random["task-\(index)/trajectories"]
        self.budget = budget
    }

    public var remaining: Int { max(0, budget - trajectories) }

    /// Trajectories of a network's policy, at most those that are left of the budget. Throws `TrainingError.nonFinite`.
    public func sample(_ count: Int, from network: FlowNetwork) throws -> FlowBatch {
        let count = min(count, remaining)
        do {
            let (drawn, known) = try flows.sample(count, from: network, using: &random)
            trajectories += count
            moves += drawn.reduce(0) { $0 + $1.actions.count }
            let rewards = drawn.reduce(0) { $0 + exp(flows.graph.logReward(of: $1.end)) }
            if count > 0 { metrics.add("trainingReward", Float(rewards / Double(count))) }
            return FlowBatch(trajectories: drawn, flows: known)
        } catch is GraphError {
            throw TrainingError.nonFinite("flow", update: updates, task: index)
        }
    }

    /// The loss's gradient on a batch, which is then counted as an update. Throws `TrainingError.nonFinite`.
    public func gradient(of network: FlowNetwork, on batch: inout FlowBatch) throws -> FlowGradient {
        guard let objective else { preconditionFailure("a task without an objective has no gradient") }
        let gradient = objective.gradient(of: network, on: &batch, flows)
        try countUpdate(loss: Float(gradient.loss))
        return gradient
    }

    /// Counts an update that was made in another way. Throws `TrainingError.nonFinite`.
    public func countUpdate(loss: Float) throws {
        guard loss.isFinite else { throw TrainingError.nonFinite("loss", update: updates, task: index) }
        updates += 1
        metrics.add("loss", loss)
    }

    /// Notes the Euclidean distance of the task's network from the meta network.
    public func noteDistance(of network: FlowNetwork, to meta: FlowNetwork) {
        let differences = zip(network.network.parameters, meta.network.parameters).map { $0.detached() - $1.detached() }
        metrics.add("metaDistance", euclideanNorm(differences))
    }
}

extension FlowTask: StatefulObject {
    public func codeState(_ coder: StateCoder) throws {
        try coder.stream("random", &random)
        try coder.count("trajectories", &trajectories, most: budget + 1)
        try coder.count("moves", &moves)
        try coder.count("updates", &updates)
    }
}

/// Trajectories to learn from.
public struct FlowBatch {
    public let trajectories: [GraphTrajectory]
    /// Flows of the network that drew them, until it changes.
    fileprivate var flows: StateFlows?

    public init(trajectories: [GraphTrajectory], flows: StateFlows? = nil) {
        self.trajectories = trajectories
        self.flows = flows
    }
}

/// A loss and its gradient.
public struct FlowGradient: Sendable {
    public var loss: Double
    /// In the order of the parameters of `FlowNetwork.network`.
    public var network: [Tensor]
    public var logPartition: Float

    public init(loss: Double, network: [Tensor], logPartition: Float) {
        (self.loss, self.network, self.logPartition) = (loss, network, logPartition)
    }
}

extension FlowGradient {
    /// The mean of at least one.
    public init(meanOf gradients: [FlowGradient]) {
        self = gradients[0]
        let share = 1 / Float(gradients.count)
        loss = gradients.reduce(0) { $0 + $1.loss } / Double(gradients.count)
        logPartition = gradients.reduce(0) { $0 + $1.logPartition } * share
        network = network.indices.map { index in
            gradients.dropFirst().reduce(gradients[0].network[index]) { $0 + $1.network[index] } * share
        }
    }
}

extension AgentProgress {
    /// Of agents whose training tasks are GFlowNets'.
    public init(of tasks: [FlowTask], rounds: Int) {
        self.init(
            environmentSteps: tasks.reduce(0) { $0 + $1.moves }, gradientUpdates: tasks.reduce(0) { $0 + $1.updates }, rounds: rounds,
            trajectories: tasks.reduce(0) { $0 + $1.trajectories })
    }
}

extension FlowObjective {
    /// The gradient on a batch: with the flows that its trajectories were drawn with, where it is the first one on this batch.
    public func gradient(of network: FlowNetwork, on batch: inout FlowBatch, _ graph: FlowGraph) -> FlowGradient {
        let flows = batch.flows ?? graph.flows(of: network, for: batch.trajectories)
        batch.flows = nil
        let value = value(batch.trajectories, on: graph.graph, flows: flows, logPartition: network.logPartition.scalar)
        let seed = Tensor(value.flowGradient, shape: flows.tensor.shape)
        return FlowGradient(
            loss: value.loss, network: gradients(of: flows.tensor, seed: seed, withRespectTo: network.network.parameters),
            logPartition: value.logPartitionGradient)
    }
}

/// The graph that an environment walks on. Throws `UnsupportedSpace` where there is none.
func requireGraph(_ environment: any Environment, agent: String) throws -> any AcyclicGraph {
    guard let graph = (environment as? any GraphEnvironment)?.graph else { throw UnsupportedSpace(agent: agent, needs: graphNeeded) }
    return graph
}

private let graphNeeded = "environments that walk on a directed acyclic graph, with discrete observations and actions that are masked"

extension Problem {
    /// A training task's share of the budget's trajectories where all tasks get equally many; see `steps(ofTask:)`.
    public func trajectories(ofTask index: Int) -> Int { share(of: budget.amount, task: index) }

    /// The training tasks of a GFlowNet. Throws `UnsupportedSpace` where environments walk on no graph, and what making them throws.
    public func flowTasks(agent: String, objective: FlowObjective?, random: RandomStreams) throws -> [FlowTask] {
        guard case .discrete = environment.action, environment.masksActions else { throw UnsupportedSpace(agent: agent, needs: graphNeeded) }
        guard !trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
        return try trainTasks.indices.map { index in
            try FlowTask(
                index: index, environment: makeEnvironment(trainTasks[index], 1), agent: agent, objective: objective,
                budget: trajectories(ofTask: index), random: random)
        }
    }

    /// A network with these hidden layers.
    public func flowNetwork(hidden: [Int], precision: Precision, using stream: inout RandomStream) -> FlowNetwork {
        let actions = if case .discrete(let count) = environment.action { count } else { 0 }
        return FlowNetwork(
            inputs: SpaceEncoder(environment.observation).columns, hidden: hidden, actions: actions, precision: precision, using: &stream)
    }
}
