import Foundation

/// log of the sum of exp, without overflow; -infinity of nothing. O(n), twice through `values`.
@inlinable
public func logSumExp(_ values: some Sequence<Double>) -> Double {
    var top = -Double.infinity
    for value in values where !(value <= top) { top = value }
    guard top.isFinite else { return top }
    var sum = 0.0
    for value in values { sum += exp(value - top) }
    return top + log(sum)
}
