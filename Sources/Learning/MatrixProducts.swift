import CKernels

/// The function that a layer applies after its product and bias.
public enum Activation: String, Sendable, Codable, CaseIterable {
    case identity, relu, tanh
    /// 0.01 x below 0, as PyTorch's default.
    case leakyReLU

    var kernel: gk_activation {
        switch self {
        case .identity: GK_IDENTITY_ACTIVATION
        case .relu: GK_RELU_ACTIVATION
        case .tanh: GK_TANH_ACTIVATION
        case .leakyReLU: GK_LEAKY_RELU_ACTIVATION
        }
    }
}

/// The product of two matrices, each transposed first where asked. A left operand of three axes that is not transposed is a
/// stack of rows: [T, B, K] x [K, N] -> [T, B, N]. Gradients are products of the same precision.
public func matmul(
    _ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, precision: Precision = .float32
) -> Tensor {
    if a.rank == 3 && !transposeA {
        let flat = matmul(a.reshaped([a.rows, a.columns]), b, transposeB: transposeB, precision: precision)
        return flat.reshaped(a.dimensions.withColumns(flat.columns))
    }
    precondition(a.rank == 2 && b.rank == 2, "a product of matrices, not of shapes \(a.shape) and \(b.shape)")
    let result = product(a, b, transposeA, transposeB, precision)
    return recorded(result, [b.requiresGradient ? a : a.hollow, a.requiresGradient ? b : b.hollow],
                    if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
        let (a, b) = (node.inputs[0], node.inputs[1])
        if pass.needs(a) {
            pass.add(transposeA ? matmul(b, dy, transposeA: transposeB, transposeB: true, precision: precision)
                                : matmul(dy, b, transposeB: !transposeB, precision: precision), to: a)
        }
        if pass.needs(b) {
            pass.add(transposeB ? matmul(dy, a, transposeA: true, transposeB: transposeA, precision: precision)
                                : matmul(a, dy, transposeA: !transposeA, precision: precision), to: b)
        }
    }
}

/// The product's numbers, without history.
private func product(
    _ a: Tensor, _ b: Tensor, _ transposeA: Bool, _ transposeB: Bool, _ precision: Precision, rowsReserved: Int = 0
) -> Tensor {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "the inner sizes of a product of shapes \(a.shape)\(transposeA ? " transposed" : "") and "
                 + "\(b.shape)\(transposeB ? " transposed" : "") differ")
    let result = Tensor(uninitialized: .matrix(m, n), rowsReserved: rowsReserved)
    gk_gemm(precision.kernel, transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, a.pointer, b.pointer, 0, result.pointer)
    return result
}

/// activation(x weight + bias): x [batch, in] (or [time, batch, in]), weight [in, out], bias [out]; forward and backward are the
/// products and one fused pass each.
public func linear(
    _ x: Tensor, _ weight: Tensor, _ bias: Tensor, activation: Activation = .identity, precision: Precision = .float32
) -> Tensor {
    if x.rank != 2 {
        let flat = linear(x.reshaped([x.rows, x.columns]), weight, bias, activation: activation, precision: precision)
        return flat.reshaped(x.dimensions.withColumns(flat.columns))
    }
    precondition(bias.count == weight.columns, "a bias of shape \(bias.shape) for a weight of shape \(weight.shape)")
    precondition(x.columns == weight.rows, "an input of shape \(x.shape) for a weight of shape \(weight.shape)")
    let y = Tensor(uninitialized: .matrix(x.rows, weight.columns))
    gk_gemm_live(precision.kernel, x.rows, weight.columns, x.columns, x.pointer, weight.pointer, y.pointer)
    gk_bias_activation(y.pointer, bias.pointer, activation.kernel, y.rows, y.columns)
    return recorded(y, [weight.requiresGradient ? x : x.hollow, x.requiresGradient ? weight : weight.hollow, bias.hollow],
                    if: x.requiresGradient || weight.requiresGradient || bias.requiresGradient,
                    keepsResult: activation != .identity, acceptsRowSubset: true) { dy, node, pass in
        if pass.createGraph {
            differentiableLinearGradient(dy, node, activation, precision, pass)
        } else {
            fusedLinearGradient(&dy, node, activation, precision, pass)
        }
    }
}

/// x weight^T + bias: x [batch, in], weight [out, in], bias [out] -> [batch, out]. The numbers are those of the product and the sum one
/// after the other, with one buffer and one entry of the history for both.
func linear(_ x: Tensor, transposed weight: Tensor, _ bias: Tensor, precision: Precision) -> Tensor {
    precondition(bias.count == weight.rows, "a bias of shape \(bias.shape) for a weight of shape \(weight.shape)")
    let y = product(x, weight, false, true, precision)
    gk_bias_activation(y.pointer, bias.pointer, GK_IDENTITY_ACTIVATION, y.rows, y.columns)
    return recorded(y, [weight.requiresGradient ? x : x.hollow, x.requiresGradient ? weight : weight.hollow, bias.hollow],
                    if: x.requiresGradient || weight.requiresGradient || bias.requiresGradient) { dy, node, pass in
        let (x, weight, bias) = (node.inputs[0], node.inputs[1], node.inputs[2])
        if pass.needs(bias) { pass.add(dy.sum(axis: 0).reshaped(bias.dimensions), to: bias) }
        if pass.needs(x) { pass.add(matmul(dy, weight, precision: precision), to: x) }
        if pass.needs(weight) { pass.add(matmul(dy, x, transposeA: true, precision: precision), to: weight) }
    }
}

private func differentiableLinearGradient(
    _ dy: Tensor, _ node: Node, _ activation: Activation, _ precision: Precision, _ pass: BackwardPass
) {
    let (x, weight, bias) = (node.inputs[0], node.inputs[1], node.inputs[2])
    let dz: Tensor
    switch activation {
    case .identity: dz = dy
    case .relu: dz = dy * node.output.constantSlope(GK_RELU)
    case .tanh: dz = dy.timesTanhSlope(at: node.output)
    case .leakyReLU: dz = dy * (node.output.constantSlope(GK_RELU) * 0.99 + 0.01)
    }
    if pass.needs(weight) && pass.needs(bias) {
        let both = weightAndBiasGradient(x, dz, precision)
        pass.add(both.rows(0..<x.columns), to: weight)
        pass.add(both.rows(x.columns..<(x.columns + 1)).reshaped(bias.dimensions), to: bias)
    } else {
        if pass.needs(bias) { pass.add(dz.sum(axis: 0).reshaped(bias.dimensions), to: bias) }
        if pass.needs(weight) { pass.add(matmul(x, dz, transposeA: true, precision: precision), to: weight) }
    }
    if pass.needs(x) { pass.add(matmul(dz, weight, transposeB: true, precision: precision), to: x) }
}

/// x^T dz with the sums of dz's columns below, [in + 1, out]: the gradient of a layer's weight and of its bias. Its own gradient
/// in dz is then what another layer computes in one go.
private func weightAndBiasGradient(_ x: Tensor, _ dz: Tensor, _ precision: Precision) -> Tensor {
    let inputs = x.columns, result = Tensor(uninitialized: .matrix(inputs + 1, dz.columns))
    gk_gemm(precision.kernel, 1, 0, inputs, dz.columns, x.rows, x.pointer, dz.pointer, 0, result.pointer)
    gk_column_sums(dz.pointer, result.pointer + inputs * dz.columns, dz.rows, dz.columns)
    return recorded(result, [dz.requiresGradient ? x : x.hollow, x.requiresGradient ? dz : dz.hollow],
                    if: x.requiresGradient || dz.requiresGradient) { d, node, pass in
        let (x, dz) = (node.inputs[0], node.inputs[1]), dWeight = d.rows(0..<inputs)
        if pass.needs(x) { pass.add(matmul(dz, dWeight, transposeB: true, precision: precision), to: x) }
        if pass.needs(dz) { pass.add(linear(x, dWeight, d.rows(inputs..<(inputs + 1)), precision: precision), to: dz) }
    }
}

private func fusedLinearGradient(
    _ dy: inout Tensor, _ node: Node, _ activation: Activation, _ precision: Precision, _ pass: BackwardPass
) {
    let (x, weight, bias) = (node.inputs[0], node.inputs[1], node.inputs[2])
    var rows = pass.rowSubset
    if rows == nil, let nonzero = dy.nonzeroRows {
        dy = dy.gathered(nonzero)
        rows = nonzero
    }
    let dBias: Tensor? = pass.needs(bias) ? Tensor(uninitialized: bias.dimensions) : nil
    let dz = activation == .identity ? dy : dy.reusableMemory()
    if activation == .identity {
        if let dBias { gk_column_sums(dy.pointer, dBias.pointer, dy.rows, dy.columns) }
    } else {
        func run(_ index: UnsafePointer<Int32>?) {
            gk_activation_gradient(dy.pointer, node.output.pointer, activation.kernel, dz.pointer, dBias?.pointer, dy.rows, dy.columns, index)
        }
        if let rows { rows.withUnsafeBufferPointer { run($0.baseAddress) } } else { run(nil) }
    }
    if let dBias { pass.add(dBias, to: bias) }
    if rows == nil, activation == .relu, addLiveGradients(dz, x, weight, precision, pass) { return }
    if pass.needs(weight) { pass.add(product(rows.map(x.gathered) ?? x, dz, true, false, precision), to: weight) }
    guard pass.needs(x) else { return }
    let dx = product(dz, weight, false, true, precision, rowsReserved: x.rows)
    if let rows { pass.add(dx, rows: rows, to: x) } else { pass.add(dx, to: x) }
}

/// Adds the gradients of a layer behind which many units are 0 for the whole batch; false, and nothing is added, where that is not so.
private func addLiveGradients(_ dz: Tensor, _ x: Tensor, _ weight: Tensor, _ precision: Precision, _ pass: BackwardPass) -> Bool {
    let dWeight = pass.needs(weight) ? Tensor(uninitialized: weight.dimensions) : nil
    let dx = pass.needs(x) ? Tensor(uninitialized: x.dimensions) : nil
    guard gk_live_gradients(
        precision.kernel, dz.rows, weight.rows, weight.columns, x.pointer, dz.pointer, weight.pointer, dWeight?.pointer, dx?.pointer) != 0
    else { return false }
    if let dWeight { pass.add(dWeight, to: weight) }
    if let dx { pass.add(dx, to: x) }
    return true
}

// Rows of a gradient that are 0 need no products. They come from minimum (each row's gradient goes to one of the twin critics)
// and from masks.
extension Tensor {
    /// The rows of a narrow gradient that are not all 0, where leaving out the others pays.
    fileprivate var nonzeroRows: [Int32]? {
        let rows = self.rows, columns = self.columns
        guard columns <= 4, rows >= 32 else { return nil }
        let found = (0..<rows).filter { row in (0..<columns).contains { pointer[row * columns + $0] != 0 } }.map(Int32.init)
        return found.count * 8 <= rows * 7 ? found : nil
    }

    /// A matrix with memory for at least `rowsReserved` rows: row counts that change from batch to batch reuse the same buffers.
    fileprivate init(uninitialized dimensions: Shape, rowsReserved: Int) {
        self.init(storage: Storage(count: Swift.max(dimensions.rows, rowsReserved) * dimensions.columns), dimensions: dimensions)
    }

    /// Rows by index, without history.
    fileprivate func gathered(_ rows: [Int32]) -> Tensor {
        let columns = self.columns, result = Tensor(uninitialized: .matrix(rows.count, columns), rowsReserved: self.rows)
        for (i, row) in rows.enumerated() {
            (result.pointer + i * columns).update(from: pointer + Int(row) * columns, count: columns)
        }
        return result
    }

    /// These rows of a gradient of shape `whole` and zeros elsewhere.
    func scattered(_ rows: [Int32], as whole: Shape) -> Tensor {
        let columns = self.columns, result = Tensor.full(0, whole)
        for (i, row) in rows.enumerated() {
            (result.pointer + Int(row) * columns).update(from: pointer + i * columns, count: columns)
        }
        return result
    }
}
