import Agents
import Core
import Foundation
import Learning

/// A recurrent policy in use on one task, one observation at a time: a few row products and no graph. It keeps its hidden state until it is reset.
public final class RecurrentActor: Policy {
    private let input: RecurrentInput
    private let actionScale: Float
    private let fromInput: MLP
    private let fromState: MLP
    private let mean: MLP
    private let std: [Float]

    /// What is carried over from a trial: the hidden state, and the columns of the next input that are known already.
    private struct Memory {
        var hidden: [Float]
        var row: [Float]
    }
    private var memory: Memory
    private var start: Memory
    private var inputGates: [Float]
    private var stateGates: [Float]

    /// Copies the parameters, so that it does not change when the policy learns. The hidden state is zero.
    public init(_ policy: RecurrentPolicy, input: RecurrentInput, actionScale: Float) {
        self.input = input
        self.actionScale = actionScale
        let gru = policy.gru, hidden = gru.hidden
        // One row times a matrix wants it [in, out], and Gait's GRU has it [out, in].
        fromInput = Self.layer(gru.inputWeight.transposed(), gru.inputBias)
        fromState = Self.layer(gru.stateWeight.transposed(), gru.stateBias)
        mean = Self.layer(policy.mean.weight, policy.mean.bias)
        std = policy.logStd.array.map(expf)
        memory = Memory(hidden: Array(repeating: 0, count: hidden), row: Array(repeating: 0, count: input.width))
        start = memory
        inputGates = Array(repeating: 0, count: 3 * hidden)
        stateGates = Array(repeating: 0, count: 3 * hidden)
    }

    private static func layer(_ weight: Tensor, _ bias: Tensor) -> MLP {
        MLP(layers: [Linear(weight: weight.detached().copied(), bias: bias.detached().copied())], activation: .identity)
    }

    /// From now on every episode begins with the present hidden state.
    public func rememberAsStart() { start = memory }

    public func beginEpisode() { memory = start }

    /// The mean action, or a draw, as the environment takes it.
    public func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        for i in 0..<input.observation { memory.row[i] = observation[i] }
        advance()
        memory.hidden.withUnsafeBufferPointer { hidden in
            action.withUnsafeMutableBufferPointer { mean.forwardSingle(hidden, into: $0) }
        }
        for j in action.indices {
            if mode == .stochastic { action[j] += std[j] * random.normal() }
            action[j] = scaledAction(action[j], actionScale)
            memory.row[input.observation + j] = action[j]
        }
    }

    /// As `observe(reward:done:)`, where another action than this actor's own was taken.
    public func observe(action: [Float], reward: Float, done: Bool) {
        for j in action.indices { memory.row[input.observation + j] = action[j] }
        observe(reward: reward, done: done)
    }

    public func observe(reward: Float, done: Bool) {
        memory.row[input.rewardColumn] = reward
        memory.row[input.doneColumn] = done ? 1 : 0
    }

    /// The GRU's step: h <- (1 - z) n + z h.
    private func advance() {
        memory.row.withUnsafeBufferPointer { row in
            inputGates.withUnsafeMutableBufferPointer { fromInput.forwardSingle(row, into: $0) }
        }
        memory.hidden.withUnsafeBufferPointer { hidden in
            stateGates.withUnsafeMutableBufferPointer { fromState.forwardSingle(hidden, into: $0) }
        }
        let size = memory.hidden.count
        for j in 0..<size {
            let reset = sigmoid(inputGates[j] + stateGates[j])
            let keep = sigmoid(inputGates[size + j] + stateGates[size + j])
            let new = tanhf(inputGates[2 * size + j] + reset * stateGates[2 * size + j])
            memory.hidden[j] = (1 - keep) * new + keep * memory.hidden[j]
        }
    }
}

private func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
