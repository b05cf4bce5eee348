/// The gradient of a fused operation in differentiable steps: `plain` computes the same from the operand `x` with ordinary
/// operations, and is differentiated at `x` with `dy` fixed. With it a fused operation can be differentiated any number of times.
func plainGradient(_ dy: Tensor, at x: Tensor, _ plain: (Tensor) -> Tensor) -> Tensor {
    plainGradients(dy, at: [x]) { plain($0[0]) }[0]
}

func plainGradients(_ dy: Tensor, at xs: [Tensor], _ plain: ([Tensor]) -> Tensor) -> [Tensor] {
    // Fresh names for the operands: `dy` may itself depend on them, and that path is not part of this gradient.
    let names = xs.map { x in
        recorded(x.detached(), [x.hollow], if: true) { dy, node, pass in pass.add(dy, to: node.inputs[0]) }
    }
    return gradients(of: plain(names), seed: dy, withRespectTo: names, createGraph: true)
}
