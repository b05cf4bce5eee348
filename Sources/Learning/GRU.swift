import CKernels
import Core

/// A gated recurrent unit (Cho et al., 2014) with PyTorch's gates and weight layout, in the order reset, update, new:
/// r = sigmoid(W_ir x + b_ir + W_hr h + b_hr), z likewise, n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h.
///
/// Its weights are [3 hidden, in] as in PyTorch's `nn.GRU`, one row for each output, where `Linear` has one column. Saved weights have
/// PyTorch's names, too: `weight_ih`, `weight_hh`, `bias_ih`, `bias_hh`.
public struct GRU: Module {
    /// [3 hidden, in]
    public var inputWeight: Tensor
    /// [3 hidden, hidden]
    public var stateWeight: Tensor
    /// [3 hidden]
    public var inputBias: Tensor
    /// [3 hidden]
    public var stateBias: Tensor
    /// Of its products, forward and backward.
    public let precision: Precision

    /// PyTorch's default: everything uniform in +-1/sqrt(hidden).
    public init(inputs: Int, hidden: Int, precision: Precision = .float32, using stream: inout RandomStream) {
        self.precision = precision
        let bound = 1 / Float(hidden).squareRoot(), range = -bound...bound
        inputWeight = Tensor.uniform([3 * hidden, inputs], in: range, using: &stream).trainableCopy()
        stateWeight = Tensor.uniform([3 * hidden, hidden], in: range, using: &stream).trainableCopy()
        inputBias = Tensor.uniform([3 * hidden], in: range, using: &stream).trainableCopy()
        stateBias = Tensor.uniform([3 * hidden], in: range, using: &stream).trainableCopy()
    }
    public init(inputWeight: Tensor, stateWeight: Tensor, inputBias: Tensor, stateBias: Tensor, precision: Precision = .float32) {
        precondition(inputWeight.rows == stateWeight.rows && stateWeight.rows == 3 * stateWeight.columns
                     && inputBias.count == stateWeight.rows && stateBias.count == stateWeight.rows,
                     "weights [3 hidden, in] and [3 hidden, hidden] and two biases [3 hidden]")
        self.inputWeight = inputWeight
        self.stateWeight = stateWeight
        self.inputBias = inputBias
        self.stateBias = stateBias
        self.precision = precision
    }

    public var hidden: Int { stateWeight.columns }
    public var inputs: Int { inputWeight.columns }

    /// Zeros, [batch, hidden].
    public func initialState(batch: Int) -> Tensor { .zeros([batch, hidden]) }

    /// One step: x [batch, in] and state [batch, hidden] -> the next state, which is also the output.
    public func step(_ x: Tensor, state: Tensor) -> Tensor {
        cell(linear(x, transposed: inputWeight, inputBias, precision: precision), state)
    }

    /// Through time: xs [time, batch, in] -> outputs [time, batch, hidden] and the last state [batch, hidden]. The products with
    /// the inputs are computed for all times in one call.
    public func callAsFunction(_ xs: Tensor, state: Tensor? = nil) -> (outputs: Tensor, state: Tensor) {
        precondition(xs.rank == 3, "a sequence [time, batch, in] expected, not shape \(xs.shape)")
        let fromInputs = matmul(xs, inputWeight, transposeB: true, precision: precision) + inputBias
        var h = state ?? initialState(batch: xs.shape[1])
        var outputs: [Tensor] = []
        outputs.reserveCapacity(xs.shape[0])
        for t in 0..<xs.shape[0] {
            h = cell(fromInputs[t], h)
            outputs.append(h)
        }
        return (stacked(outputs), h)
    }

    private func cell(_ fromInput: Tensor, _ h: Tensor) -> Tensor {
        gatedUpdate(fromInput, linear(h, transposed: stateWeight, stateBias, precision: precision), h)
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        body("weight_ih", &inputWeight)
        body("weight_hh", &stateWeight)
        body("bias_ih", &inputBias)
        body("bias_hh", &stateBias)
    }
}

/// The elementwise part, in one pass forward and one backward.
private func gatedUpdate(_ fromInput: Tensor, _ fromState: Tensor, _ h: Tensor) -> Tensor {
    precondition(fromInput.dimensions == fromState.dimensions && fromInput.rows == h.rows && h.columns * 3 == fromInput.columns,
                 "a state of shape \(h.shape) for gates of shapes \(fromInput.shape) and \(fromState.shape)")
    let rows = h.rows, size = h.columns
    let next = Tensor(uninitialized: h.dimensions), gates = Tensor(uninitialized: fromInput.dimensions)
    gk_gru_cell(fromInput.pointer, fromState.pointer, h.pointer, next.pointer, gates.pointer, rows, size)
    return recorded(next, [fromInput, fromState, h],
                    if: fromInput.requiresGradient || fromState.requiresGradient || h.requiresGradient) { dy, node, pass in
        let inputs = node.inputs
        if pass.createGraph {
            for (x, g) in zip(inputs, plainGradients(dy, at: inputs, plainGatedUpdate)) where pass.needs(x) { pass.add(g, to: x) }
            return
        }
        let found = inputs.map { Tensor(uninitialized: $0.dimensions) }
        gk_gru_cell_gradient(dy.pointer, gates.pointer, inputs[1].pointer, inputs[2].pointer,
                             found[0].pointer, found[1].pointer, found[2].pointer, rows, size)
        for (x, g) in zip(inputs, found) where pass.needs(x) { pass.add(g, to: x) }
    }
}

/// The same in ordinary operations, which can be differentiated again.
private func plainGatedUpdate(_ inputs: [Tensor]) -> Tensor {
    let (i, s, h) = (inputs[0], inputs[1], inputs[2]), size = h.columns
    let r = (i.columns(0..<size) + s.columns(0..<size)).sigmoid()
    let z = (i.columns(size..<(2 * size)) + s.columns(size..<(2 * size))).sigmoid()
    let n = (i.columns((2 * size)..<(3 * size)) + r * s.columns((2 * size)..<(3 * size))).tanh()
    return n + z * (h - n)
}
