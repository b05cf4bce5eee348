import Core
import Learning

/// The columns of one time step's input: what the agent sees, and what its last action was and led to.
public struct RecurrentInput: Sendable, Equatable {
    public let observation: Int
    public let action: Int

    public init(observation: Int, action: Int) {
        self.observation = observation
        self.action = action
    }

    /// (observation, previous action as the environment took it, previous reward, 1 where the previous step ended an episode)
    public var width: Int { observation + action + 2 }
    public var rewardColumn: Int { observation + action }
    public var doneColumn: Int { observation + action + 1 }
}

/// RL2's policy: a GRU whose hidden state is all it remembers of a trial, a linear mean, a standard deviation that does not depend on the
/// state, and a linear value. The learning algorithm that the outer PPO finds runs in the hidden state.
public struct RecurrentPolicy: Module {
    public var gru: GRU
    /// hidden -> mean action in the normalised space
    public var mean: Linear
    /// hidden -> value in units of mean reward: (1 - discount) times the discounted return
    public var value: Linear
    /// [action]: logarithm of the standard deviation in the normalised space.
    public var logStd: Tensor

    /// The first mean actions are near 0, so that at first only the standard deviation explores.
    public init(
        input: RecurrentInput, hidden: Int, initialLogStd: Float, precision: Precision = .float32, using random: inout RandomStream
    ) {
        gru = GRU(inputs: input.width, hidden: hidden, precision: precision, using: &random)
        mean = Linear(inputs: hidden, outputs: input.action, precision: precision, using: &random)
        value = Linear(inputs: hidden, outputs: 1, using: &random)
        logStd = Tensor.full(initialLogStd, [input.action]).trainableCopy()
        for head in [mean, value] {
            for parameter in [head.weight, head.bias] {
                parameter.withUnsafeMutableBufferPointer { for i in $0.indices { $0[i] *= 0.1 } }
            }
        }
    }

    /// The hidden states of whole trials, from inputs [time, trials, input]: [time * trials, hidden]. Every trial begins with a hidden
    /// state of zeros; nothing resets it between its episodes.
    public func hiddenStates(_ inputs: Tensor) -> Tensor {
        let outputs = gru(inputs).outputs
        return outputs.reshaped([outputs.rows, outputs.columns])
    }

    /// From hidden states [rows, hidden] to distributions over actions.
    public func distribution(_ hidden: Tensor) -> DiagonalGaussian { DiagonalGaussian(mean: mean(hidden), logStd: logStd) }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        gru.forEachParameter(prefix: "gru", body)
        mean.forEachParameter(prefix: "mean", body)
        value.forEachParameter(prefix: "value", body)
        body("logStd", &logStd)
    }
}
