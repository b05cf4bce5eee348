import Agents
import Environments
import Foundation
import Learning

/// The losses of GFlowNets.
extension LearningCases {
    /// Losses and gradients of given trajectories, by `FlowObjective`, and exact numbers of the network's policy.
    static func flowMatching(_ file: LearningCaseFile, _ comparison: inout LearningComparison) throws {
        let graph = try graph(file)
        let network = FlowNetwork(
            network: try file.network("layers", activation: .leakyReLU), logPartition: Float(try file.number("logZ")))
        let inputs = SpaceEncoder(graph.observation).columns, layers = network.network.layers
        try file.require(
            layers[0].inputs == inputs && layers[layers.count - 1].outputs == graph.actionCount,
            "'layers' must have \(inputs) inputs and \(graph.actionCount) outputs")
        let trajectories = try file.tensors("trajectories").map { steps in
            try trajectory(try steps.array.map { try LearningCaseFile.index(Double($0), "an action of 'trajectories'") }, graph, file)
        }

        let losses: [(FlowLoss, loss: String, gradients: String)] = [
            (.flowMatching, "loss", "gradients"), (.plainFlowMatching, "plainLoss", "plainGradients"),
            (.trajectoryBalance, "trajectoryBalanceLoss", "trajectoryBalanceGradients"),
        ]
        for (loss, value, gradients) in losses {
            var batch = FlowBatch(trajectories: trajectories)
            let found = FlowObjective(loss).gradient(of: network, on: &batch, FlowGraph(graph))
            comparison.compare(value, [Float(found.loss)], [Float(try file.number(value))])
            let expected = try file.parts(gradients).flatMap { [try $0.tensor("weight"), try $0.tensor("bias")] }
            comparison.compare(gradients, found.network, expected)
            if loss == .trajectoryBalance { comparison.compare("logZGradient", [found.logPartition], [Float(try file.number("logZGradient"))]) }
        }

        let enumerated = try EnumeratedGraph(graph)
        let policy = FlowPolicy(network, observation: graph.observation, objective: FlowObjective(.flowMatching))
        let distribution = try enumerated.terminalDistribution { policy.writeWeights(at: $0, of: graph, into: &$1) }
        comparison.compare("l1", [Float(enumerated.l1Error(distribution))], [Float(try file.number("l1"))])
        comparison.compare("sampledReward", [Float(enumerated.meanReward(distribution))], [Float(try file.number("sampledReward"))])
    }

    /// Of the family and task that the file names.
    private static func graph(_ file: LearningCaseFile) throws -> any AcyclicGraph {
        let name = try file.text("family"), recorded = try file.part("parameters").object
        guard let family = file.families.first(where: { $0.name == name }) else {
            throw LearningCaseFile.Malformed(
                description: "has a family '\(name)', not one of \(file.families.map(\.name).joined(separator: ", "))")
        }
        var parameters: [String: [Double]] = [:]
        for (key, value) in recorded {
            switch value {
            case let number as NSNumber: parameters[key] = [number.doubleValue]
            case let numbers as [NSNumber]: parameters[key] = numbers.map(\.doubleValue)
            case let lists as [[NSNumber]]: parameters[key] = lists.flatMap { $0.map(\.doubleValue) }
            default: throw LearningCaseFile.Malformed(description: "'parameters.\(key)' is neither a number nor a list of numbers or of such lists")
            }
        }
        let environment = try family.makeEnvironment(TaskDescription(name: "recorded", parameters: parameters), copies: 1)
        guard let graph = (environment as? any GraphEnvironment)?.graph else {
            throw LearningCaseFile.Malformed(description: "has a family '\(name)' whose environments walk on no graph")
        }
        return graph
    }

    private static func trajectory(_ actions: [Int], _ graph: any AcyclicGraph, _ file: LearningCaseFile) throws -> GraphTrajectory {
        var trajectory = GraphTrajectory(from: graph.start)
        for action in actions {
            try file.require(
                action < graph.actionCount && graph.hasAction(action, at: trajectory.end),
                "'trajectories' has an action \(action) that does not exist where it is taken")
            trajectory.append(action, to: graph.child(of: trajectory.end, by: action))
        }
        try file.require(graph.isTerminal(trajectory.end), "'trajectories' has one that does not end")
        return trajectory
    }
}
