/// Lines over a quantity, in one or several panels, as a study found them: errors against iterations, distances against lambda.
public struct LinePlot: Sendable, Equatable, Codable {
    public struct Point: Sendable, Equatable, Codable {
        public var x, y: Double
        /// Ends of an interval around `y`.
        public var low, high: Double?

        public init(_ x: Double, _ y: Double, low: Double? = nil, high: Double? = nil) {
            (self.x, self.y, self.low, self.high) = (x, y, low, high)
        }
    }

    public struct Series: Sendable, Equatable, Codable {
        public var name: String
        public var points: [Point]
        /// A line to compare with, such as the slope that a theorem has: dashed, grey, without markers.
        public var isReference: Bool
        /// Values of x at which nothing finite was found: marked at the top of the panel.
        public var diverged: [Double]

        public init(_ name: String, _ points: [Point], isReference: Bool = false, diverged: [Double] = []) {
            self.name = name
            self.points = points
            self.isReference = isReference
            self.diverged = diverged
        }
    }

    public struct Panel: Sendable, Equatable, Codable {
        public var title: String
        public var series: [Series]

        public init(title: String, series: [Series]) {
            self.title = title
            self.series = series
        }
    }

    /// How an axis is divided.
    public enum Scale: String, Sendable, Equatable, Codable {
        case linear, logarithmic
    }

    /// Stem of its file.
    public var name: String
    public var title: String
    /// What lines and marks are, in whole sentences.
    public var caption: String
    public var xTitle: String
    public var yTitle: String
    public var xScale = Scale.linear
    public var yScale = Scale.linear
    public var panels: [Panel]

    public init(
        name: String, title: String, caption: String, xTitle: String, yTitle: String, xScale: Scale = .linear, yScale: Scale = .linear,
        panels: [Panel]
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.xScale = xScale
        self.yScale = yScale
        self.panels = panels
    }
}
