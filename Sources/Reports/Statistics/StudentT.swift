import Foundation

/// Student's t distribution (1908), for intervals and tests of a few seeds.
package enum StudentT {
    /// The t below which a share of the distribution lies.
    ///
    /// - Parameters:
    ///   - share: from 0.5 to 0.999.
    ///   - freedom: degrees of freedom, whole or not (Welch, 1947); less than 1 counts as 1.
    package static func quantile(_ share: Double, freedom: Double) -> Double {
        let freedom = max(freedom, 1)
        var low = 0.0, high = 1000.0
        while high - low > 1e-12 * high {
            let middle = (low + high) / 2
            if middle == low || middle == high { break }
            if cumulative(middle, freedom) < share { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// The share below t, which is not negative: 1 - I(freedom / (freedom + t^2); freedom / 2, 1/2) / 2, I being the regularized incomplete beta
    /// function (Abramowitz and Stegun, 26.7.1).
    private static func cumulative(_ t: Double, _ freedom: Double) -> Double {
        let x = freedom / (freedom + t * t)
        return 1 - incompleteBeta(x, freedom / 2, 0.5) / 2
    }

    /// I(x; a, b) by its continued fraction (Abramowitz and Stegun, 26.5.8), which converges fast below the mean, a / (a + b); above it I(x; a, b) is
    /// 1 - I(1 - x; b, a).
    private static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        if x <= 0 || x >= 1 { return x <= 0 ? 0 : 1 }
        if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
        let front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
        // 1 / (1 + d1 / (1 + d2 / (1 + ...))), from the far end.
        var fraction = 1.0
        for m in stride(from: 200, through: 1, by: -1) {
            let n = Double(m / 2)
            let d = m % 2 == 0
                ? n * (b - n) * x / ((a + 2 * n - 1) * (a + 2 * n))
                : -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1))
            fraction = 1 + d / fraction
        }
        return front / fraction
    }
}
