import Agents
import Core
import Environments
import Foundation

/// Networks that show which z an agent plays with, on the point: the actor's action is tanh(z0 / 2) whatever it observes, almost without noise,
/// and each context tuple's factor of the posterior has `slope` times the tuple's action as its mean, all with the same variance. So the
/// action of an episode's every step tells its z, and the posterior's mean is `slope` times the mean action of the context.
public enum RevealedLatent {
    /// Observation columns and actions of the point.
    private static let observation = 2, action = 1

    /// The latent's first number, from an action.
    public static func latent(_ action: Float) -> Float { 2 * atanhf(action) }

    /// The action where the latent's first number is `latent`.
    public static func action(_ latent: Float) -> Float { tanhf(latent / 2) }

    /// The latent's first number in each episode of transitions (see `Agent.transitions`): an episode begins where the point's clock is 0. nil for
    /// an episode whose actions are not all alike.
    public static func latents(_ transitions: [[Float]]) -> [Float?] {
        var episodes: [[Float]] = []
        for row in transitions {
            if row[1] == 0 { episodes.append([]) }
            episodes[episodes.count - 1].append(row[observation])
        }
        return episodes.map(latent(ofEpisode:))
    }

    /// The latent's first number, from all actions of an episode; nil where they are not all alike.
    public static func latent(ofEpisode actions: [Float]) -> Float? {
        guard let first = actions.first, actions.allSatisfy({ abs($0 - first) < 1e-4 }) else { return nil }
        return latent(first)
    }

    /// Overwrites an actor of one hidden layer, and an encoder of one hidden layer and so many latent numbers, whose layers are below these keys.
    /// `std` is that of z for a context of one tuple, `noise` that of actions before they are squashed.
    public static func write(
        into state: inout StateDictionary, actor: String, encoder: String? = nil, latentSize: Int, slope: Float = 4, std: Float = 1e-3,
        noise: Float = 1e-6
    ) throws {
        var bias = [Float](repeating: 0, count: 2 * action)
        bias[action] = logf(noise)
        try write(into: &state, actor, input: observation, output: 0, slope: 0.5, bias: bias)
        guard let encoder else { return }
        let raw = [Float](repeating: Float(log(expm1(Double(std * std)))), count: latentSize)  // softplus(raw) is the factor's variance
        try write(into: &state, encoder, input: observation, output: 0, slope: slope, bias: [Float](repeating: 0, count: latentSize) + raw)
    }

    /// output = slope * input + bias, through two hidden units.
    private static func write(into state: inout StateDictionary, _ key: String, input: Int, output: Int, slope: Float, bias: [Float]) throws {
        let first = "\(key).layers.0", last = "\(key).layers.1"
        guard let shape = state["\(first).weight"]?.shape, state["\(last).bias"]?.shape == [bias.count] else {
            throw StateError.invalid(key, "one hidden layer and \(bias.count) outputs expected")
        }
        let hidden = shape[1], outputs = bias.count
        var into = [Float](repeating: 0, count: shape[0] * hidden), out = [Float](repeating: 0, count: hidden * outputs)
        (into[input * hidden], into[input * hidden + 1]) = (1, -1)
        (out[output], out[outputs + output]) = (slope, -slope)
        state.store(into, shape: shape, at: "\(first).weight")
        state.store([Float](repeating: 0, count: hidden), at: "\(first).bias")
        state.store(out, shape: [hidden, outputs], at: "\(last).weight")
        state.store(bias, at: "\(last).bias")
    }
}

/// The point on a line, and the actions of its episodes.
public final class RecordingEnvironment: Environment {
    /// Of each episode, in order.
    public private(set) var actions: [[Float]] = []
    private let point: PointEnvironment

    public init(direction: Double = 1) { point = PointEnvironment(direction: direction) }

    public var description: EnvironmentDescription { point.description }
    public var copies: Int { 1 }
    public var unstableEpisodes: Int { 0 }
    public var random: RandomStream {
        get { point.random }
        set { point.random = newValue }
    }
    public func reset(_ copy: Int, into batch: inout StepBatch) throws {
        actions.append([])
        try point.reset(copy, into: &batch)
    }
    public func step(_ actions: [Float], into batch: inout StepBatch) throws {
        self.actions[self.actions.count - 1].append(actions[0])
        try point.step(actions, into: &batch)
    }
    public func codeState(_ coder: StateCoder) throws { try point.codeState(coder) }
}
