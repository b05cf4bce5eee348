import Core
import Environments
import Foundation
import Learning

/// A GFlowNet's policy: an action with probability proportional to its flow, or the action of the largest flow.
public final class FlowPolicy: GraphPolicy {
    public var actionMask: [Bool] = []
    private let network: FlowNetwork
    private let objective: FlowObjective?
    private let encoder: SpaceEncoder
    private var input: [Float] = []
    private var output: [Float]

    /// `network` must not change any more. `objective` is what it was trained on; nil where its outputs are logits that were learned in another way.
    public init(_ network: FlowNetwork, observation: Space, objective: FlowObjective?) {
        self.network = network
        self.objective = objective
        encoder = SpaceEncoder(observation)
        output = Array(repeating: 0, count: network.network.layers.last?.outputs ?? 0)
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        encoder.encode(observation, into: &input)
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { network.network.forwardSingle(input, into: $0) }
        }
        action[0] = Float(chooseAction(logits: output, mask: actionMask, mode: mode, using: &random))
    }

    public func writeWeights(at states: ArraySlice<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) {
        let flows = withoutGradients { StateFlows(of: network, at: Array(states), graph) }
        flows.writeWeights(at: states, of: graph, into: &weights)
    }

    public func loss(of trajectories: [GraphTrajectory], on graph: any AcyclicGraph) -> Double? {
        guard let objective else { return nil }
        let flows = withoutGradients { FlowGraph(graph).flows(of: network, for: trajectories) }
        return objective.value(trajectories, on: graph, flows: flows, logPartition: network.logPartition.scalar).loss
    }
}
