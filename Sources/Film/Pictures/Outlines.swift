import Environments
import Foundation

/// Contours of lines, circles and arrows, all of one orientation so that overlapping parts count once. Coordinates and widths are pixels.
enum Outlines {
    typealias Point = Picture.Point

    /// A circle as a polygon that is nowhere further than 0.05 pixels from it.
    static func circle(_ center: Point, radius: Double) -> [Point] {
        guard radius > 0 else { return [] }
        let corners = max(8, min(400, Int((Double.pi / acos(max(-1, 1 - 0.05 / max(radius, 0.1)))).rounded(.up))))
        return (0..<corners).map { corner in
            let angle = -2 * Double.pi * Double(corner) / Double(corners)
            return Point(center.x + radius * cos(angle), center.y + radius * sin(angle))
        }
    }

    /// A line through points with round ends and joints.
    static func line(_ points: [Point], width: Double, isClosed: Bool = false) -> [[Point]] {
        guard let first = points.first else { return [] }
        let ends = isClosed ? points + [first] : points
        var contours: [[Point]] = []
        for (a, b) in zip(ends, ends.dropFirst()) {
            let dx = b.x - a.x, dy = b.y - a.y, length = (dx * dx + dy * dy).squareRoot()
            guard length > 0 else { continue }
            let nx = -dy / length * width / 2, ny = dx / length * width / 2
            contours.append([Point(a.x + nx, a.y + ny), Point(b.x + nx, b.y + ny), Point(b.x - nx, b.y - ny), Point(a.x - nx, a.y - ny)])
        }
        // Joints of hairlines cannot be seen, and their edges would only blur; nor can those of thin lines that hardly turn.
        guard width > 1.2 || contours.isEmpty else { return contours }
        for (index, point) in points.enumerated() {
            let hasBoth = isClosed || (index > 0 && index < points.count - 1)
            let before = points[(index + points.count - 1) % points.count], after = points[(index + 1) % points.count]
            if hasBoth, width < 4, isNearlyStraight(before, point, after) { continue }
            contours.append(circle(point, radius: width / 2))
        }
        return contours
    }

    /// Whether the way from `a` by `b` to `c` turns by less than 30 degrees.
    private static func isNearlyStraight(_ a: Point, _ b: Point, _ c: Point) -> Bool {
        let (ux, uy, vx, vy) = (b.x - a.x, b.y - a.y, c.x - b.x, c.y - b.y)
        return ux * vx + uy * vy > 0.866 * ((ux * ux + uy * uy) * (vx * vx + vy * vy)).squareRoot()
    }

    /// A line with a triangle at its end.
    static func arrow(from start: Point, to end: Point, head: Double, width: Double) -> [[Point]] {
        let dx = end.x - start.x, dy = end.y - start.y, length = (dx * dx + dy * dy).squareRoot()
        guard length > 0 else { return [] }
        let head = min(max(head, 1.5 * width), length), half = head * 0.4
        let x = dx / length, y = dy / length
        let base = Point(end.x - x * head, end.y - y * head)
        let triangle = [end, Point(base.x + y * half, base.y - x * half), Point(base.x - y * half, base.y + x * half)]
        let shaft = length > head ? line([start, Point(base.x + x, base.y + y)], width: width) : []
        return shaft + [triangle]
    }
}
