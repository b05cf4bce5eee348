import Core
import Foundation
import Learning
import Testing

/// Against Foundation's double precision, from the smallest to the largest arguments.
@Suite struct KernelTests {
    private static let wide: [Float] = (-2000...2000).map { Float($0) * 0.05 } + (1...400).flatMap { i -> [Float] in
        let x = Float(pow(10, Double(i) / 10 - 38))
        return x.isFinite ? [x, -x] : []
    }

    private func expectAccurate(_ name: String, _ inputs: [Float], _ found: Tensor, relative: Double = 3e-7, floor: Double = 1.2e-38,
                                _ reference: (Double) -> Double) {
        for (x, y) in zip(inputs, found.array) {
            let expected = reference(Double(x)), rounded = Float(expected)
            if rounded.isInfinite || rounded.isNaN {
                #expect(y == rounded || (y.isNaN && rounded.isNaN), "\(name)(\(x)) is \(expected), found \(y)")
            } else {
                #expect(abs(Double(y) - expected) <= relative * abs(expected) + floor, "\(name)(\(x)) is \(expected), found \(y)")
            }
        }
    }

    @Test func functionsMatchDoublePrecision() {
        let wide = KernelTests.wide, x = Tensor(wide, shape: [wide.count])
        expectAccurate("exp", wide, x.exp(), Foundation.exp)
        expectAccurate("tanh", wide, x.tanh(), Foundation.tanh)
        expectAccurate("sigmoid", wide, x.sigmoid(), floor: 1e-37) { 1 / (1 + Foundation.exp(-$0)) }
        expectAccurate("softplus", wide, x.softplus(), floor: 1e-37) { Foundation.log1p(Foundation.exp(-abs($0))) + max($0, 0) }
        expectAccurate("relu", wide, x.relu()) { max($0, 0) }
        let positive = wide.map(abs)
        expectAccurate("log", positive, Tensor(positive, shape: [positive.count]).log(), relative: 2e-7, Foundation.log)
        expectAccurate("sqrt", positive, Tensor(positive, shape: [positive.count]).sqrt(), relative: 1e-7, Foundation.sqrt)
        let angles = (-500...500).map { Float($0) * 0.02 }
        expectAccurate("sin", angles, Tensor(angles, shape: [angles.count]).sin(), floor: 1e-6, Foundation.sin)
        expectAccurate("cos", angles, Tensor(angles, shape: [angles.count]).cos(), floor: 1e-6, Foundation.cos)
        let many: [Float] = [100, 1000, -12_345.6, 1e5, 1e7, -1e9], beyond: [Float] = [1e17, -.greatestFiniteMagnitude]
        expectAccurate("sin", many, Tensor(many, shape: [many.count]).sin(), floor: 1e-6, Foundation.sin)
        expectAccurate("cos", many, Tensor(many, shape: [many.count]).cos(), floor: 1e-6, Foundation.cos)
        #expect(Tensor(beyond, shape: [2]).sin().array.allSatisfy { abs($0) <= 1 })
    }

    @Test func extremesAreWhatTheLimitsSay() {
        let x = Tensor([.infinity, -.infinity, .nan, 0, .greatestFiniteMagnitude, -.greatestFiniteMagnitude], shape: [6])
        func same(_ found: Tensor, _ expected: [Float]) -> Bool {
            zip(found.array, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
        }
        #expect(same(x.exp(), [.infinity, 0, .nan, 1, .infinity, 0]))
        #expect(same(x.tanh(), [1, -1, .nan, 0, 1, -1]))
        #expect(same(x.sigmoid(), [1, 0, .nan, 0.5, 1, 0]))
        #expect(same(x.log(), [.infinity, .nan, .nan, -.infinity, log(Float.greatestFiniteMagnitude), .nan]))
        #expect(same(x.relu(), [.infinity, 0, .nan, 0, .greatestFiniteMagnitude, 0]))
        #expect(same(x.clamped(to: -1...1), [1, -1, .nan, 0, 1, -1]))
        #expect(same(x.softplus(), [.infinity, 0, .nan, log(Float(2)), .greatestFiniteMagnitude, 0]))
        #expect(minimum(Tensor(.nan), Tensor(1)).scalar.isNaN && minimum(Tensor(1), Tensor(.nan)).scalar.isNaN)
        #expect(Tensor([1000, 1001], shape: [1, 2]).logSumExp().array[0].isFinite)
        #expect(Tensor([-.infinity, 0], shape: [1, 2]).logSoftmax().array == [-.infinity, 0])
    }

    @Test func functionsGiveTheSameAtEveryPositionAndLength() {
        // Vector bodies and scalar remainders must agree with a value computed alone.
        var stream = RandomStream(seed: 1)
        for count in [1, 7, 8, 15, 16, 17, 31, 33, 63, 100] {
            let x = Tensor.normal([count], using: &stream)
            for f in [{ (t: Tensor) in t.tanh() }, { $0.exp() }, { $0.softplus() }, { $0.sigmoid() }] {
                let alone = x.array.map { f(Tensor($0)).scalar }
                for (a, b) in zip(f(x).array, alone) { #expect(abs(a - b) <= 2e-7 * abs(b)) }
            }
        }
    }

    @Test func productsMatchPlainLoops() {
        var stream = RandomStream(seed: 2)
        for (m, n, k) in [(1, 1, 1), (1, 5, 7), (5, 1, 7), (5, 7, 1), (3, 4, 5), (17, 33, 9), (64, 48, 130), (30, 70, 600), (281, 9, 17), (300, 150, 600)] {
            for (transposeA, transposeB) in [(false, false), (true, false), (false, true), (true, true)] {
                let a = Tensor.normal(transposeA ? [k, m] : [m, k], using: &stream), b = Tensor.normal(transposeB ? [n, k] : [k, n], using: &stream)
                let x = a.array, y = b.array, found = matmul(a, b, transposeA: transposeA, transposeB: transposeB).array
                for i in 0..<m {
                    for j in 0..<n {
                        let expected = (0..<k).reduce(0.0) { sum, l in
                            sum + Double(x[transposeA ? l * m + i : i * k + l]) * Double(y[transposeB ? j * k + l : l * n + j])
                        }
                        if abs(Double(found[i * n + j]) - expected) > 2e-4 { Issue.record("[\(m), \(k)] x [\(k), \(n)] at \(i), \(j)") }
                    }
                }
            }
        }
    }

    @Test func reductionsMatchPlainLoops() {
        var stream = RandomStream(seed: 3)
        let x = Tensor.normal([37, 19], using: &stream), v = x.array
        for c in 0..<19 { #expect(abs(x.sum(axis: 0).array[c] - (0..<37).reduce(0) { $0 + v[$1 * 19 + c] }) < 1e-5) }
        for r in 0..<37 {
            #expect(abs(x.sum(axis: 1).array[r] - (0..<19).reduce(0) { $0 + v[r * 19 + $1] }) < 1e-5)
            #expect(x.max(axis: 1).array[r] == v[(r * 19)..<(r * 19 + 19)].max())
        }
        #expect(abs(x.mean().scalar - v.reduce(0, +) / Float(v.count)) < 1e-6)
        #expect(x.transposed().array[5 * 37 + 3] == v[3 * 19 + 5])
    }

    @Test func normalNumbersHaveTheirMomentsAndAStateThatSaves() throws {
        var stream = RandomStream(seed: 5)
        let x = Tensor.normal([200_000], using: &stream).array.map(Double.init)
        let mean = x.reduce(0, +) / Double(x.count)
        func moment(_ k: Double) -> Double { x.reduce(0) { $0 + pow($1 - mean, k) } / Double(x.count) }
        #expect(abs(mean) < 0.01 && abs(moment(2) - 1) < 0.02 && abs(moment(3)) < 0.03 && abs(moment(4) - 3) < 0.1)
        #expect(x.allSatisfy { $0.isFinite } && x.filter { abs($0) > 3 }.count > 400)
        var copy = try RandomStream(words: stream.words)
        #expect(Tensor.normal([77], using: &stream).array == Tensor.normal([77], using: &copy).array)
        #expect(stream == copy)
    }

    @Test func decodedStreamsAreCheckedAsRestoredOnesAre() throws {
        var stream = RandomStream(seed: 5)
        var decoded = try JSONDecoder().decode(RandomStream.self, from: JSONEncoder().encode(stream))
        #expect(stream.next() == decoded.next())
        for text in ["{\"state\": [1, 2, 3]}", "{\"state\": [0, 0, 0, 0]}"] {
            #expect(throws: StateError.self) { try JSONDecoder().decode(RandomStream.self, from: Data(text.utf8)) }
        }
    }

    @Test func uniformNumbersFillTheirRange() {
        var stream = RandomStream(seed: 6)
        let x = Tensor.uniform([10_000], in: -2...3, using: &stream).array
        #expect(x.allSatisfy { $0 >= -2 && $0 <= 3 } && x.min()! < -1.99 && x.max()! > 2.99)
        #expect(abs(x.reduce(0, +) / 10_000 - 0.5) < 0.05)
    }
}
