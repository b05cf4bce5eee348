import Core

/// A statement of a theorem and what was measured: points for a figure with two logarithmic axes, and the slopes of lines through them.
public struct TheoryClaim: Sendable, Codable, Equatable {
    /// Such as `Theorem 1`.
    public var theorem: String
    public var title: String
    /// What the theorem states, and what follows from it for the slope, in words.
    public var statement: String
    /// Axes of a figure.
    public var xTitle, yTitle: String
    public var series: [TheorySeries]
    /// Numbers that the theorem bounds.
    public var bounds: [TheoryBound] = []
    /// What the theorem's proof needs.
    public var conditions: [TheoryCondition]
    /// Where the measurement departs from the paper's text, or finds that it says more than is seen; whole sentences.
    public var remarks: [String] = []
}

/// One line of points.
public struct TheorySeries: Sendable, Codable, Equatable {
    /// As in a legend: `lambda 10`.
    public var name: String
    public var points: [TheoryPoint]
    /// The x at which the fitted line begins; it goes on to the last point.
    public var fitFrom: Double
    /// Of log y against log x, by least squares from `fitFrom` on.
    public var slope: Double
    /// What the theorem says the slope is.
    public var theorySlope: Double
    /// Why the slope may differ from the theorem's here.
    public var reason: String?

    init(_ name: String, _ points: [TheoryPoint], fitFrom: Double = 0, theorySlope: Double, reason: String? = nil) {
        self.name = name
        self.reason = reason
        self.points = points
        self.fitFrom = fitFrom
        self.theorySlope = theorySlope
        slope = LogarithmicFit(points.filter { $0.x >= fitFrom }.map { ($0.x, $0.y) }).slope
    }
}

public struct TheoryPoint: Sendable, Codable, Equatable {
    public var x, y: Double
}

/// A number that a theorem says is at most `bound`.
public struct TheoryBound: Sendable, Codable, Equatable {
    public var name: String
    public var value, bound: Double
    /// Apart from rounding in float64.
    public var holds: Bool { value <= bound * (1 + 1e-9) }

    init(_ name: String, value: Double, bound: Double) {
        self.name = name
        self.value = value
        self.bound = bound
    }
}

/// Something that a proof needs, and whether what was measured has it.
public struct TheoryCondition: Sendable, Codable, Equatable {
    /// The condition, as the paper has it.
    public var condition: String
    /// The settings of the measurement, in words.
    public var measured: String
    public var isMet: Bool
}
