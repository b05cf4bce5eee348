import Foundation

/// A straight line through points in logarithms of both coordinates, by least squares: its slope is the exponent of a power law.
public struct LogarithmicFit: Sendable, Equatable {
    public let slope: Double
    /// The slope's standard error; 0 for two points.
    public let error: Double

    /// Points with a coordinate that is not above 0 have no logarithm and are left out; at least two others are needed.
    public init(_ points: [(x: Double, y: Double)]) {
        let logs = points.filter { $0.x > 0 && $0.y > 0 }.map { (x: log($0.x), y: log($0.y)) }, n = Double(logs.count)
        let x = logs.reduce(0) { $0 + $1.x } / n, y = logs.reduce(0) { $0 + $1.y } / n
        let spread = logs.reduce(0) { $0 + ($1.x - x) * ($1.x - x) }
        let slope = logs.reduce(0) { $0 + ($1.x - x) * ($1.y - y) } / spread
        let rest = logs.reduce(0) { $0 + pow($1.y - y - slope * ($1.x - x), 2) }
        self.slope = slope
        error = n > 2 ? (rest / (n - 2) / spread).squareRoot() : 0
    }
}
