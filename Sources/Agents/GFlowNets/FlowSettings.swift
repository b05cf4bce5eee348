import Core
import Environments
import Foundation

/// Hyperparameters that all GFlowNets share.
public protocol FlowSettings: AgentSettings {
    /// Hidden layers of the network.
    var hidden: [Int] { get set }
    /// Adam's learning rate.
    var learningRate: Float { get set }
    /// Adam's learning rate of log Z, which only trajectory balance learns.
    var partitionLearningRate: Float { get set }
    /// Trajectories of an update (the paper's K).
    var batchTrajectories: Int { get set }
    var loss: FlowLoss { get set }
    /// Factor on the weight of a part of a trajectory for each of its moves (`subTrajectoryBalance` only).
    var subTrajectoryDecay: Double { get set }
}

extension FlowSettings {
    public var objective: FlowObjective { FlowObjective(loss, subTrajectoryDecay: subTrajectoryDecay) }

    public func validateFlows() throws {
        try SettingError.checkLayers([("hidden", hidden)])
        try SettingError.checkPositive([("learningRate", learningRate), ("partitionLearningRate", partitionLearningRate)])
        try SettingError.checkCounts([("batchTrajectories", batchTrajectories)])
        try SettingError.checkPositive([("subTrajectoryDecay", subTrajectoryDecay)])
        try SettingError.checkNumbers([("subTrajectoryDecay", subTrajectoryDecay)], in: 0...1)
    }
}

/// Hyperparameters of GFlowNets that adapt to a task.
public protocol AdaptingFlowSettings: FlowSettings {
    /// For each number, a policy that has adapted to its task by so many updates: `meta-u5` after 5.
    var adaptationUpdates: [Int] { get set }
}

extension AdaptingFlowSettings {
    public func validateAdaptation() throws {
        try SettingError.checkCounts(adaptationUpdates.map { ("adaptationUpdates", $0) }, in: 1...1_000_000)
        guard Set(adaptationUpdates).count == adaptationUpdates.count else {
            throw SettingError("adaptationUpdates", "different numbers expected, found \(adaptationUpdates)")
        }
    }

    /// Policies of the meta network after its updates on a task.
    public var adaptedPolicies: [AgentPolicy] {
        adaptationUpdates.map { .adapted(Self.adaptedName($0), title: "meta-policy, after \($0) update\($0 == 1 ? "" : "s")") }
    }

    static func adaptedName(_ updates: Int) -> String { "\(AgentPolicy.metaName)-u\(updates)" }

    /// A copy of a network after as many updates on a task as a policy's name says, with a new optimizer.
    public func adapt(
        _ meta: FlowNetwork, to environment: any Environment, as policy: String, agent: String, using random: inout RandomStream
    ) throws -> Adaptation {
        let updates = adaptationUpdates.first { Self.adaptedName($0) == policy } ?? 0
        let graph = FlowGraph(try requireGraph(environment, agent: agent)), network = meta.trainableCopy()
        let optimizer = FlowOptimizer(network, settings: self), objective = objective
        var rewards: [Double] = [], moves = 0
        for update in 0..<updates {
            do {
                let (trajectories, flows) = try graph.sample(batchTrajectories, from: network, using: &random)
                var batch = FlowBatch(trajectories: trajectories, flows: flows)
                optimizer.step(objective.gradient(of: network, on: &batch, graph))
                rewards.append(trajectories.reduce(0) { $0 + exp(graph.graph.logReward(of: $1.end)) } / Double(batchTrajectories))
                moves += trajectories.reduce(0) { $0 + $1.actions.count }
            } catch is GraphError {
                throw TrainingError.nonFinite("flow of an adapted network", update: update, task: 0)
            }
        }
        let adapted = FlowPolicy(network.frozenCopy(), observation: graph.graph.observation, objective: objective)
        return Adaptation(policy: adapted, episodeReturns: rewards, steps: moves)
    }
}
