/// The largest distance between numbers at the same place. Infinity where one of them is not a number, which `max` would pass over, where the
/// counts differ, and where there are none.
public func largestDistance<Number: BinaryFloatingPoint>(_ a: [Number], _ b: [Number]) -> Number {
    guard a.count == b.count, !a.isEmpty else { return .infinity }
    return zip(a, b).reduce(0) { largest, pair in
        let distance = abs(pair.0 - pair.1)
        return distance <= largest ? largest : distance.isNaN ? .infinity : distance
    }
}
