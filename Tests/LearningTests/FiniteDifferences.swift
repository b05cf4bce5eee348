import Core
import Learning
import Testing

/// A function of tensors with inputs to try it at.
struct DifferentiableCase: CustomTestStringConvertible, Sendable {
    let name: String
    let inputs: [Tensor]
    let function: @Sendable ([Tensor]) -> Tensor
    var testDescription: String { name }

    /// Inputs of the given shapes, in +-[0.2, 0.4] and +-[0.6, 1.2]: away from 0 and from 0.5, where some functions have kinks.
    init(_ name: String, _ shapes: [Int]..., positive: Bool = false, function: @escaping @Sendable ([Tensor]) -> Tensor) {
        self.name = name
        self.function = function
        var stream = RandomStreams(seed: 7)[name]
        inputs = shapes.map { shape in
            Tensor((0..<shape.reduce(1, *)).map { _ in
                let size = stream.uniform() < 0.5 ? 0.2 + 0.2 * stream.uniform() : 0.6 + 0.6 * stream.uniform()
                return positive || stream.uniform() < 0.5 ? size : -size
            }, shape: shape)
        }
    }
}

/// Directional sums in double, so that differences of them are not lost in rounding.
private func weighted(_ y: Tensor, _ weights: [Float]) -> Double {
    zip(y.array, weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

private func differences(_ inputs: [Tensor], step: Float, _ loss: ([Tensor]) -> Double) -> [[Double]] {
    inputs.indices.map { i in
        (0..<inputs[i].count).map { element in
            func moved(_ distance: Float) -> Double {
                var values = inputs[i].array
                values[element] += distance
                var changed = inputs
                changed[i] = Tensor(values, shape: inputs[i].shape)
                return loss(changed)
            }
            // Richardson: two central differences, the error of fourth order.
            let wide = (moved(2 * step) - moved(-2 * step)) / Double(4 * step), narrow = (moved(step) - moved(-step)) / Double(2 * step)
            return (4 * narrow - wide) / 3
        }
    }
}

private func expectClose(_ found: [Tensor], _ expected: [[Double]], _ tolerance: Double, _ what: String) {
    let scale = max(1, expected.joined().map(abs).max() ?? 1)
    for (f, e) in zip(found, expected) {
        #expect(f.count == e.count)
        for (x, y) in zip(f.array, e) where !(abs(Double(x) - y) <= tolerance * scale) {
            Issue.record("\(what): \(y) by differences, \(x) found")
            return
        }
    }
}

func weights(_ count: Int, _ seed: UInt64) -> [Float] {
    var stream = RandomStream(seed: seed)
    return Tensor.normal([count], using: &stream).array
}

/// The gradient of a weighted sum of the function's results agrees with differences of that sum, with and without a graph.
func expectGradientsMatchDifferences(_ c: DifferentiableCase) {
    let leaves = c.inputs.map { $0.trainableCopy() }
    let y = c.function(leaves), w = weights(y.count, 11), seed = Tensor(w, shape: y.shape)
    let expected = differences(c.inputs, step: 0.02) { weighted(c.function($0), w) }
    expectClose(gradients(of: y, seed: seed, withRespectTo: leaves), expected, 1e-3, c.name)
    expectClose(gradients(of: y, seed: seed, withRespectTo: leaves, createGraph: true), expected, 1e-3, "\(c.name), with graph")
}

/// The gradient of a weighted sum of gradients agrees with differences of first gradients.
func expectSecondDerivativesMatchDifferences(_ c: DifferentiableCase) {
    let leaves = c.inputs.map { $0.trainableCopy() }
    let y = c.function(leaves), w = weights(y.count, 12), seed = Tensor(w, shape: y.shape)
    let vs = leaves.enumerated().map { weights($1.count, 20 + UInt64($0)) }
    func slope(_ inputs: [Tensor]) -> Double {
        let leaves = inputs.map { $0.trainableCopy() }
        let first = gradients(of: c.function(leaves), seed: seed, withRespectTo: leaves)
        return zip(first, vs).reduce(0) { $0 + weighted($1.0, $1.1) }
    }
    let first = gradients(of: y, seed: seed, withRespectTo: leaves, createGraph: true)
    var total = Tensor(0)
    for (g, v) in zip(first, vs) { total = total + (g * Tensor(v, shape: g.shape)).sum() }
    let expected = differences(c.inputs, step: 0.02, slope)
    guard total.requiresGradient else {
        #expect(expected.joined().allSatisfy { abs($0) < 1e-3 }, "\(c.name) has a second derivative, but none was recorded")
        return
    }
    expectClose(gradients(of: total, withRespectTo: leaves), expected, 2e-3, "\(c.name), second derivative")
}
