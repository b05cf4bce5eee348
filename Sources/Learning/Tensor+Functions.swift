import CKernels

// Functions of single elements. NaN stays NaN.

extension Tensor {
    public func relu() -> Tensor {
        map(GK_RELU, keeping: .result) { dy, _, y in dy * y.constantSlope(GK_RELU) }
    }
    public func tanh() -> Tensor {
        map(GK_TANH, keeping: .result) { dy, _, y in dy.timesTanhSlope(at: y) }
    }
    public func sigmoid() -> Tensor {
        map(GK_SIGMOID, keeping: .result) { dy, _, y in dy * (y * (1 - y)) }
    }
    /// log(1 + exp x), for any x.
    public func softplus() -> Tensor {
        map(GK_SOFTPLUS, keeping: .operand) { dy, x, _ in dy * x.sigmoid() }
    }
    public func exp() -> Tensor {
        map(GK_EXP, keeping: .result) { dy, _, y in dy * y }
    }
    public func log() -> Tensor {
        map(GK_LOG, keeping: .operand) { dy, x, _ in dy / x }
    }
    public func sqrt() -> Tensor {
        map(GK_SQRT, keeping: .result) { dy, _, y in dy * (0.5 / y) }
    }
    public func squared() -> Tensor {
        map(GK_SQUARE, keeping: .operand) { dy, x, _ in dy * (x * 2) }
    }
    /// The gradient at 0 is 0.
    public func abs() -> Tensor {
        map(GK_ABS, keeping: .operand) { dy, x, _ in dy * x.constantSlope(GK_ABS) }
    }
    public func sin() -> Tensor {
        map(GK_SIN, keeping: .operand) { dy, x, _ in dy * x.cos() }
    }
    public func cos() -> Tensor {
        map(GK_COS, keeping: .operand) { dy, x, _ in -(dy * x.sin()) }
    }
    /// Elements outside the range moved to its ends, with gradient 0 there, as torch.clamp.
    public func clamped(to range: ClosedRange<Float>) -> Tensor {
        map(GK_CLAMP, range.lowerBound, range.upperBound, keeping: .operand) { dy, x, _ in
            dy * x.constantSlope(GK_CLAMP, range.lowerBound, range.upperBound)
        }
    }

    private enum Kept { case operand, result }

    /// `slope` is the gradient in differentiable operations: (dy, x, y) -> dx.
    private func map(_ op: gk_unary_op, _ low: Float = 0, _ high: Float = 0, keeping: Kept,
                     slope: @escaping (Tensor, Tensor, Tensor) -> Tensor) -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        gk_unary(op, pointer, low, high, result.pointer, count)
        return recorded(result, [keeping == .operand ? self : hollow], if: requiresGradient, keepsResult: keeping == .result) { dy, node, pass in
            let x = node.inputs[0]
            if pass.createGraph {
                pass.add(slope(dy, x, keeping == .result ? node.output : x), to: x)
            } else {
                let saved = keeping == .operand ? x : node.output
                let dx = dy.reusableMemory()
                gk_unary_gradient(op, dy.pointer, saved.pointer, low, high, dx.pointer, dx.count)
                pass.add(dx, to: x)
            }
        }
    }

    /// The slope at each element of a function whose second derivative is 0 wherever it exists.
    func constantSlope(_ op: gk_unary_op, _ low: Float = 0, _ high: Float = 0) -> Tensor {
        let result = Tensor.full(1, dimensions)
        gk_unary_gradient(op, result.pointer, pointer, low, high, result.pointer, count)
        return result
    }

    /// self (1 - y^2), the gradient of tanh at its result y, and the gradient of that, each in one pass.
    func timesTanhSlope(at y: Tensor) -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        gk_unary_gradient(GK_TANH, pointer, y.pointer, 0, 0, result.pointer, count)
        return recorded(result, [self, y], if: requiresGradient || y.requiresGradient) { d, node, pass in
            let (dy, y) = (node.inputs[0], node.inputs[1])
            if pass.createGraph {
                if pass.needs(dy) { pass.add(d.timesTanhSlope(at: y), to: dy) }
                if pass.needs(y) { pass.add(d * dy * y * -2, to: y) }
            } else {
                let toY = Tensor(uninitialized: d.dimensions), toDy = d.reusableMemory()
                gk_tanh_slope_gradient(d.pointer, dy.pointer, y.pointer, toDy.pointer, toY.pointer, d.count)
                pass.add(toDy, to: dy)
                pass.add(toY, to: y)
            }
        }
    }
}
