import Foundation

/// The baseline of the MAML and ProMP papers' code (Duan et al. 2016): least squares of the discounted return on
/// [s, s^2, t/100, (t/100)^2, (t/100)^3, 1], s clipped to +-10, with a ridge of 1e-5 that grows tenfold where the equations stay singular.
/// Through t it knows the time left, so it treats a time limit like a terminal state.
public struct LinearFeatureBaseline: Sendable {
    private let observationSize: Int
    private var coefficients: [Double]

    /// Predicts 0 until fitted.
    public init(observationSize: Int) {
        self.observationSize = observationSize
        coefficients = Array(repeating: 0, count: 2 * observationSize + 4)
    }

    /// Fits the discounted returns of a rollout; episodes that were cut off are left out if there are complete ones.
    public mutating func fit(_ rollout: Rollout, discount: Float) {
        let whole = rollout.segments.filter { $0.end != .cut }
        let returns = rollout.discountedReturns(discount: discount)
        let n = coefficients.count
        var normal = [Double](repeating: 0, count: n * n)  // upper triangle of the sum of x x'
        var right = [Double](repeating: 0, count: n)
        forEachRow(of: rollout, in: whole.isEmpty ? rollout.segments : whole) { row, x in
            let y = Double(returns[row])
            for i in 0..<n where x[i] != 0 {
                right[i] += x[i] * y
                for j in i..<n { normal[i * n + j] += x[i] * x[j] }
            }
        }
        var ridge = 1e-5
        for _ in 0..<10 {
            if let solution = choleskySolve(normal, right, ridge: ridge) {
                coefficients = solution
                return
            }
            ridge *= 10
        }
    }

    /// Values of every step of a rollout, [steps], and of what followed each segment, [segments].
    public func values(_ rollout: Rollout) -> (steps: [Float], finals: [Float]) {
        var values = [Float](repeating: 0, count: rollout.steps)
        forEachRow(of: rollout, in: rollout.segments) { row, x in
            var sum = 0.0
            for i in coefficients.indices { sum += coefficients[i] * x[i] }
            values[row] = Float(sum)
        }
        let finals = rollout.finalObservations.array
        var x = [Double](repeating: 0, count: coefficients.count)
        return (values, rollout.segments.enumerated().map { index, segment in
            finals.withUnsafeBufferPointer {
                writeFeatures($0.baseAddress! + index * observationSize, time: segment.rows.count, into: &x)
            }
            return Float(zip(coefficients, x).reduce(0) { $0 + $1.0 * $1.1 })
        })
    }

    private func forEachRow(
        of rollout: Rollout, in segments: [Rollout.Segment], _ body: (_ row: Int, _ features: [Double]) -> Void
    ) {
        var x = [Double](repeating: 0, count: coefficients.count)
        rollout.observations.withUnsafeBufferPointer { observations in
            guard let base = observations.baseAddress else { return }
            for segment in segments {
                for row in segment.rows {
                    writeFeatures(base + row * observationSize, time: row - segment.rows.lowerBound, into: &x)
                    body(row, x)
                }
            }
        }
    }

    private func writeFeatures(_ observation: UnsafePointer<Float>, time: Int, into x: inout [Double]) {
        let t = Double(time) / 100
        for i in 0..<observationSize {
            let s = Double(min(max(observation[i], -10), 10))
            x[i] = s
            x[observationSize + i] = s * s
        }
        (x[2 * observationSize], x[2 * observationSize + 1], x[2 * observationSize + 2]) = (t, t * t, t * t * t)
        x[2 * observationSize + 3] = 1
    }
}

/// Solves (A + ridge I) x = b for a symmetric A [n, n], of which the upper triangle is read; nil where it is not positive definite.
private func choleskySolve(_ a: [Double], _ b: [Double], ridge: Double) -> [Double]? {
    let n = b.count
    var l = [Double](repeating: 0, count: n * n)
    for j in 0..<n {
        for i in j..<n {
            var sum = a[j * n + i] + (i == j ? ridge : 0)
            for k in 0..<j { sum -= l[i * n + k] * l[j * n + k] }
            if i == j {
                guard sum > 0, sum.isFinite else { return nil }
                l[j * n + j] = sum.squareRoot()
            } else {
                l[i * n + j] = sum / l[j * n + j]
            }
        }
    }
    var x = b
    for i in 0..<n {
        for k in 0..<i { x[i] -= l[i * n + k] * x[k] }
        x[i] /= l[i * n + i]
    }
    for i in (0..<n).reversed() {
        for k in (i + 1)..<max(i + 1, n) { x[i] -= l[k * n + i] * x[k] }
        x[i] /= l[i * n + i]
    }
    return x.allSatisfy(\.isFinite) ? x : nil
}
