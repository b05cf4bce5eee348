import Core
import Environments
import Foundation

/// A policy over discrete actions of which not all exist everywhere. Whoever plays it says before every action which do.
public protocol MaskedPolicy: Policy {
    /// [actions]; empty where all of them exist.
    var actionMask: [Bool] { get set }
}

/// A policy that acts on graphs and can be asked about many states at once: exact distributions over terminal states need that.
public protocol GraphPolicy: MaskedPolicy {
    /// Writes numbers proportional to the probability of each action, [states, actions]; those of actions that do not exist are ignored.
    func writeWeights(at states: ArraySlice<Int>, of graph: any AcyclicGraph, into weights: inout [Double]) throws

    /// The loss that it was trained on, for other trajectories; nil where there is no such thing.
    func loss(of trajectories: [GraphTrajectory], on graph: any AcyclicGraph) -> Double?
}

extension GraphPolicy {
    public func loss(of trajectories: [GraphTrajectory], on graph: any AcyclicGraph) -> Double? { nil }
}

/// The action of the largest logit among those that exist, the first of equal ones, or one drawn from their softmax.
public func chooseAction(logits: [Float], mask: [Bool], mode: ActingMode, using random: inout RandomStream) -> Int {
    let existing = logits.indices.filter { mask.isEmpty || mask[$0] }
    var best = existing.first ?? 0
    for action in existing where logits[action] > logits[best] { best = action }
    guard mode == .stochastic else { return best }
    let weights = existing.map { exp(logits[$0] - logits[best]) }
    var rest = random.uniform() * weights.reduce(0, +)
    for (action, weight) in zip(existing, weights) {
        rest -= weight
        if rest < 0 { return action }
    }
    return best
}
