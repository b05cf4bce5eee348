import CKernels

extension Tensor {
    /// Sum of all elements, rank 0.
    public func sum() -> Tensor { sums(1, count, 1, as: .scalar) }
    /// Mean of all elements, rank 0.
    public func mean() -> Tensor { sum() * (1 / Float(count)) }

    /// Sums along an axis; negative axes count from the last one.
    public func sum(axis: Int, keepingDimension: Bool = false) -> Tensor {
        let axis = resolved(axis), (outer, inner) = extents(around: axis)
        return sums(outer, dimensions[axis], inner, as: dimensions.removing(axis: axis, keeping: keepingDimension))
    }
    public func mean(axis: Int, keepingDimension: Bool = false) -> Tensor {
        sum(axis: axis, keepingDimension: keepingDimension) * (1 / Float(dimensions[resolved(axis)]))
    }

    /// Largest elements along an axis; the gradient goes to the first of equal ones.
    public func max(axis: Int, keepingDimension: Bool = false) -> Tensor {
        let axis = resolved(axis), (outer, inner) = extents(around: axis), size = dimensions[axis]
        let shape = dimensions.removing(axis: axis, keeping: keepingDimension)
        let result = Tensor(uninitialized: shape)
        var index = [Int32](repeating: 0, count: result.count)
        for block in 0..<outer {
            let from = pointer + block * size * inner, to = result.pointer + block * inner
            index.withUnsafeMutableBufferPointer { index in
                gk_column_maxima(from, to, index.baseAddress.map { $0 + block * inner }, size, inner)
            }
        }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            let x = node.inputs[0], mask = Tensor.full(0, x.dimensions)
            for block in 0..<outer {
                for column in 0..<inner {
                    mask.pointer[(block * size + Int(index[block * inner + column])) * inner + column] = 1
                }
            }
            pass.add(dy.repeated(outer, size, inner, as: x.dimensions) * mask, to: x)
        }
    }

    /// log of the sum of exp over the last axis, without overflow.
    public func logSumExp(keepingDimension: Bool = false) -> Tensor {
        let rows = self.rows, columns = self.columns
        let result = Tensor(uninitialized: dimensions.removing(axis: rank - 1, keeping: keepingDimension))
        gk_log_sum_exp(pointer, result.pointer, rows, columns)
        return recorded(result, [self], if: requiresGradient, keepsResult: true) { dy, node, pass in
            let x = node.inputs[0]
            let share = (x - node.output.repeated(rows, columns, 1, as: x.dimensions)).exp()
            pass.add(dy.repeated(rows, columns, 1, as: x.dimensions) * share, to: x)
        }
    }

    /// x - logSumExp(x) over the last axis.
    public func logSoftmax() -> Tensor {
        let result = Tensor(uninitialized: dimensions)
        gk_log_softmax(pointer, result.pointer, rows, columns)
        return recorded(result, [hollow], if: requiresGradient, keepsResult: true) { dy, node, pass in
            let y = node.output
            if pass.createGraph {
                pass.add(dy - y.exp() * dy.sum(axis: -1, keepingDimension: true), to: node.inputs[0])
            } else {
                let dx = dy.reusableMemory()
                gk_log_softmax_gradient(dy.pointer, y.pointer, dx.pointer, y.rows, y.columns)
                pass.add(dx, to: node.inputs[0])
            }
        }
    }

    /// Expanded by NumPy's rule to a shape with the same or more axes.
    public func broadcast(to shape: [Int]) -> Tensor { broadcast(to: Shape(shape)) }
}

// The two dual operations behind every reduction and expansion: a tensor seen as [outer, size, inner], summed over the middle
// axis or repeated along it. Each is the other's gradient.
extension Tensor {
    func sums(_ outer: Int, _ size: Int, _ inner: Int, as shape: Shape) -> Tensor {
        let result = Tensor(uninitialized: shape)
        if outer == 1 && inner == 1 {
            result.pointer[0] = gk_sum(pointer, size)
        } else if inner == 1 {
            gk_row_sums(pointer, result.pointer, outer, size)
        } else {
            for block in 0..<outer {
                gk_column_sums(pointer + block * size * inner, result.pointer + block * inner, size, inner)
            }
        }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.repeated(outer, size, inner, as: node.inputs[0].dimensions), to: node.inputs[0])
        }
    }

    func repeated(_ outer: Int, _ size: Int, _ inner: Int, as shape: Shape) -> Tensor {
        let result = Tensor(uninitialized: shape)
        if inner == 1 {
            for block in 0..<outer { gk_fill(result.pointer + block * size, pointer[block], size) }
        } else {
            for block in 0..<outer {
                for copy in 0..<size {
                    (result.pointer + (block * size + copy) * inner).update(from: pointer + block * inner, count: inner)
                }
            }
        }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.sums(outer, size, inner, as: node.inputs[0].dimensions), to: node.inputs[0])
        }
    }

    func broadcast(to shape: Shape) -> Tensor {
        if dimensions == shape { return self }
        precondition(Shape.broadcast(dimensions, shape) == shape, "shape \(self.shape) does not broadcast to \(shape.array)")
        if count == 1 { return repeated(1, shape.count, 1, as: shape) }
        var result = self
        for axis in 0..<shape.rank where dimensions.sizeAligned(axis, shape.rank) != shape[axis] {
            var grown = Shape(rank: shape.rank)
            for other in 0..<shape.rank { grown[other] = other <= axis ? shape[other] : dimensions.sizeAligned(other, shape.rank) }
            let (outer, inner) = grown.extents(around: axis)
            result = result.repeated(outer, shape[axis], inner, as: grown)
        }
        return result.dimensions == shape ? result : result.reshaped(shape)
    }

    /// The gradient of an expansion: sums over the axes that an operand of `shape` was repeated along.
    func summed(to shape: Shape) -> Tensor {
        if dimensions == shape { return self }
        if shape.count == 1 { return sums(1, count, 1, as: shape) }
        var result = self
        for axis in 0..<rank where shape.sizeAligned(axis, rank) != dimensions[axis] {
            let (outer, inner) = result.dimensions.extents(around: axis)
            var reduced = result.dimensions
            reduced[axis] = 1
            result = result.sums(outer, dimensions[axis], inner, as: reduced)
        }
        return result.dimensions == shape ? result : result.reshaped(shape)
    }

    func resolved(_ axis: Int) -> Int {
        let result = axis < 0 ? axis + rank : axis
        precondition((0..<rank).contains(result), "a tensor of shape \(shape) has no axis \(axis)")
        return result
    }
    func extents(around axis: Int) -> (outer: Int, inner: Int) { dimensions.extents(around: axis) }
}

extension Shape {
    /// Products of the sizes before and after an axis.
    func extents(around axis: Int) -> (outer: Int, inner: Int) {
        var outer = 1, inner = 1
        for other in 0..<rank where other != axis {
            if other < axis { outer *= self[other] } else { inner *= self[other] }
        }
        return (outer, inner)
    }
}
