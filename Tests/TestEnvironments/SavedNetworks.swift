import Agents
import Core
import Foundation
import Learning
import Testing

/// Parts of an agent's saved state, to compute with outside of the agent.
extension StateDictionary {
    /// A tensor with the numbers of an entry, to differentiate with respect to.
    public func tensor(_ key: String) throws -> Tensor {
        guard let shape = self[key]?.shape else { throw StateError.missing(key) }
        return Tensor(try floats(key), shape: shape).trainableCopy()
    }

    /// The network whose layers are below `key`, relu between them.
    public func network(_ key: String) throws -> MLP {
        var layers: [Linear] = []
        while self["\(key).layers.\(layers.count).weight"] != nil {
            let name = "\(key).layers.\(layers.count)"
            layers.append(Linear(weight: try tensor("\(name).weight"), bias: try tensor("\(name).bias")))
        }
        guard !layers.isEmpty else { throw StateError.missing("\(key).layers.0.weight") }
        return MLP(layers: layers, activation: .relu)
    }

    /// A replay buffer of so many observation and action columns.
    public func buffer(_ key: String, observation: Int, action: Int) throws -> ReplayBuffer {
        let buffer = ReplayBuffer(layout: TransitionLayout(observation: observation, action: action), capacity: 1_000_000)
        let rows = try floats("\(key)/rows"), width = buffer.layout.width
        for start in stride(from: 0, to: rows.count, by: width) {
            let row = Array(rows[start..<start + width]), reward = observation + action
            row[..<observation].withUnsafeBufferPointer { now in
                row[(reward + 1)..<(reward + 1 + observation)].withUnsafeBufferPointer { next in
                    buffer.append(
                        observation: now, action: Array(row[observation..<reward]), reward: row[reward], nextObservation: next,
                        terminated: row[width - 1] == 1)
                }
            }
        }
        return buffer
    }

    /// Adam's step (Kingma and Ba 2015, Algorithm 1) along a gradient of the optimizer's `index`-th parameter, in double, from the moments that
    /// are saved here: what is subtracted from the parameter.
    public func adamStep(_ optimizer: String, _ index: Int, _ gradient: [Double], rate: Float) throws -> [Double] {
        let t = Double(try integer("\(optimizer)/steps") + 1)
        let first = try floats("\(optimizer)/\(index).first"), second = try floats("\(optimizer)/\(index).second")
        return gradient.indices.map { i in
            let m = 0.9 * Double(first[i]) + 0.1 * gradient[i], v = 0.999 * Double(second[i]) + 0.001 * gradient[i] * gradient[i]
            return Double(rate) * (m / (1 - pow(0.9, t))) / ((v / (1 - pow(0.999, t))).squareRoot() + 1e-8)
        }
    }

    /// What the parameters of networks saved below `keys` are after a step of their optimizer along `gradients`, by key. The optimizer's parameters
    /// are those of the networks, in this order.
    public func stepped(
        _ keys: [String], _ networks: [MLP], _ optimizer: String, _ gradients: [Tensor], rate: Float
    ) throws -> [String: [Double]] {
        let names = zip(keys, networks).flatMap { key, network in network.namedParameters.map { "\(key).\($0.0)" } }
        var result: [String: [Double]] = [:]
        for (i, name) in names.enumerated() {
            let step = try adamStep(optimizer, i, gradients[i].array.map(Double.init), rate: rate)
            result[name] = zip(try floats(name), step).map { Double($0) - $1 }
        }
        return result
    }

    /// The network saved below `key` after it moved this part of the way to another one, whose parameters are in `values`, by key. By key of its own.
    public func moved(_ key: String, toward other: String, in values: [String: [Double]], rate: Float) throws -> [String: [Double]] {
        var result: [String: [Double]] = [:]
        for (name, new) in values where name.hasPrefix("\(other).") {
            let own = key + name.dropFirst(other.count)
            result[own] = zip(try floats(own), new).map { Double(1 - rate) * Double($0) + Double(rate) * $1 }
        }
        return result
    }

    /// The same state with these values, by key.
    public func replacing(_ values: [String: [Double]]) -> StateDictionary {
        var state = self
        for (key, numbers) in values { state.store(numbers.map(Float.init), shape: self[key]?.shape, at: key) }
        return state
    }

    /// The same state with networks moved apart: every number whose key has one of `parts` moves by at most 0.1.
    public func scattered(_ parts: [String]) throws -> StateDictionary {
        var state = self, random = RandomStream(seed: 3)
        for key in entries.keys.sorted() where parts.contains(where: key.contains) {
            state.store(try floats(key).map { $0 + 0.2 * random.uniform() - 0.1 }, shape: self[key]?.shape, at: key)
        }
        return state
    }

    /// The entropy coefficient saved at `key` after a step of Adam on -log alpha * (log pi + target entropy).
    public func tunedEntropy(_ key: String, logProbability: Double, target: Float, rate: Float) throws -> Double {
        let slope = -(logProbability + Double(target)), t = Double(try integer("\(key)/updates") + 1)
        let before = try ["logAlpha", "firstMoment", "secondMoment"].map { Double(try floats("\(key)/\($0)")[0]) }
        let m = 0.9 * before[1] + 0.1 * slope, v = 0.999 * before[2] + 0.001 * slope * slope
        return exp(before[0] - Double(rate) * (m / (1 - pow(0.9, t))) / ((v / (1 - pow(0.999, t))).squareRoot() + 1e-8))
    }

    /// These values are those in the state, but for rounding. Something moved by more than that since `before`.
    public func expect(
        _ values: [String: [Double]], since before: StateDictionary, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        #expect(!values.isEmpty, sourceLocation: sourceLocation)
        for (key, expected) in values {
            let found = try floats(key), start = try before.floats(key)
            let error = largestDistance(found.map(Double.init), expected)
            #expect(error < 1e-6, "\(key) differs by \(error)", sourceLocation: sourceLocation)
            #expect(zip(start, expected).contains { abs(Double($0) - $1) > 1e-5 }, "\(key) has not moved", sourceLocation: sourceLocation)
        }
    }
}

/// Soft actor-critic's formulas (Haarnoja et al. 2018b) in plain tensor operations, without the code that agents share.
public enum WrittenOut {
    /// From an actor's output [rows, 2 actions]: the squashed action, its log probability [rows, 1], and the mean squares of mean and log
    /// standard deviation, together.
    public static func sample(_ output: Tensor, noise: Tensor) -> (action: Tensor, logProbability: Tensor, squares: Tensor) {
        let size = noise.columns, mean = output.columns(0..<size), logStd = output.columns(size..<2 * size).clamped(to: -20...2)
        let action = (mean + logStd.exp() * noise).tanh()
        let terms = noise.squared() * -0.5 - logStd - 0.5 * logf(2 * .pi) - (1 - action.squared() + 1e-6).log()
        return (action, terms.sum(axis: 1, keepingDimension: true), mean.squared().mean() + logStd.squared().mean())
    }

    /// The sum over the critics of mean (Q - y)^2.
    public static func criticLoss(_ critics: [MLP], _ input: Tensor, target: Tensor) -> Tensor {
        critics.dropFirst().reduce((critics[0](input) - target).squared().mean()) { $0 + ($1(input) - target).squared().mean() }
    }
}
