import Core
import Learning
import Testing

@Suite struct PrecisionCautionTests {
    @Test func onlyIntelsAVX512IsSlow() {
        #expect(Precision.caution(.avx512, processor: "Intel(R) Xeon(R) Processor")?.contains("slower than in float32") == true)
        for unit in [nil, Precision.Unit.amx, .emulated] { #expect(Precision.caution(unit, processor: "Intel(R) Xeon(R) Processor") == nil) }
        #expect(Precision.caution(.avx512, processor: "AMD EPYC") == nil)
    }
}

/// Products in bfloat16, on processors that have them. `GAIT_BFLOAT16=emulate swift test --filter PrecisionTests` runs these tests anywhere.
@Suite(.enabled(if: Precision.bfloat16.isAvailable, "products in bfloat16 need a processor with AVX512-BF16"))
struct PrecisionTests {
    /// The nearest bfloat16, ties to even.
    private func rounded(_ x: Float) -> Float {
        let bits = x.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) & 0xFFFF_0000)
    }

    private func rounded(_ x: Tensor) -> Tensor { Tensor(x.array.map(rounded), shape: x.shape) }

    private func largestDifference(_ a: Tensor, _ b: Tensor) -> Float {
        zip(a.array, b.array).reduce(0) { largest, pair in
            let difference = abs(pair.0 - pair.1)
            return difference <= largest ? largest : difference.isNaN ? .infinity : difference
        }
    }

    @Test(arguments: [
        (256, 512, 512), (32, 32, 32), (33, 47, 61), (300, 33, 1025), (64, 300, 511), (270, 130, 40), (1000, 100, 35), (37, 512, 513),
    ])
    func aProductIsThatOfRoundedOperands(rows: Int, columns: Int, inner: Int) {
        var stream = RandomStream(seed: 5)
        for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
            let a = Tensor.normal(transposeA ? [inner, rows] : [rows, inner], using: &stream)
            let b = Tensor.normal(transposeB ? [columns, inner] : [inner, columns], using: &stream)
            let found = matmul(a, b, transposeA: transposeA, transposeB: transposeB, precision: .bfloat16)
            let expected = matmul(rounded(a), rounded(b), transposeA: transposeA, transposeB: transposeB)
            // Only the order of the sums differs.
            #expect(largestDifference(found, expected) < 3e-6 * Float(inner).squareRoot() * 4)
            #expect(largestDifference(found, matmul(a, b, transposeA: transposeA, transposeB: transposeB)) > 1e-3)
        }
    }

    @Test(arguments: [(31, 64, 64), (64, 31, 64), (64, 64, 31), (256, 1, 512), (1, 512, 512)])
    func smallProductsAreFloat32(rows: Int, columns: Int, inner: Int) {
        var stream = RandomStream(seed: 6)
        let a = Tensor.normal([rows, inner], using: &stream), b = Tensor.normal([inner, columns], using: &stream)
        #expect(matmul(a, b, precision: .bfloat16).array == matmul(a, b).array)
    }

    /// 1 + 2^-9 is rounded to 1 and 1 + 3 x 2^-9 to 1 + 2^-7, so that every product of a network of them is a sum of known numbers.
    @Test func aLayerRoundsItsOperandsForwardAndBackward() throws {
        let fine: Float = 1 + 3 / 512, coarse: Float = 1 + 4 / 512
        let weight = Tensor.full(fine, [64, 48]).trainableCopy(), bias = Tensor.zeros([48]).trainableCopy()
        let x = Tensor.full(fine, [40, 64]).trainableCopy(), factor = Tensor.full(fine, [40, 48])
        for activation in [Activation.identity, .relu] {
            for createGraph in [false, true] {
                let layer = Linear(weight: weight, bias: bias, precision: .bfloat16), y = layer(x, activation: activation)
                let found = gradients(of: (y * factor).sum(), withRespectTo: [weight, x], createGraph: createGraph)
                #expect(y.array.allSatisfy { $0 == 64 * coarse * coarse })
                #expect(found[0].array.allSatisfy { $0 == 40 * coarse * coarse })
                #expect(found[1].array.allSatisfy { $0 == 48 * coarse * coarse })
            }
        }
    }

    @Test func aRecurrentUnitRoundsWhatItMultiplies() {
        var one = RandomStream(seed: 7), other = RandomStream(seed: 7), data = RandomStream(seed: 8)
        let exact = GRU(inputs: 40, hidden: 48, using: &one), coarse = GRU(inputs: 40, hidden: 48, precision: .bfloat16, using: &other)
        let xs = Tensor.normal([3, 64, 40], using: &data)
        let difference = largestDifference(exact(xs).state, coarse(xs).state)
        #expect(difference > 1e-5 && difference < 0.02)
        let step = exact.step(xs[0], state: exact.initialState(batch: 64))
        #expect(largestDifference(step, coarse.step(xs[0], state: coarse.initialState(batch: 64))) > 1e-5)
    }

    /// Behind rectified units many columns are 0 as a whole and left out (`LiveColumnTests`).
    @Test func columnsOfZerosAreLeftOut() {
        var stream = RandomStream(seed: 9)
        var x = Tensor.normal([64, 256], using: &stream).array
        for row in 0..<64 { for column in 0..<256 where column % 3 != 0 { x[row * 256 + column] = 0 } }
        let input = Tensor(x, shape: [64, 256]), weight = Tensor.normal([256, 256], using: &stream)
        let layer = Linear(weight: weight, bias: .zeros([256]), precision: .bfloat16)
        #expect(largestDifference(layer(input), matmul(rounded(input), rounded(weight))) < 1e-4)
        #expect(largestDifference(layer(input), matmul(input, weight)) > 1e-3)
    }

    /// Gradients that leave out the dead units of a layer, which no float32 may enter either.
    @Test func gradientsOfLiveColumnsAreRounded() {
        var stream = RandomStream(seed: 11)
        let network = MLP(inputs: 40, hidden: [256, 256], outputs: 40, precision: .bfloat16, using: &stream)
        for layer in network.layers.prefix(2) {
            layer.bias.withUnsafeMutableBufferPointer { bias in for unit in stream.permutation(of: 256).prefix(150) { bias[unit] = -100 } }
        }
        let before = LargeProducts.ofThisThread
        let input = Tensor.normal([64, 40], using: &stream).trainableCopy()
        _ = gradients(of: network(input).squared().mean(), withRespectTo: network.parameters + [input])
        let after = LargeProducts.ofThisThread
        // Forward, to the weights and to the inputs, three layers each.
        #expect(after.float32 == before.float32 && after.bfloat16 - before.bfloat16 == 9)
    }

    @Test func largeProductsAreCountedByTheirPrecision() {
        var stream = RandomStream(seed: 10)
        let before = LargeProducts.ofThisThread
        for precision in [Precision.float32, .bfloat16, .bfloat16] {
            let network = MLP(inputs: 40, hidden: [64, 64], outputs: 3, precision: precision, using: &stream)
            _ = gradients(of: network(.normal([64, 40], using: &stream)).squared().mean(), withRespectTo: network.parameters)
        }
        let after = LargeProducts.ofThisThread
        // Forward two large layers, their weights' gradients, and one gradient of an input.
        #expect(after.float32 - before.float32 == 5 && after.bfloat16 - before.bfloat16 == 10)
    }

    /// Packed operands end in whole vectors or tiles; what a product before left there must not enter.
    @Test func nothingIsLeftOfTheProductBefore() {
        var stream = RandomStream(seed: 12)
        let nothing = Tensor.full(.nan, [512, 512])
        let a = Tensor.normal([33, 61], using: &stream), b = Tensor.normal([61, 47], using: &stream)
        _ = matmul(nothing, nothing, precision: .bfloat16)
        #expect(largestDifference(matmul(a, b, precision: .bfloat16), matmul(rounded(a), rounded(b))) < 1e-4)
    }

    @Test func whatIsNotANumberStaysSo() {
        var a = [Float](repeating: 1, count: 32 * 32)
        a[5] = .nan
        a[40] = .infinity
        let product = matmul(Tensor(a, shape: [32, 32]), .full(1, [32, 32]), precision: .bfloat16).array
        #expect(product[0].isNaN && product[31].isNaN)
        #expect(product[32] == .infinity)
        #expect(product[64] == 32)
    }
}
