import CKernels

/// Gradients of `loss` (one number) with respect to each of `xs`, in their order; zeros where the loss does not depend on one.
///
/// Only what lies between the loss and `xs` is computed: the gradient with respect to an action does not compute gradients of weights. With
/// `createGraph` the gradients can be differentiated again, any number of times. The graph stays usable afterwards.
public func gradients(of loss: Tensor, withRespectTo xs: [Tensor], createGraph: Bool = false) -> [Tensor] {
    precondition(loss.count == 1, "gradients are of one number, not of a tensor of shape \(loss.shape)")
    return gradients(of: loss, seed: Tensor.full(1, loss.dimensions), withRespectTo: xs, createGraph: createGraph)
}

/// The product of `seed`, shaped as `y`, with the Jacobian of `y` with respect to each of `xs`.
public func gradients(of y: Tensor, seed: Tensor, withRespectTo xs: [Tensor], createGraph: Bool = false) -> [Tensor] {
    precondition(seed.dimensions == y.dimensions, "a seed of shape \(seed.shape) for a tensor of shape \(y.shape)")
    let pass = BackwardPass(from: y, to: xs, createGraph: createGraph)
    let before = gk_recording_suspended()
    gk_set_recording_suspended(createGraph ? 0 : 1)
    defer { gk_set_recording_suspended(before) }
    var found = pass.run(seed: seed)
    // Each gets its own memory, because an optimizer or clipping may write to it.
    if !createGraph {
        for i in found.indices where !isKnownUniquelyReferenced(&found[i].storage) { found[i] = found[i].copied() }
    }
    return found
}

/// One walk from a result back to the tensors whose gradients are wanted.
final class BackwardPass {
    let createGraph: Bool
    private let root: Tensor
    private let targets: [Tensor]
    private let wanted: Set<ObjectIdentifier>
    /// Nodes on a path from the root to a target, each after all its operands.
    private var order: [Node] = []
    private var index: [ObjectIdentifier: Int] = [:]
    /// Whether a target lies beyond the node, not only at it.
    private var leadsOn: [Bool] = []
    private var collected: [Tensor?] = []
    /// For gradients of which only some rows were collected, all others being 0: which ones.
    private var collectedRows: [Int: [Int32]] = [:]
    /// The rows that the gradient handed to the present rule consists of; nil for all.
    private(set) var rowSubset: [Int32]?

    init(from root: Tensor, to targets: [Tensor], createGraph: Bool) {
        self.root = root
        self.targets = targets
        self.createGraph = createGraph
        wanted = Set(targets.compactMap { $0.node.map(ObjectIdentifier.init) })
        for x in targets { precondition(x.node != nil, "a gradient is wanted for a tensor that requires none: shape \(x.shape)") }
        if let node = root.node { sort(from: node) }
        collected = Array(repeating: nil, count: order.count)
    }

    /// Depth first, without recursion: graphs through time are deep.
    private func sort(from root: Node) {
        var leads: [ObjectIdentifier: Bool] = [ObjectIdentifier(root): false]  // visited; true when a target was found
        var stack: [(node: Node, next: Int, leadsOn: Bool)] = [(root, 0, false)]
        while let (node, next, _) = stack.last {
            if next < node.inputs.count {
                stack[stack.count - 1].next += 1
                guard let input = node.inputs[next].node else { continue }
                let key = ObjectIdentifier(input)
                if let known = leads[key] {
                    if known { stack[stack.count - 1].leadsOn = true }
                } else if input.rule == nil {
                    leads[key] = wanted.contains(key)
                    if wanted.contains(key) {
                        finish(input, leadsOn: false)
                        stack[stack.count - 1].leadsOn = true
                    }
                } else {
                    leads[key] = false
                    stack.append((input, 0, false))
                }
            } else {
                let (node, _, leadsOn) = stack.removeLast()
                let key = ObjectIdentifier(node)
                guard leadsOn || wanted.contains(key) else { continue }
                leads[key] = true
                finish(node, leadsOn: leadsOn)
                if !stack.isEmpty { stack[stack.count - 1].leadsOn = true }
            }
        }
    }
    private func finish(_ node: Node, leadsOn: Bool) {
        index[ObjectIdentifier(node)] = order.count
        order.append(node)
        self.leadsOn.append(leadsOn)
    }

    /// Whether the gradient of `operand` is needed, for itself or for a gradient further down.
    func needs(_ operand: Tensor) -> Bool {
        guard let node = operand.node else { return false }
        return index[ObjectIdentifier(node)] != nil
    }

    /// Adds `gradient`, shaped as `operand`, to what has been found for it; nothing where it is not needed.
    func add(_ gradient: consuming Tensor, to operand: Tensor) {
        precondition(gradient.dimensions == operand.dimensions,
                     "a rule made a gradient of shape \(gradient.shape) for an operand of shape \(operand.shape)")
        guard let node = operand.node, let i = index[ObjectIdentifier(node)] else { return }
        complete(i, as: operand.dimensions)
        guard var sum = collected[i] else {
            collected[i] = gradient
            return
        }
        collected[i] = nil
        if createGraph {
            collected[i] = sum + gradient
        } else if isKnownUniquelyReferenced(&sum.storage) {
            gk_add_in_place(sum.pointer, gradient.pointer, gradient.count)
            collected[i] = sum
        } else {
            collected[i] = sum + gradient
        }
    }

    /// Adds a matrix of the rows `rows` of a gradient whose other rows are 0. It stays small up to the next rule where that can
    /// work on it, and is filled up with zeros otherwise.
    func add(_ gradient: Tensor, rows: [Int32], to operand: Tensor) {
        guard let node = operand.node, let i = index[ObjectIdentifier(node)] else { return }
        if node.acceptsRowSubset && collected[i] == nil && !wanted.contains(ObjectIdentifier(node)) {
            collected[i] = gradient
            collectedRows[i] = rows
        } else {
            add(gradient.scattered(rows, as: operand.dimensions), to: operand)
        }
    }
    private func complete(_ i: Int, as whole: Shape) {
        guard let rows = collectedRows.removeValue(forKey: i), let part = collected[i] else { return }
        collected[i] = part.scattered(rows, as: whole)
    }

    /// Adds `gradient` to the part of the operand's gradient that starts at `offset` elements, without copying the
    /// rest for every part. Used for the slices of a sequence; not for gradients that are to be differentiated.
    func add(_ gradient: Tensor, at offset: Int, of operand: Tensor) {
        guard let node = operand.node, let i = index[ObjectIdentifier(node)] else { return }
        complete(i, as: operand.dimensions)
        var sum = collected[i] ?? Tensor.full(0, operand.dimensions)
        collected[i] = nil
        if !isKnownUniquelyReferenced(&sum.storage) { sum = sum.copied() }
        gk_add_in_place(sum.pointer + offset, gradient.pointer, gradient.count)
        collected[i] = sum
    }

    func run(seed: Tensor) -> [Tensor] {
        if let node = root.node, let i = index[ObjectIdentifier(node)] { collected[i] = seed }
        var found: [ObjectIdentifier: Tensor] = [:]
        for i in order.indices.reversed() {
            guard collected[i] != nil else { continue }
            let node = order[i]
            if wanted.contains(ObjectIdentifier(node)) { found[ObjectIdentifier(node)] = collected[i] }
            guard leadsOn[i], let rule = node.rule, var dy = collected[i] else {
                collected[i] = nil
                continue
            }
            rowSubset = collectedRows.removeValue(forKey: i)
            collected[i] = nil  // `dy` is the only owner now, unless the gradient is shared
            rule(&dy, node, self)
        }
        return targets.map { x in
            x.node.flatMap { found[ObjectIdentifier($0)] } ?? Tensor.full(0, x.dimensions)
        }
    }
}

/// The product of a loss's Hessian, in `xs`, with `vector`, shaped as they: the gradient of (gradient . vector).
public func hessianVectorProduct(of loss: Tensor, withRespectTo xs: [Tensor], vector: [Tensor]) -> [Tensor] {
    precondition(xs.count == vector.count, "\(vector.count) vector parts for \(xs.count) tensors")
    let first = gradients(of: loss, withRespectTo: xs, createGraph: true)
    var product = Tensor(0)
    for (g, v) in zip(first, vector) { product += (g * v).sum() }
    guard product.requiresGradient else { return xs.map { Tensor.full(0, $0.dimensions) } }
    return gradients(of: product, withRespectTo: xs)
}
