import Core
import Learning

/// Predicts rewards, and next observations where dynamics vary, from (s, a) and, for the decoder that all tasks share, the belief.
public struct Predictor: Module {
    public var reward: MLP
    public var transition: MLP?

    /// `inputs` is observation + action columns, and those of the belief; `transition` the observation's columns, nil where
    /// next observations are not predicted.
    public init(inputs: Int, hidden: [Int], transition: Int?, precision: Precision = .float32, using random: inout RandomStream) {
        reward = MLP(inputs: inputs, hidden: hidden, outputs: 1, activation: .relu, precision: precision, using: &random)
        self.transition = transition.map {
            MLP(inputs: inputs, hidden: hidden, outputs: $0, activation: .relu, precision: precision, using: &random)
        }
    }

    /// Each row's (r - predicted r)^2, plus the mean square over an observation's columns of s' - predicted s': [batch, 1].
    public func squaredError(_ input: Tensor, reward rewards: Tensor, next: Tensor) -> Tensor {
        let error = (reward(input) - rewards).squared()
        guard let transition else { return error }
        return error + (transition(input) - next).squared().mean(axis: 1, keepingDimension: true)
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        reward.forEachParameter(prefix: "reward", body)
        transition?.forEachParameter(prefix: "transition", body)
    }
}
