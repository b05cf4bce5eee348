import CKernels

// Elementwise arithmetic with NumPy's broadcasting. Operands of equal shape, numbers, row vectors ([C] or [1, C]) and columns
// ([R, 1]) are read in place; other combinations are expanded first.

extension Tensor {
    public static func + (a: Tensor, b: Tensor) -> Tensor {
        recorded(combine(GK_ADD, a, b), [a.hollow, b.hollow], if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
            let (a, b) = (node.inputs[0], node.inputs[1])
            if pass.needs(a) { pass.add(dy.summed(to: a.dimensions), to: a) }
            if pass.needs(b) { pass.add(dy.summed(to: b.dimensions), to: b) }
        }
    }

    public static func - (a: Tensor, b: Tensor) -> Tensor {
        recorded(combine(GK_SUBTRACT, a, b), [a.hollow, b.hollow], if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
            let (a, b) = (node.inputs[0], node.inputs[1])
            if pass.needs(a) { pass.add(dy.summed(to: a.dimensions), to: a) }
            if pass.needs(b) { pass.add(-dy.summed(to: b.dimensions), to: b) }
        }
    }

    public static func * (a: Tensor, b: Tensor) -> Tensor {
        recorded(combine(GK_MULTIPLY, a, b), [b.requiresGradient ? a : a.hollow, a.requiresGradient ? b : b.hollow],
                 if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
            let (a, b) = (node.inputs[0], node.inputs[1])
            if pass.needs(a) { pass.add((dy * b).summed(to: a.dimensions), to: a) }
            if pass.needs(b) { pass.add((dy * a).summed(to: b.dimensions), to: b) }
        }
    }

    public static func / (a: Tensor, b: Tensor) -> Tensor {
        recorded(combine(GK_DIVIDE, a, b), [b.requiresGradient ? a : a.hollow, b],
                 if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
            let (a, b) = (node.inputs[0], node.inputs[1])
            if pass.needs(a) { pass.add((dy / b).summed(to: a.dimensions), to: a) }
            if pass.needs(b) { pass.add(-(dy * a / (b * b)).summed(to: b.dimensions), to: b) }
        }
    }

    /// scale x + offset.
    func affine(_ scale: Float, _ offset: Float) -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        gk_scale(pointer, scale, offset, result.pointer, count)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(scale == 1 ? dy : dy.affine(scale, 0), to: node.inputs[0])
        }
    }

    public static prefix func - (x: Tensor) -> Tensor { x.affine(-1, 0) }
    public static func + (a: Tensor, b: Float) -> Tensor { a.affine(1, b) }
    public static func + (a: Float, b: Tensor) -> Tensor { b.affine(1, a) }
    public static func - (a: Tensor, b: Float) -> Tensor { a.affine(1, -b) }
    public static func - (a: Float, b: Tensor) -> Tensor { b.affine(-1, a) }
    public static func * (a: Tensor, b: Float) -> Tensor { a.affine(b, 0) }
    public static func * (a: Float, b: Tensor) -> Tensor { b.affine(a, 0) }
    public static func / (a: Tensor, b: Float) -> Tensor { a / Tensor(b) }
    public static func / (a: Float, b: Tensor) -> Tensor { Tensor(a) / b }
    public static func += (a: inout Tensor, b: Tensor) { a = a + b }
    public static func -= (a: inout Tensor, b: Tensor) { a = a - b }
    public static func *= (a: inout Tensor, b: Tensor) { a = a * b }
}

/// The smaller of each pair. On ties each side gets half of the gradient, as in PyTorch; If either is NaN, so is the result.
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { select(GK_MINIMUM, sign: 1, a, b) }
/// The larger of each pair.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { select(GK_MAXIMUM, sign: -1, a, b) }

private func select(_ op: gk_binary_op, sign: Float, _ a: Tensor, _ b: Tensor) -> Tensor {
    let dimensions = Shape.broadcast(a.dimensions, b.dimensions)
    let a = a.broadcast(to: dimensions), b = b.broadcast(to: dimensions)
    return recorded(combine(op, a, b), [a, b], if: a.requiresGradient || b.requiresGradient) { dy, node, pass in
        let (a, b) = (node.inputs[0], node.inputs[1])
        if pass.needs(a) { pass.add(selectGradient(dy, a, b, sign, pass), to: a) }
        if pass.needs(b) { pass.add(selectGradient(dy, b, a, sign, pass), to: b) }
    }
}

private func selectGradient(_ dy: Tensor, _ a: Tensor, _ b: Tensor, _ sign: Float, _ pass: BackwardPass) -> Tensor {
    let result = Tensor(uninitialized: dy.dimensions)
    let seed = pass.createGraph ? Tensor.full(1, dy.dimensions) : dy
    gk_select_gradient(seed.pointer, a.pointer, b.pointer, sign, result.pointer, dy.count)
    return pass.createGraph ? dy * result : result
}

/// The result of the operation, without history.
private func combine(_ op: gk_binary_op, _ a: Tensor, _ b: Tensor) -> Tensor {
    let dimensions = Shape.broadcast(a.dimensions, b.dimensions)
    let (left, leftForm) = a.operand(of: dimensions), (right, rightForm) = b.operand(of: dimensions)
    let result = Tensor(uninitialized: dimensions)
    gk_binary(op, left.pointer, leftForm, right.pointer, rightForm, result.pointer, dimensions.rows, dimensions.columns)
    return result
}

extension Tensor {
    /// How this tensor covers a result of the given shape, expanded where no form does.
    fileprivate func operand(of result: Shape) -> (Tensor, gk_form) {
        if let form = form(in: result) { return (self, form) }
        return (withoutGradients { broadcast(to: result) }, GK_FULL)
    }

    func form(in result: Shape) -> gk_form? {
        if dimensions == result { return GK_FULL }
        if count == 1 { return GK_SCALAR }
        if count == result.count { return GK_FULL }  // leading axes of size 1
        let columns = dimensions.columns
        if columns == result.columns && count == columns { return GK_ROW }
        guard columns == 1, result.rank > 0 else { return nil }
        for axis in 0..<(result.rank - 1) where dimensions.sizeAligned(axis, result.rank) != result[axis] { return nil }
        return GK_COLUMN
    }
}
