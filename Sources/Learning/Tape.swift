import CKernels

/// How a tensor was computed: its operands and the rule that turns the gradient of the result into theirs.
///
/// Rules are written with the same differentiable operations as everything else, so that a gradient can be differentiated
/// again; where no graph of the gradient is wanted they may take fused, in-place shortcuts.
final class Node {
    /// Adds to `pass` the gradient of every operand that it needs, from `dy`, the gradient of the result. The rule owns `dy` and
    /// may overwrite its memory when nobody else holds it.
    typealias Rule = (_ dy: inout Tensor, _ node: Node, _ pass: BackwardPass) -> Void

    /// Operands; hollow where the rule needs only shape and history.
    private(set) var inputs: [Tensor]
    /// The result, without history (a node that held itself would never be freed); see `output`.
    private let result: Tensor?
    /// nil for a leaf.
    let rule: Rule?
    /// Whether the rule asks the pass for `rowSubset` and can work on such a gradient.
    let acceptsRowSubset: Bool

    init() {
        inputs = []
        result = nil
        rule = nil
        acceptsRowSubset = false
    }
    init(inputs: [Tensor], result: Tensor?, acceptsRowSubset: Bool, rule: @escaping Rule) {
        self.inputs = inputs
        self.result = result
        self.acceptsRowSubset = acceptsRowSubset
        self.rule = rule
    }

    /// The result of the operation, for rules that were recorded with `keepsResult`.
    var output: Tensor {
        guard let result else { preconditionFailure("this operation was recorded without its result") }
        return Tensor(storage: result.storage, offset: result.offset, dimensions: result.dimensions, node: self)
    }

    // A long chain (a recurrent network through time) would overflow the stack if each node freed the one before it.
    deinit {
        guard inputs.contains(where: { $0.node != nil }) else { return }
        var doomed = inputs
        inputs = []
        while var tensor = doomed.popLast() {
            guard var node = tensor.node else { continue }
            tensor.node = nil
            guard isKnownUniquelyReferenced(&node), !node.inputs.isEmpty else { continue }
            doomed.append(contentsOf: node.inputs)
            node.inputs = []
        }
    }
}

/// Runs `body` without recording: its results have no history. For this thread only.
public func withoutGradients<R>(_ body: () throws -> R) rethrows -> R {
    let before = gk_recording_suspended()
    gk_set_recording_suspended(1)
    defer { gk_set_recording_suspended(before) }
    return try body()
}

/// `result` with its history, where something is recorded and an operand has one.
@inline(__always)
func recorded(_ result: Tensor, _ inputs: @autoclosure () -> [Tensor], if isDifferentiable: Bool, keepsResult: Bool = false,
              acceptsRowSubset: Bool = false, rule: @escaping Node.Rule) -> Tensor {
    guard isDifferentiable, gk_recording_suspended() == 0 else { return result }
    let node = Node(inputs: inputs(), result: keepsResult ? result : nil, acceptsRowSubset: acceptsRowSubset, rule: rule)
    return Tensor(storage: result.storage, offset: result.offset, dimensions: result.dimensions, node: node)
}
