/// Maps of a plane, in one or several panels, as a study found them: what a policy does in each state, values over actions, trajectories.
public struct MapPlot: Sendable, Equatable, Codable {
    /// A rectangle of equal cells.
    public struct Cells: Sendable, Equatable, Codable {
        public var columns: Int
        public var rows: Int
        /// [rows, columns], row-major, the lowest row first. For a map of choices the number of the choice.
        public var values: [Double]

        public init(columns: Int, rows: Int, values: [Double]) {
            self.columns = columns
            self.rows = rows
            self.values = values
        }
    }

    /// A way through the plane.
    public struct Path: Sendable, Equatable, Codable {
        public var name: String
        /// [x, y] of each point.
        public var points: [[Double]]

        public init(_ name: String, _ points: [[Double]]) {
            self.name = name
            self.points = points
        }
    }

    public struct Circle: Sendable, Equatable, Codable {
        public var x, y, radius: Double
        /// Drawn dark: the one that is meant.
        public var isTarget: Bool

        public init(x: Double, y: Double, radius: Double, isTarget: Bool = false) {
            (self.x, self.y, self.radius, self.isTarget) = (x, y, radius, isTarget)
        }
    }

    public struct Panel: Sendable, Equatable, Codable {
        public var title: String
        public var cells: Cells?
        public var paths: [Path]
        public var circles: [Circle]

        public init(title: String, cells: Cells? = nil, paths: [Path] = [], circles: [Circle] = []) {
            self.title = title
            self.cells = cells
            self.paths = paths
            self.circles = circles
        }
    }

    /// What the numbers in `Cells` are.
    public enum Kind: Sendable, Equatable, Codable {
        /// One of so many choices, with their names.
        case choices([String])
        /// A quantity; `sharesScale` where colours mean the same in all panels.
        case quantity(String, sharesScale: Bool)
    }

    /// Stem of its file.
    public var name: String
    public var title: String
    /// What colours, lines and circles are, in whole sentences.
    public var caption: String
    public var kind: Kind
    public var xTitle: String
    public var yTitle: String
    /// [low, high]
    public var x: [Double]
    public var y: [Double]
    /// The two axes have the same unit: a circle is round.
    public var isProportional: Bool
    public var columns: Int
    public var panels: [Panel]

    public init(
        name: String, title: String, caption: String, kind: Kind, xTitle: String, yTitle: String, x: [Double], y: [Double],
        isProportional: Bool = false, columns: Int = 3, panels: [Panel]
    ) {
        self.name = name
        self.title = title
        self.caption = caption
        self.kind = kind
        self.xTitle = xTitle
        self.yTitle = yTitle
        self.x = x
        self.y = y
        self.isProportional = isProportional
        self.columns = columns
        self.panels = panels
    }
}
