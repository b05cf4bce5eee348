import Core
import Environments
import Learning

/// A policy that chooses among its actions by their values.
public protocol ActionValuePolicy: Policy {
    /// The value of every action at one observation row.
    func values(_ observation: [Float]) -> [Float]
}

/// The greedy policy of a Q network. Where it acts stochastically, it is epsilon-greedy.
public final class GreedyPolicy: ActionValuePolicy {
    private let network: MLP
    private let encoder: SpaceEncoder
    private let epsilon: Float
    /// Memory for each action.
    private var input: [Float] = []
    private var output: [Float]

    /// `network` takes encoded observations and must not change. `epsilon` is for stochastic acting only.
    public init(_ network: MLP, observation: Space, epsilon: Float) {
        self.network = network
        self.epsilon = epsilon
        encoder = SpaceEncoder(observation)
        output = Array(repeating: 0, count: network.layers[network.layers.count - 1].outputs)
    }

    public func values(_ observation: [Float]) -> [Float] {
        evaluate(observation)
        return output
    }

    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        if mode == .stochastic, random.uniform() < epsilon {
            action[0] = Float(random.index(below: output.count))
            return
        }
        evaluate(observation)
        action[0] = Float(output.withUnsafeBufferPointer { values in values.baseAddress.map { greedyAction($0, values.count) } ?? 0 })
    }

    private func evaluate(_ observation: [Float]) {
        encoder.encode(observation, into: &input)
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { network.forwardSingle(input, into: $0) }
        }
    }
}
