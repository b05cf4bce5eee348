import CKernels
import Core

/// activation(x weight + bias).
///
/// The weight is [in, out], the transpose of PyTorch's `nn.Linear`: transpose weights that come from there. (`GRU` has PyTorch's own
/// layout, [3 hidden, in].)
public struct Linear: Module {
    /// [in, out]: one column for each output
    public var weight: Tensor
    /// [out]
    public var bias: Tensor
    /// Of its products, forward and backward.
    public let precision: Precision

    /// PyTorch's default: weight and bias uniform in +-1/sqrt(inputs).
    public init(inputs: Int, outputs: Int, precision: Precision = .float32, using stream: inout RandomStream) {
        self.precision = precision
        let bound = 1 / Float(inputs).squareRoot()
        weight = Tensor.uniform([inputs, outputs], in: -bound...bound, using: &stream).trainableCopy()
        bias = Tensor.uniform([outputs], in: -bound...bound, using: &stream).trainableCopy()
    }
    public init(weight: Tensor, bias: Tensor, precision: Precision = .float32) {
        self.precision = precision
        precondition(weight.rank == 2 && bias.count == weight.columns, "a weight [in, out] and a bias [out]")
        self.weight = weight
        self.bias = bias
    }

    public var inputs: Int { weight.rows }
    public var outputs: Int { weight.columns }

    /// [batch, in] (or [time, batch, in]) -> [batch, out]
    public func callAsFunction(_ x: Tensor, activation: Activation = .identity) -> Tensor {
        linear(x, weight, bias, activation: activation, precision: precision)
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        body("weight", &weight)
        body("bias", &bias)
    }
}

/// Linear layers with an activation between them, none after the last.
public struct MLP: Module {
    public var layers: [Linear]
    public let activation: Activation

    public init(
        inputs: Int, hidden: [Int], outputs: Int, activation: Activation = .relu, precision: Precision = .float32,
        using stream: inout RandomStream
    ) {
        let sizes = [inputs] + hidden + [outputs]
        layers = []
        for (size, next) in zip(sizes, sizes.dropFirst()) {
            layers.append(Linear(inputs: size, outputs: next, precision: precision, using: &stream))
        }
        self.activation = activation
    }
    public init(layers: [Linear], activation: Activation) {
        self.layers = layers
        self.activation = activation
    }

    public func callAsFunction(_ x: Tensor) -> Tensor {
        var x = x
        for i in layers.indices { x = layers[i](x, activation: i == layers.count - 1 ? .identity : activation) }
        return x
    }

    /// One row, as fast as memory allows: no graph, no allocation.
    public func forwardSingle(_ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>) {
        precondition(input.count == layers[0].inputs && output.count == layers[layers.count - 1].outputs,
                     "\(input.count) inputs and \(output.count) outputs for a network of \(layers[0].inputs) and \(layers[layers.count - 1].outputs)")
        guard let from = input.baseAddress, let to = output.baseAddress else { return }
        let widest = layers.reduce(0) { max($0, $1.outputs) }
        let scratch = gk_buffer_take(2 * widest)!
        defer { gk_buffer_return(scratch, 2 * widest) }
        var x = from, half = 0
        for i in layers.indices {
            let layer = layers[i], isLast = i == layers.count - 1
            let y = isLast ? to : scratch + half * widest
            gk_single_row(x, layer.weight.pointer, layer.bias.pointer, isLast ? GK_IDENTITY_ACTIVATION : activation.kernel, y,
                          layer.inputs, layer.outputs)
            x = UnsafePointer(y)
            half = 1 - half
        }
    }

    /// `rows` rows, [rows, inputs] -> [rows, outputs]: no graph, no allocation.
    public func forward(rows: Int, _ input: [Float], into output: inout [Float]) {
        precondition(input.count == rows * layers[0].inputs && output.count == rows * layers[layers.count - 1].outputs,
                     "\(input.count) inputs and \(output.count) outputs for \(rows) rows")
        let size = rows * layers.reduce(0) { max($0, $1.outputs) }
        guard let scratch = gk_buffer_take(2 * size) else { return }
        defer { gk_buffer_return(scratch, 2 * size) }
        input.withUnsafeBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                guard var x = input.baseAddress, let to = output.baseAddress else { return }
                for i in layers.indices {
                    let layer = layers[i], isLast = i == layers.count - 1, y = isLast ? to : scratch + i % 2 * size
                    gk_gemm_live(layer.precision.kernel, rows, layer.outputs, layer.inputs, x, layer.weight.pointer, y)
                    gk_bias_activation(
                        y, layer.bias.pointer, isLast ? GK_IDENTITY_ACTIVATION : activation.kernel, rows, layer.outputs)
                    x = UnsafePointer(y)
                }
            }
        }
    }

    public mutating func forEachParameter(_ body: (String, inout Tensor) -> Void) {
        for i in layers.indices { layers[i].forEachParameter(prefix: "layers.\(i)", body) }
    }
}
