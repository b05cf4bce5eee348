/// A drawing in two dimensions: shapes in world coordinates, x to the right and y up. It does not say how large the image is; the
/// drawer fits `world` into it, keeping proportions.
///
///     var picture = Picture(world: .init(minX: -3, minY: -1, maxX: 3, maxY: 2))
///     picture.add(.line(from: .init(-3, 0), to: .init(3, 0)), stroke: .gray, lineWidth: 0.02)
///     picture.add(.circle(center: .init(0, 1), radius: 0.2), fill: .blue)
///
/// Later shapes cover earlier ones.
public struct Picture: Sendable, Equatable, Codable {
    /// The visible part of the world.
    public var world: Rectangle
    public var background: Color
    /// In the order of drawing.
    public var elements: [Element] = []

    public init(world: Rectangle, background: Color = .white) {
        self.world = world
        self.background = background
    }

    /// A place in the world.
    public struct Point: Sendable, Equatable, Codable {
        public var x, y: Double
        public init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// An upright rectangle of the world.
    public struct Rectangle: Sendable, Equatable, Codable {
        public var minX, minY, maxX, maxY: Double
        /// Empty where a maximum is not above its minimum.
        public init(minX: Double, minY: Double, maxX: Double, maxY: Double) {
            self.minX = minX
            self.minY = minY
            self.maxX = maxX
            self.maxY = maxY
        }
        public var width: Double { maxX - minX }
        public var height: Double { maxY - minY }
        public var center: Point { Point((minX + maxX) / 2, (minY + maxY) / 2) }
    }

    /// sRGB; each part in 0...1.
    public struct Color: Sendable, Equatable, Codable {
        public var red, green, blue, alpha: Double
        public init(_ red: Double, _ green: Double, _ blue: Double, alpha: Double = 1) {
            self.red = red
            self.green = green
            self.blue = blue
            self.alpha = alpha
        }
    }

    /// Where a text lies with respect to its point.
    public enum Anchor: String, Sendable, Codable {
        case left, center, right
    }

    public enum Shape: Sendable, Equatable, Codable {
        case line(from: Point, to: Point)
        case polyline([Point])
        /// Closed: the last point is joined to the first.
        case polygon([Point])
        case circle(center: Point, radius: Double)
        case rectangle(Rectangle)
        /// One line of text, `height` (of a capital letter) in world units, vertically centred on its point.
        case text(String, at: Point, height: Double, anchor: Anchor)
        /// A line with a head at its end, `head` long in world units.
        case arrow(from: Point, to: Point, head: Double)
    }

    /// One shape with its colours. A closed shape is filled with `fill` and outlined with `stroke`; a line and an arrow take `stroke`, a text
    /// takes `fill`; nil means not drawn.
    public struct Element: Sendable, Equatable, Codable {
        public var shape: Shape
        public var fill: Color?
        public var stroke: Color?
        /// In world units.
        public var lineWidth: Double
        public init(_ shape: Shape, fill: Color? = nil, stroke: Color? = nil, lineWidth: Double = 0) {
            self.shape = shape
            self.fill = fill
            self.stroke = stroke
            self.lineWidth = lineWidth
        }
    }

    /// Adds a shape on top of the others. `lineWidth` is in world units.
    public mutating func add(_ shape: Shape, fill: Color? = nil, stroke: Color? = nil, lineWidth: Double = 0) {
        elements.append(Element(shape, fill: fill, stroke: stroke, lineWidth: lineWidth))
    }
}

extension Picture.Color {
    public static let white = Picture.Color(1, 1, 1)
    public static let black = Picture.Color(0, 0, 0)
    public static let gray = Picture.Color(0.55, 0.57, 0.6)
    public static let lightGray = Picture.Color(0.88, 0.89, 0.91)
    public static let blue = Picture.Color(0.15, 0.39, 0.68)
    public static let red = Picture.Color(0.79, 0.22, 0.2)
    public static let green = Picture.Color(0.2, 0.58, 0.32)
    public static let orange = Picture.Color(0.9, 0.56, 0.13)

    /// The colour on the way from this one (0) to `other` (1). Fractions outside 0...1 count as the nearest end.
    public func mixed(with other: Picture.Color, _ fraction: Double) -> Picture.Color {
        let t = max(0, min(1, fraction))
        func between(_ a: Double, _ b: Double) -> Double { a + (b - a) * t }
        return Picture.Color(
            between(red, other.red), between(green, other.green), between(blue, other.blue), alpha: between(alpha, other.alpha))
    }
}

/// An environment whose copies can be drawn in two dimensions.
public protocol PicturedEnvironment: Environment {
    /// The numbers of one copy that a picture is drawn from; always as many. Recorded with an episode.
    func pictureState(_ copy: Int) -> [Double]
}

/// A family that can be drawn in two dimensions; its environments are `PicturedEnvironment`s.
public protocol PicturedFamily: TaskFamily {
    /// The picture of a state that an environment of `task` gave (`pictureState`). Throws `EnvironmentError` where the state or the task is
    /// not one of this family, as a damaged recording may have it.
    func picture(_ state: [Double], task: TaskDescription) throws -> Picture
}
