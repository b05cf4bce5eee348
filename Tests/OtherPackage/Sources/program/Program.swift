import Core
import Environments
import Learning

/// A point on a line; the nearer to 0 it is, the higher the reward.
struct Line: SimulatedTask {
    struct State: SimulatedState {
        var x: Double
        static let numberCount = 1
        var numbers: [Double] { [x] }
        init(x: Double) { self.x = x }
        init?(numbers: [Double]) {
            guard numbers.count == 1 else { return nil }
            x = numbers[0]
        }
    }

    func begin(using random: inout RandomStream) -> State { State(x: Double.random(in: -1...1, using: &random)) }

    func advance(
        _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
    ) -> (reward: Double, isTerminal: Bool) {
        state.x += 0.5 * Double(action[0])
        return (-state.x * state.x, false)
    }

    func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) { row[0] = Float(state.x) }
}

/// Steps of random actions: [steps, observation and action] and [steps, reward].
func collect(_ steps: Int, from environment: any Environment, using random: inout RandomStream) throws -> (inputs: Tensor, rewards: Tensor) {
    var batch = StepBatch(copies: 1, description: environment.description), inputs: [Float] = [], rewards: [Float] = []
    environment.random = RandomStream(seed: 1)
    try environment.reset(0, into: &batch)
    for _ in 0..<steps {
        let action = Float.random(in: -1...1, using: &random)
        inputs += [batch.observations[0], action]
        try environment.step([action], into: &batch)
        rewards.append(batch.rewards[0])
        if batch.truncated[0] { try environment.reset(0, into: &batch) }
    }
    return (Tensor(inputs, shape: [steps, 2]), Tensor(rewards, shape: [steps, 1]))
}

@main struct Program {
    /// Learns to predict the reward.
    static func main() throws {
        try BLAS.open()
        let description = EnvironmentDescription(
            observation: .unbounded(1), action: .box(size: 1, low: -1, high: 1), episodeLimit: 4, dynamicsVary: false, timeStep: 0.1)
        let environment = SimulatedEnvironment(Line(), description: description, copies: 1, fingerprint: 7)
        var random = RandomStream(seed: 2)
        let (inputs, rewards) = try collect(256, from: environment, using: &random)
        let network = MLP(inputs: 2, hidden: [32, 32], outputs: 1, activation: .tanh, using: &random).trainableCopy()
        let optimizer = Adam(network.parameters, learningRate: 1e-2)
        func loss() -> Tensor { (network(inputs) - rewards).squared().mean() }
        let before = loss().scalar
        for _ in 0..<300 { optimizer.step(gradients(of: loss(), withRespectTo: network.parameters)) }
        print("loss before \(before), after \(loss().scalar)")
    }
}
