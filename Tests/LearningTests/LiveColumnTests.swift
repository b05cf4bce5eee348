import Core
import Learning
import Testing

/// Layers behind which many units are 0 for a whole batch: products leave these units out.
@Suite struct LiveColumnTests {
    /// A rectified network of [256, 256] of which the given units of each layer are off, and a batch.
    private func network(dead: [Int], batch: Int) -> (MLP, Tensor, Tensor) {
        var stream = RandomStream(seed: 8)
        let network = MLP(inputs: 5, hidden: [256, 256], outputs: 3, using: &stream)
        for (layer, count) in dead.enumerated() {
            network.layers[layer].bias.withUnsafeMutableBufferPointer { bias in
                for unit in stream.permutation(of: 256).prefix(count) { bias[unit] = -100 }
            }
        }
        return (network, .normal([batch, 5], using: &stream), .normal([batch, 3], using: &stream))
    }

    @Test(arguments: [[0, 0], [100, 0], [0, 200], [130, 230], [256, 10], [10, 256]], [9, 64, 128, 200])
    func resultsAndGradientsAreThoseOfTheWholeProducts(dead: [Int], batch: Int) {
        let (network, x, target) = network(dead: dead, batch: batch)
        var whole = x
        for (i, layer) in network.layers.enumerated() {
            whole = matmul(whole, layer.weight) + layer.bias
            if i < 2 { whole = whole.relu() }
        }
        func expectSame(_ a: Tensor, _ b: Tensor, _ name: String) {
            let scale = b.array.reduce(1e-6) { max($0, abs($1)) }
            #expect(zip(a.array, b.array).allSatisfy { abs($0 - $1) <= 1e-5 * scale }, "\(name)")
        }
        expectSame(network(x), whole, "result")
        var rows = [Float](repeating: 0, count: 3 * batch)
        network.forward(rows: batch, x.array, into: &rows)
        expectSame(Tensor(rows, shape: [batch, 3]), whole, "result without a graph")
        let input = x.trainableCopy(), parameters = network.parameters + [input]
        let found = gradients(of: (network(input) - target).squared().mean(), withRespectTo: parameters)
        let expected = gradients(of: (network(input) - target).squared().mean(), withRespectTo: parameters, createGraph: true)
        for i in found.indices { expectSame(found[i], expected[i].detached(), "gradient \(i)") }
        #expect(expected[2].array.contains { $0 != 0 } == !dead.contains(256))
    }
}
