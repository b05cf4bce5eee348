import Core
import Foundation
import Learning
import Testing

@Suite struct OptimizerTests {
    /// Adam's formulas in double, one number at a time.
    private struct ReferenceAdam {
        var p: [Double], m: [Double], v: [Double], t = 0
        init(_ p: [Float]) {
            self.p = p.map(Double.init)
            m = p.map { _ in 0 }
            v = m
        }
        mutating func direction(_ g: [Float], rate: Double) -> [Double] {
            t += 1
            return g.indices.map { i in
                let g = Double(g[i])
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                return rate * (m[i] / (1 - pow(0.9, Double(t)))) / ((v[i] / (1 - pow(0.999, Double(t)))).squareRoot() + 1e-8)
            }
        }
    }

    private func expectClose(_ found: [Float], _ expected: [Double], _ tolerance: Double = 1e-6) {
        for (f, e) in zip(found, expected) { #expect(abs(Double(f) - e) < tolerance) }
    }

    @Test func adamFollowsItsFormula() {
        var stream = RandomStream(seed: 1)
        let p = Tensor.normal([37], using: &stream).trainableCopy(), optimizer = Adam([p], learningRate: 0.01)
        var reference = ReferenceAdam(p.array)
        for _ in 0..<20 {
            let g = Tensor.normal([37], using: &stream)
            optimizer.step([g])
            let step = reference.direction(g.array, rate: 0.01)
            for i in step.indices { reference.p[i] -= step[i] }
        }
        expectClose(p.array, reference.p, 1e-5)
    }

    @Test func theFusedProximalStepIsTheTwoEquations() {
        var stream = RandomStream(seed: 2)
        let p = Tensor.normal([5, 9], using: &stream).trainableCopy(), a = Tensor.normal([5, 9], using: &stream)
        let optimizer = Adam([p], learningRate: 0.01)
        var reference = ReferenceAdam(p.array), auxiliary = a.array.map(Double.init)
        for _ in 0..<10 {
            let g = Tensor.normal([5, 9], using: &stream)
            optimizer.step([g], auxiliary: [a], proximalRate: 0.015, auxiliaryRate: 0.02)
            let step = reference.direction(g.array, rate: 0.01)
            for i in step.indices {
                reference.p[i] = reference.p[i] - step[i] - 0.015 * (reference.p[i] - auxiliary[i])
                auxiliary[i] -= 0.02 * (auxiliary[i] - reference.p[i])
            }
        }
        expectClose(p.array, reference.p, 1e-5)
        expectClose(a.array, auxiliary, 1e-5)
    }

    @Test func adamResumesToTheSameBits() throws {
        var stream = RandomStream(seed: 3)
        let p = Tensor.normal([4, 3], using: &stream).trainableCopy(), g = (0..<6).map { _ in Tensor.normal([4, 3], using: &stream) }
        let optimizer = Adam([p], learningRate: 0.01)
        for i in 0..<3 { optimizer.step([g[i]]) }
        var state = StateDictionary()
        state.store(optimizer, at: "actor/adam")
        let q = p.trainableCopy(), resumed = Adam([q], learningRate: 0.01)
        try state.restore(resumed, at: "actor/adam")
        for i in 3..<6 {
            optimizer.step([g[i]])
            resumed.step([g[i]])
        }
        #expect(p.array == q.array && resumed.steps == 6)
        #expect(throws: StateError.missing("other/steps")) { try state.restore(resumed, at: "other") }
        let misshapen = Adam([Tensor.zeros([3, 4])], learningRate: 1)
        #expect(throws: StateError.self) { try state.restore(misshapen, at: "actor/adam") }
        resumed.reset()
        #expect(resumed.steps == 0)
    }

    @Test func gradientDescentAndSoftUpdateAndAverage() {
        let p = Tensor([1, 2], shape: [2]).trainableCopy()
        SGD([p], learningRate: 0.5).step([Tensor([2, -2], shape: [2])])
        #expect(p.array == [0, 3])
        let target = Tensor([4, 4], shape: [2])
        softUpdate([target], toward: [p], rate: 0.25)
        #expect(target.array == [3, 3.75])
        softUpdate([target], toward: [p], rate: 1)
        #expect(target.array == p.array)
        let meta = Tensor([10, 0], shape: [2])
        average([[Tensor([2, 0], shape: [2])], [Tensor([4, 8], shape: [2])]], into: [meta], weight: 0.5)
        #expect(meta.array == [6.5, 2])
    }

    @Test func clippingKeepsTheDirection() {
        let g = [Tensor([3, 0], shape: [2]), Tensor([0, 4], shape: [2])]
        #expect(clipGradients(g, maxNorm: 10) == 5)
        #expect(g[0].array == [3, 0])
        #expect(clipGradients(g, maxNorm: 1) == 5)
        #expect(abs(g[0].array[0] - 0.6) < 1e-5 && abs(g[1].array[1] - 0.8) < 1e-5)
    }
}
