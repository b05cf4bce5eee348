import Core
import Learning
import Testing

private let elementwise: [DifferentiableCase] = [
    .init("relu", [3, 4]) { $0[0].relu() },
    .init("tanh", [3, 4]) { $0[0].tanh() },
    .init("sigmoid", [3, 4]) { $0[0].sigmoid() },
    .init("softplus", [3, 4]) { $0[0].softplus() },
    .init("exp", [3, 4]) { $0[0].exp() },
    .init("log", [3, 4], positive: true) { ($0[0] + 0.5).log() },
    .init("sqrt", [3, 4], positive: true) { ($0[0] + 0.5).sqrt() },
    .init("squared", [3, 4]) { $0[0].squared() },
    .init("abs", [3, 4]) { $0[0].abs() },
    .init("sin", [3, 4]) { $0[0].sin() },
    .init("cos", [3, 4]) { $0[0].cos() },
    .init("clamped", [3, 4]) { $0[0].clamped(to: -0.5...0.5) },
    .init("negation", [3, 4]) { -$0[0] },
    .init("with numbers", [3, 4], positive: true) { 2 / (3 - $0[0] * 0.5) + (1 + $0[0]) / 4 - 1 },
]

private let pairs: [DifferentiableCase] = [([3, 4], [3, 4]), ([3, 4], [4]), ([4], [3, 4]), ([3, 4], [1, 4]), ([3, 4], [3, 1]),
                                           ([3, 1], [4]), ([3, 4], []), ([], [3, 4]), ([1, 1], [3, 4]), ([2, 3, 4], [4]),
                                           ([2, 3, 4], [2, 3, 1]), ([2, 1, 4], [2, 3, 4]), ([2, 3, 4], [3, 1]), ([3, 1], [1, 4]), ([1], [3])]
    .flatMap { (a: [Int], b: [Int]) -> [DifferentiableCase] in
        [.init("\(a) + \(b)", a, b) { $0[0] + $0[1] }, .init("\(a) - \(b)", a, b) { $0[0] - $0[1] },
         .init("\(a) * \(b)", a, b) { $0[0] * $0[1] }, .init("\(a) / \(b)", a, b) { $0[0] / ($0[1].squared() + 1) },
         .init("minimum \(a) \(b)", a, b) { minimum($0[0], $0[1] * 0.03 + 0.5) },
         .init("maximum \(a) \(b)", a, b) { maximum($0[0] * 0.03 + 0.5, $0[1]) }]
    }

private let arrangements: [DifferentiableCase] = [
    .init("sum", [3, 4]) { $0[0].squared().sum() },
    .init("mean", [3, 4]) { $0[0].squared().mean() },
    .init("sum of axis 0", [3, 4]) { $0[0].squared().sum(axis: 0) },
    .init("sum of axis 1, kept", [3, 4]) { $0[0].squared().sum(axis: 1, keepingDimension: true) },
    .init("mean of the middle axis", [2, 3, 4]) { $0[0].squared().mean(axis: 1) },
    .init("sum of the first of three axes", [2, 3, 4]) { $0[0].squared().sum(axis: 0) },
    .init("max of axis 0", [3, 4]) { ($0[0] + Tensor((0..<12).map { Float($0 * 5 % 7) }, shape: [3, 4])).max(axis: 0).squared() },
    .init("max of axis 1", [3, 4]) {
        ($0[0] + Tensor((0..<12).map { Float($0 * 5 % 7) }, shape: [3, 4])).max(axis: -1, keepingDimension: true).squared()
    },
    .init("logSumExp", [3, 4]) { $0[0].logSumExp() },
    .init("logSoftmax", [3, 4]) { $0[0].logSoftmax() },
    .init("broadcast", [3, 1]) { $0[0].broadcast(to: [2, 3, 4]).squared() },
    .init("reshaped", [3, 4]) { $0[0].squared().reshaped([2, 6]) },
    .init("transposed", [3, 4]) { $0[0].squared().transposed() },
    .init("columns", [3, 4]) { $0[0].squared().columns(1..<3) },
    .init("rows", [3, 4]) { $0[0].squared().rows(1..<3) },
    .init("part of three axes", [3, 2, 4]) { $0[0].squared()[1] * $0[0][2] },
    .init("gathered rows", [3, 4]) { $0[0].squared().gatheredRows([2, 0, 2]) },
    .init("picked columns", [3, 4]) { $0[0].squared().picked(columns: [3, 0, 1]) },
    .init("concatenated", [3, 2], [3, 1]) { concatenated([$0[0].squared(), $0[1], $0[0]]) * 2 },
    .init("concatenated rows", [2, 3], [1, 3]) { concatenatedRows([$0[0].squared(), $0[1]]) },
    .init("stacked", [2, 3], [2, 3]) { stacked([$0[0] * $0[1], $0[1]]) },
    .init("used three times", [3, 4]) { $0[0] * $0[0].tanh() + $0[0] },
]

private let products: [DifferentiableCase] = [
    .init("a b", [3, 4], [4, 2]) { matmul($0[0], $0[1]) },
    .init("aT b", [4, 3], [4, 2]) { matmul($0[0], $0[1], transposeA: true) },
    .init("a bT", [3, 4], [2, 4]) { matmul($0[0], $0[1], transposeB: true) },
    .init("aT bT", [4, 3], [2, 4]) { matmul($0[0], $0[1], transposeA: true, transposeB: true) },
    .init("a of three axes", [2, 3, 4], [4, 2]) { matmul($0[0], $0[1]) },
    .init("column", [3, 4], [4, 1]) { matmul($0[0], $0[1]) },
    .init("row", [1, 4], [4, 3]) { matmul($0[0], $0[1]) },
    .init("outer", [3, 1], [1, 4]) { matmul($0[0], $0[1]) },
    .init("linear", [3, 4], [4, 2], [2]) { linear($0[0], $0[1], $0[2]) },
    .init("linear relu", [3, 4], [4, 2], [2]) { linear($0[0], $0[1], $0[2] + Tensor([6, -6], shape: [2]), activation: .relu) },
    .init("linear leaky relu", [3, 4], [4, 2], [2]) {
        linear($0[0], $0[1], $0[2] + Tensor([6, -6], shape: [2]), activation: .leakyReLU)
    },
    .init("linear tanh", [3, 4], [4, 2], [2]) { linear($0[0], $0[1], $0[2], activation: .tanh) },
    .init("linear through time", [2, 3, 4], [4, 2], [2]) { linear($0[0], $0[1], $0[2], activation: .tanh) },
    .init("two layers", [3, 4], [4, 5], [5], [5, 1], [1]) { linear(linear($0[0], $0[1], $0[2], activation: .tanh), $0[3], $0[4]).squared() },
]

private let composed: [DifferentiableCase] = [
    .init("tanh-Gaussian", [3, 4]) { inputs in
        let noise = Tensor([0.3, -1.2, 0.9, 0, 0.4, -0.5], shape: [3, 2])
        let (action, logProbability) = TanhGaussian(parameters: inputs[0]).sample(noise: noise)
        return concatenated([action, logProbability])
    },
    .init("diagonal Gaussian", [3, 2], [2], [3, 2]) { DiagonalGaussian(mean: $0[0], logStd: $0[1]).logProbability(of: $0[2]) },
    .init("Gaussian entropy and sample", [3, 2], [2]) {
        let p = DiagonalGaussian(mean: $0[0], logStd: $0[1])
        return concatenated([p.entropy, p.sample(noise: .ones([3, 2]))])
    },
    .init("Gaussian divergence", [3, 2], [2], [3, 2], [3, 2]) {
        DiagonalGaussian(mean: $0[0], logStd: $0[1]).kl(to: DiagonalGaussian(mean: $0[2], logStd: $0[3]))
    },
    .init("categorical", [3, 4], [3, 4]) {
        let p = Categorical(logits: $0[0])
        return concatenated([p.logProbability(of: [1, 3, 0]), p.entropy, p.kl(to: Categorical(logits: $0[1]))])
    },
    .init("Gaussian posterior", [4, 2], [4, 2]) {
        let posterior = GaussianPosterior(factorMean: $0[0], factorRaw: $0[1])
        return posterior.sample(noise: Tensor([0.3, -0.7], shape: [2])) + posterior.klToPrior
    },
    .init("GRU", [3, 2, 2], [9, 2], [9, 3], [9], [9], [2, 3]) {
        let unit = GRU(inputWeight: $0[1], stateWeight: $0[2], inputBias: $0[3], stateBias: $0[4])
        let (outputs, state) = unit($0[0], state: $0[5])
        return concatenatedRows([outputs, (state * 2).reshaped([1, 2, 3])])
    },
]

@Suite struct GradientTests {
    @Test(arguments: elementwise + arrangements + products + composed)
    func gradientsMatchFiniteDifferences(_ c: DifferentiableCase) { expectGradientsMatchDifferences(c) }

    @Test(arguments: pairs)
    func gradientsOfBroadcastPairsMatchFiniteDifferences(_ c: DifferentiableCase) { expectGradientsMatchDifferences(c) }

    @Test(arguments: elementwise + arrangements + products + composed)
    func secondDerivativesMatchDifferencesOfGradients(_ c: DifferentiableCase) { expectSecondDerivativesMatchDifferences(c) }

    @Test(arguments: pairs)
    func secondDerivativesOfBroadcastPairsMatchDifferences(_ c: DifferentiableCase) { expectSecondDerivativesMatchDifferences(c) }

    @Test func fourthDerivativeOfAPolynomial() {
        let x = Tensor(1.5).trainableCopy()
        var y = x * x * x * x * x
        for expected: Float in [5 * 5.0625, 20 * 3.375, 60 * 2.25, 120 * 1.5, 120] {
            y = gradients(of: y, withRespectTo: [x], createGraph: true)[0]
            #expect(abs(y.scalar - expected) < 1e-4 * expected)
        }
    }

    @Test func gradientOfAGradientThroughDeepNetworks() {
        // The direction in which the gradient's norm grows fastest is the Hessian times the gradient.
        var stream = RandomStream(seed: 4)
        let network = MLP(inputs: 3, hidden: [8, 8], outputs: 1, activation: .tanh, using: &stream)
        let x = Tensor.normal([5, 3], using: &stream)
        func loss() -> Tensor { network(x).squared().mean() }
        let g = gradients(of: loss(), withRespectTo: network.parameters, createGraph: true)
        var norm = Tensor(0)
        for part in g { norm += part.squared().sum() * 0.5 }
        let byNorm = gradients(of: norm, withRespectTo: network.parameters)
        let byProduct = hessianVectorProduct(of: loss(), withRespectTo: network.parameters, vector: g.map { $0.detached() })
        for (a, b) in zip(byNorm, byProduct) {
            for (x, y) in zip(a.array, b.array) { #expect(abs(x - y) <= 1e-5 * max(1, abs(y))) }
        }
    }

    @Test func zerosWhereTheLossDoesNotDepend() {
        let x = Tensor.ones([2, 2]).trainableCopy(), unused = Tensor.ones([3]).trainableCopy()
        let found = gradients(of: x.sum(), withRespectTo: [unused, x])
        #expect(found[0].array == [0, 0, 0])
        #expect(found[1].array == [1, 1, 1, 1])
    }

    @Test func gradientsWithRespectToIntermediateResults() {
        let x = Tensor([1, 2], shape: [2]).trainableCopy()
        let y = x * 3, z = (y * y).sum()
        let found = gradients(of: z, withRespectTo: [y, x])
        #expect(found[0].array == [6, 12])
        #expect(found[1].array == [18, 36])
    }

    @Test func everyGradientHasItsOwnMemory() {
        let a = Tensor(1).trainableCopy(), b = Tensor(2).trainableCopy()
        let found = gradients(of: a + b, withRespectTo: [a, b, a])
        found[0].copy(from: Tensor(7))
        #expect(found[1].scalar == 1 && found[2].scalar == 1)
    }

    @Test func nothingIsRecordedWithoutGradients() {
        let x = Tensor.ones([2]).trainableCopy()
        let y = withoutGradients { () -> Tensor in
            let inner = withoutGradients { x * 2 }
            return inner + x
        }
        #expect(!y.requiresGradient && y.array == [3, 3])
        #expect((x * 2).requiresGradient)
        #expect(!x.detached().requiresGradient)
    }

    @Test func theGraphStaysUsable() {
        let x = Tensor([1, 2, 3], shape: [3]).trainableCopy()
        let loss = (x.tanh() * x).sum()
        let first = gradients(of: loss, withRespectTo: [x])[0].array
        #expect(gradients(of: loss, withRespectTo: [x])[0].array == first)
    }

    @Test func longChainsAreFreedWithoutRecursion() {
        let x = Tensor.ones([1]).trainableCopy()
        var y = x
        for _ in 0..<300_000 { y = y + 1 }
        #expect(y.scalar == 300_001)
        let g = gradients(of: y.sum(), withRespectTo: [x])
        #expect(g[0].scalar == 1)
    }

    @Test func tiesShareTheGradientOfMinimum() {
        let a = Tensor([1, 2, 3], shape: [3]).trainableCopy(), b = Tensor([1, 3, 2], shape: [3]).trainableCopy()
        let found = gradients(of: minimum(a, b).sum(), withRespectTo: [a, b])
        #expect(found[0].array == [0.5, 1, 0])
        #expect(found[1].array == [0.5, 0, 1])
    }

    @Test func rowsWithoutGradientAreSkippedWithoutChangingTheResult() {
        // A loss on few rows: what the rows that count give alone must come out, whether zero rows are computed or not.
        var stream = RandomStream(seed: 8)
        for activation in [Activation.relu, .tanh, .leakyReLU] {
            let network = MLP(inputs: 4, hidden: [32, 32], outputs: 1, activation: activation, using: &stream)
            let x = Tensor.normal([64, 4], using: &stream).trainableCopy()
            let chosen = (0..<64).map { $0 % 3 == 0 ? Float($0 + 1) : 0 }
            let loss = (network(concatenated([x, x]).columns(0..<4)) * Tensor(chosen, shape: [64, 1])).sum()
            let leaves = network.parameters + [x]
            let found = gradients(of: loss, withRespectTo: leaves)
            let expected = gradients(of: loss, withRespectTo: leaves, createGraph: true)
            for (f, e) in zip(found, expected) {
                let scale = e.array.map(abs).max() ?? 0
                for (a, b) in zip(f.array, e.array) { #expect(abs(a - b) <= 1e-5 * scale) }
            }
        }
    }
}
