import CKernels

/// What follows a layer's product and bias.
public enum Activation: String, Sendable, Codable, CaseIterable {
    case identity, relu, tanh

    var kernel: gk_activation {
        switch self {
        case .identity: GK_IDENTITY_ACTIVATION
        case .relu: GK_RELU_ACTIVATION
        case .tanh: GK_TANH_ACTIVATION
        }
    }
}

/// The product of two matrices, each transposed first where asked. A left operand of three axes that is not transposed is a
/// stack of rows: [T, B, K] x [K, N] -> [T, B, N].
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor {
    if a.rank == 3 && !transposeA {
        let flat = matmul(a.reshaped([a.rows, a.columns]), b, transposeB: transposeB)
        return flat.reshaped(a.dimensions.withColumns(flat.columns))
    }
    precondition(a.rank == 2 && b.rank == 2, "a product of matrices, not of shapes \(a.shape) and \(b.shape)")
    let result = product(a, b, transposeA, transposeB)
    return recorded(result, [b.requiresGradient ? a : a.hollow, a.requiresGradient ? b : b.hollow],
                    if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
        let (a, b) = (node.inputs[0], node.inputs[1])
        if pass.needs(a) {
            pass.add(transposeA ? matmul(b, dy, transposeA: transposeB, transposeB: true)
                                : matmul(dy, b, transposeB: !transposeB), to: a)
        }
        if pass.needs(b) {
            pass.add(transposeB ? matmul(dy, a, transposeA: true, transposeB: transposeA)
                                : matmul(a, dy, transposeA: !transposeA), to: b)
        }
    }
}

/// The product's numbers, without history.
private func product(_ a: Tensor, _ b: Tensor, _ transposeA: Bool, _ transposeB: Bool) -> Tensor {
    let (m, k) = transposeA ? (a.columns, a.rows) : (a.rows, a.columns)
    let (inner, n) = transposeB ? (b.columns, b.rows) : (b.rows, b.columns)
    precondition(k == inner, "the inner sizes of a product of shapes \(a.shape)\(transposeA ? " transposed" : "") and "
                 + "\(b.shape)\(transposeB ? " transposed" : "") differ")
    let result = Tensor(uninitialized: .matrix(m, n))
    gk_sgemm(transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, a.pointer, b.pointer, 0, result.pointer)
    return result
}

/// activation(x weight + bias): x [batch, in] (or [time, batch, in]), weight [in, out], bias [out]; forward and backward are the
/// products and one fused pass each.
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor, activation: Activation = .identity) -> Tensor {
    if x.rank != 2 {
        let flat = linear(x.reshaped([x.rows, x.columns]), weight, bias, activation: activation)
        return flat.reshaped(x.dimensions.withColumns(flat.columns))
    }
    precondition(bias.count == weight.columns, "a bias of shape \(bias.shape) for a weight of shape \(weight.shape)")
    let y = product(x, weight, false, false)
    gk_bias_activation(y.pointer, bias.pointer, activation.kernel, y.rows, y.columns)
    return recorded(y, [weight.requiresGradient ? x : x.hollow, x.requiresGradient ? weight : weight.hollow, bias.hollow],
                    if: x.requiresGradient || weight.requiresGradient || bias.requiresGradient,
                    keepsResult: activation != .identity) { dy, node, pass in
        let (x, weight, bias) = (node.inputs[0], node.inputs[1], node.inputs[2])
        let dz: Tensor
        if pass.createGraph {
            switch activation {
            case .identity: dz = dy
            case .relu: dz = dy * node.output.constantSlope(GK_RELU)
            case .tanh: dz = dy * (1 - node.output * node.output)
            }
            if pass.needs(bias) { pass.add(dz.sum(axis: 0).reshaped(bias.dimensions), to: bias) }
        } else {
            dz = fusedActivationGradient(&dy, node, bias, activation, pass)
        }
        if pass.needs(weight) { pass.add(matmul(x, dz, transposeA: true), to: weight) }
        if pass.needs(x) { pass.add(matmul(dz, weight, transposeB: true), to: x) }
    }
}

/// The gradient before the activation, and the bias's on the way.
private func fusedActivationGradient(_ dy: inout Tensor, _ node: Node, _ bias: Tensor, _ activation: Activation,
                                     _ pass: BackwardPass) -> Tensor {
    let rows = dy.rows, columns = dy.columns
    let dBias: Tensor? = pass.needs(bias) ? Tensor(uninitialized: bias.dimensions) : nil
    defer { if let dBias { pass.add(dBias, to: bias) } }
    if activation == .identity {
        if let dBias { gk_column_sums(dy.pointer, dBias.pointer, rows, columns) }
        return dy
    }
    let dz = dy.reusableMemory()
    gk_activation_gradient(dy.pointer, node.output.pointer, activation.kernel, dz.pointer, dBias?.pointer, rows, columns, nil)
    return dz
}
