import Core
import Environments
import Learning

/// MetaCURE's task inference: a recurrent network reads context tuples in the order they were met and gives a Gaussian belief
/// about z after each of them. Before the first the belief is the prior N(0, I).
public struct RecurrentEncoder: Module {
    public var unit: GRU
    public var head: MLP
    /// Size of the latent z.
    public let latentSize: Int

    /// `inputs` is the width of a context tuple: (s, a, r), or (s, a, r, s') where dynamics vary.
    public init(
        inputs: Int, recurrentSize: Int, hidden: [Int], latentSize: Int, precision: Precision = .float32, using random: inout RandomStream
    ) {
        unit = GRU(inputs: inputs, hidden: recurrentSize, precision: precision, using: &random)
        head = MLP(
            inputs: recurrentSize, hidden: hidden, outputs: 2 * latentSize, activation: .relu, precision: precision, using: &random)
        self.latentSize = latentSize
    }

    /// Beliefs of all tasks along their contexts [tuples, tasks, inputs].
    public func callAsFunction(_ contexts: Tensor) -> BeliefSequence {
        let outputs = head(unit(contexts).outputs)
        let (mean, variance) = belief(outputs.reshaped([outputs.rows, 2 * latentSize]))
        return BeliefSequence(tasks: contexts.shape[1], mean: mean, variance: variance)
    }

    /// The belief's mean after all tuples of one task's context [tuples, inputs]: [latent].
    func latent(_ context: Tensor) -> [Float] {
        belief(head(unit(context.reshaped([context.rows, 1, context.columns])).state)).mean.array
    }

    /// Mean and variance, both [rows, latent], from the head's output [rows, 2 latent].
    func belief(_ output: Tensor) -> (mean: Tensor, variance: Tensor) {
        (output.columns(0..<latentSize), output.columns(latentSize..<2 * latentSize).softplus().clamped(to: 1e-7...Float.infinity))
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        unit.forEachParameter(prefix: "unit", body)
        head.forEachParameter(prefix: "head", body)
    }
}

/// Beliefs of several tasks after each number of context tuples.
public struct BeliefSequence: Sendable {
    private let tasks: Int
    private let mean: Tensor
    private let variance: Tensor
    /// Mean over tasks and tuples of KL(belief || N(0, I)); the prior at the beginning does not count.
    public let divergence: Tensor

    /// `mean` and `variance` are [tuples * tasks, latent], tuple by tuple.
    init(tasks: Int, mean: Tensor, variance: Tensor) {
        self.tasks = tasks
        divergence = GaussianPosterior(mean: mean, variance: variance).klToPrior * (1 / Float(mean.rows))
        self.mean = concatenatedRows([.zeros([tasks, mean.columns]), mean])
        self.variance = concatenatedRows([.ones([tasks, mean.columns]), variance])
    }

    /// For each row the belief of its task after so many tuples: [rows, latent].
    public func gathered(tasks rows: [Int], tuples: [Int]) -> GaussianPosterior {
        let indices = zip(rows, tuples).map { $1 * tasks + $0 }
        return GaussianPosterior(mean: mean.gatheredRows(indices), variance: variance.gatheredRows(indices))
    }
}

/// The belief about one task while it is being explored. Every `interval`-th transition enters the context.
public struct Belief: Sendable {
    private let encoder: RecurrentEncoder
    private let interval: Int
    private let contextHasNext: Bool
    private var state: Tensor
    private var seen = 0
    /// [latent]
    public private(set) var mean: [Float]
    /// [latent]
    public private(set) var variance: [Float]

    /// The prior. Context tuples carry the next observation where `contextHasNext`.
    public init(encoder: RecurrentEncoder, interval: Int, contextHasNext: Bool) {
        self.encoder = encoder
        self.interval = interval
        self.contextHasNext = contextHasNext
        state = encoder.unit.initialState(batch: 1)
        mean = Array(repeating: 0, count: encoder.latentSize)
        variance = Array(repeating: 1, count: encoder.latentSize)
    }

    /// No transition has entered the context yet.
    var isPrior: Bool { seen == 0 }
    /// What the exploration policy is conditioned on.
    public var meanAndVariance: [Float] { mean + variance }

    /// Takes a transition; true where it entered the context and so changed the belief.
    public mutating func observe(_ observation: [Float], _ action: [Float], _ result: StepBatch) -> Bool {
        defer { seen += 1 }
        guard seen.isMultiple(of: interval) else { return false }
        withoutGradients {
            let tuple = observation + action + [result.rewards[0]] + (contextHasNext ? result.observations : [])
            state = encoder.unit.step(Tensor(tuple, shape: [1, tuple.count]), state: state)
            let (mean, variance) = encoder.belief(encoder.head(state))
            (self.mean, self.variance) = (mean.array, variance.array)
        }
        return true
    }
}
