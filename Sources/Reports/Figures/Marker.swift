import Foundation

/// Shapes that tell lines apart without colour.
enum Marker: CaseIterable, Sendable {
    case circle, square, triangle, diamond, wedge, cross, plus
}

extension SVG {
    /// A marker about as large as a disc of `radius`; white inside where it is not filled. Crosses have no inside.
    mutating func marker(_ marker: Marker, at center: (Double, Double), color: String, filled: Bool = true, radius r: Double = 3.6) {
        let (x, y) = center
        let fill = filled ? color : "#ffffff", edge = filled ? "#ffffff" : color, width = filled ? 0.7 : 1.5
        func closed(_ offsets: [(Double, Double)]) {
            outline(offsets.map { (x + $0.0 * r, y + $0.1 * r) }, color: edge, width: width, fill: fill)
        }
        func strokes(_ ends: [(Double, Double)]) {
            for (a, b) in ends { line((x - a * r, y - b * r), (x + a * r, y + b * r), color: color, width: 2) }
        }
        switch marker {
        case .circle: ring(center, radius: r, color: edge, width: width, fill: fill)
        case .square: closed([(-0.95, -0.95), (0.95, -0.95), (0.95, 0.95), (-0.95, 0.95)])
        case .triangle: closed([(0, -1.3), (1.2, 0.85), (-1.2, 0.85)])
        case .wedge: closed([(0, 1.3), (1.2, -0.85), (-1.2, -0.85)])
        case .diamond: closed([(0, -1.4), (1.15, 0), (0, 1.4), (-1.15, 0)])
        case .cross: strokes([(0.9, 0.9), (0.9, -0.9)])
        case .plus: strokes([(1.2, 0), (0, 1.2)])
        }
    }
}
