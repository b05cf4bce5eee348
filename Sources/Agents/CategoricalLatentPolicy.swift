import Core
import Environments
import Foundation
import Learning

/// A categorical actor with a latent, for discrete actions. Actions that do not exist in a state have probability 0.
public final class CategoricalLatentPolicy: LatentPolicy, GraphPolicy {
    public var actionMask: [Bool] = []
    private let actor: CategoricalActor
    private let encoder: SpaceEncoder
    private var latent: [Float]
    // Memory for each action.
    private var input: [Float] = []
    private var logits: [Float]

    /// `observation` is the environment's space: the actor sees its encoding, followed by the latent.
    public init(actor: CategoricalActor, observation: Space, latent: [Float]) {
        self.actor = actor
        self.latent = latent
        encoder = SpaceEncoder(observation)
        logits = Array(repeating: 0, count: actor.actionCount)
    }

    public func condition(on latent: [Float]) { self.latent = latent }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        encoder.encode(observation, into: &input)
        let whole = input + latent
        whole.withUnsafeBufferPointer { input in
            logits.withUnsafeMutableBufferPointer { actor.network.forwardSingle(input, into: $0) }
        }
        action[0] = Float(chooseAction(logits: logits, mask: actionMask, mode: mode, using: &random))
    }

    public func writeWeights(at states: ArraySlice<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) {
        let rows = encoder.encoded(graph.observations(of: Array(states))), columns = encoder.columns, actions = graph.actionCount
        let input = states.indices.flatMap { state -> [Float] in
            let row = (state - states.startIndex) * columns
            return rows[row..<row + columns] + latent
        }
        let logits = withoutGradients { actor.network(Tensor(input, shape: [states.count, columns + latent.count])).array }
        for (row, state) in states.enumerated() {
            let existing = (0..<actions).filter { graph.hasAction($0, at: state) }
            let top = existing.reduce(-Float.infinity) { max($0, logits[row * actions + $1]) }
            for action in existing { weights[row * actions + action] = exp(Double(logits[row * actions + action] - top)) }
        }
    }
}
