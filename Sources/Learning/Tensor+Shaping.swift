import CKernels

// Other arrangements of the same elements. Reshaping and slicing rows share memory; the others copy.

extension Tensor {
    public func reshaped(_ shape: [Int]) -> Tensor { reshaped(Shape(shape)) }

    func reshaped(_ shape: Shape) -> Tensor {
        precondition(shape.count == count, "shape \(self.shape) can't become \(shape.array)")
        let result = Tensor(storage: storage, offset: offset, dimensions: shape)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.reshaped(node.inputs[0].dimensions), to: node.inputs[0])
        }
    }

    /// [R, C] -> [C, R]
    public func transposed() -> Tensor {
        precondition(rank == 2, "only matrices are transposed, not shape \(shape)")
        let result = Tensor(uninitialized: .matrix(columns, rows))
        gk_transpose(pointer, result.pointer, rows, columns)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.transposed(), to: node.inputs[0])
        }
    }

    /// A range of the last axis.
    public func columns(_ range: Range<Int>) -> Tensor {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of a tensor of shape \(shape)")
        if range.count == columns { return self }
        let result = Tensor(uninitialized: dimensions.withColumns(range.count))
        gk_copy_block(pointer + range.lowerBound, columns, result.pointer, range.count, rows, range.count)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            let x = node.inputs[0]
            pass.add(dy.placed(at: range.lowerBound, ofColumns: x.columns), to: x)
        }
    }

    /// Zeros around this tensor's columns: the gradient of `columns`.
    private func placed(at start: Int, ofColumns total: Int) -> Tensor {
        let result = Tensor.full(0, dimensions.withColumns(total))
        gk_copy_block(pointer, columns, result.pointer + start, total, rows, columns)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            let x = node.inputs[0]
            pass.add(dy.columns(start..<(start + x.columns)), to: x)
        }
    }

    /// A range of the first axis; shares this tensor's memory.
    public func rows(_ range: Range<Int>) -> Tensor {
        precondition(rank > 0 && range.lowerBound >= 0 && range.upperBound <= dimensions[0], "rows \(range) of a tensor of shape \(shape)")
        if range.count == dimensions[0] { return self }
        var part = dimensions
        part[0] = range.count
        let stride = dimensions[0] == 0 ? 0 : count / dimensions[0]
        let result = Tensor(storage: storage, offset: offset + range.lowerBound * stride, dimensions: part)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            if pass.createGraph {
                pass.add(dy.placed(atRow: range.lowerBound, of: node.inputs[0].dimensions), to: node.inputs[0])
            } else {
                pass.add(dy, at: range.lowerBound * stride, of: node.inputs[0])
            }
        }
    }

    private func placed(atRow start: Int, of whole: Shape) -> Tensor {
        let result = Tensor.full(0, whole), stride = whole.count / Swift.max(whole[0], 1)
        (result.pointer + start * stride).update(from: pointer, count: count)
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            let x = node.inputs[0]
            pass.add(dy.rows(start..<(start + x.dimensions[0])).reshaped(x.dimensions), to: x)
        }
    }

    /// The `index`-th part along the first axis, with one axis less; shares this tensor's memory.
    public subscript(index: Int) -> Tensor {
        rows(index..<(index + 1)).reshaped(dimensions.removing(axis: 0, keeping: false))
    }

    /// Rows of a matrix, by index; an index may come more than once.
    public func gatheredRows(_ indices: [Int]) -> Tensor {
        precondition(rank == 2 && indices.allSatisfy { $0 >= 0 && $0 < rows }, "rows gathered from shape \(shape) by an index outside it")
        let result = Tensor(uninitialized: .matrix(indices.count, columns))
        for (row, index) in indices.enumerated() {
            (result.pointer + row * columns).update(from: pointer + index * columns, count: columns)
        }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.scatteredRows(indices, ofRows: node.inputs[0].rows), to: node.inputs[0])
        }
    }

    private func scatteredRows(_ indices: [Int], ofRows total: Int) -> Tensor {
        let result = Tensor.full(0, .matrix(total, columns))
        for (row, index) in indices.enumerated() {
            gk_add_in_place(result.pointer + index * columns, pointer + row * columns, columns)
        }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.gatheredRows(indices), to: node.inputs[0])
        }
    }

    /// One element of each row: [R, C] and R column numbers -> [R, 1].
    public func picked(columns picks: [Int]) -> Tensor {
        precondition(rank == 2 && picks.count == rows && picks.allSatisfy { $0 >= 0 && $0 < columns },
                     "one column number for each row of shape \(shape) expected, each inside it")
        let result = Tensor(uninitialized: .matrix(rows, 1))
        for (row, column) in picks.enumerated() { result.pointer[row] = pointer[row * columns + column] }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.spread(columns: picks, of: node.inputs[0].columns), to: node.inputs[0])
        }
    }

    private func spread(columns picks: [Int], of total: Int) -> Tensor {
        let result = Tensor.full(0, .matrix(picks.count, total))
        for (row, column) in picks.enumerated() { result.pointer[row * total + column] = pointer[row] }
        return recorded(result, [hollow], if: requiresGradient) { dy, node, pass in
            pass.add(dy.picked(columns: picks), to: node.inputs[0])
        }
    }
}

/// Side by side: the last axes add up, all others are equal.
public func concatenated(_ tensors: [Tensor]) -> Tensor {
    precondition(!tensors.isEmpty, "nothing to concatenate")
    let first = tensors[0].dimensions, total = tensors.reduce(0) { $0 + $1.columns }
    let result = Tensor(uninitialized: first.withColumns(total))
    var start = 0
    for tensor in tensors {
        precondition(tensor.dimensions.withColumns(0) == first.withColumns(0), "shapes \(tensor.shape) and \(first.array) side by side")
        gk_copy_block(tensor.pointer, tensor.columns, result.pointer + start, total, tensor.rows, tensor.columns)
        start += tensor.columns
    }
    return recorded(result, tensors.map(\.hollow), if: tensors.contains(where: \.requiresGradient)) { dy, node, pass in
        var start = 0
        for input in node.inputs {
            if pass.needs(input) { pass.add(dy.columns(start..<(start + input.columns)), to: input) }
            start += input.columns
        }
    }
}

/// One under the other: the first axes add up, all others are equal.
public func concatenatedRows(_ tensors: [Tensor]) -> Tensor {
    precondition(!tensors.isEmpty && tensors[0].rank > 0, "nothing to concatenate")
    var whole = tensors[0].dimensions
    whole[0] = tensors.reduce(0) { $0 + $1.dimensions[0] }
    let result = Tensor(uninitialized: whole)
    var to = result.pointer
    for tensor in tensors {
        var same = tensor.dimensions
        same[0] = whole[0]
        precondition(same == whole, "shapes \(tensor.shape) and \(tensors[0].shape) one under the other")
        to.update(from: tensor.pointer, count: tensor.count)
        to += tensor.count
    }
    return recorded(result, tensors.map(\.hollow), if: tensors.contains(where: \.requiresGradient)) { dy, node, pass in
        var start = 0
        for input in node.inputs {
            let size = input.dimensions[0]
            if pass.needs(input) { pass.add(dy.rows(start..<(start + size)), to: input) }
            start += size
        }
    }
}

/// Equal shapes, stacked along a new first axis.
public func stacked(_ tensors: [Tensor]) -> Tensor {
    concatenatedRows(tensors.map { $0.reshaped([1] + $0.shape) })
}
