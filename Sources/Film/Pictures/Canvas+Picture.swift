import Environments

/// A part of a canvas in pixels.
package struct Frame {
    package var x, y, width, height: Double

    package init(x: Double, y: Double, width: Double, height: Double) {
        (self.x, self.y, self.width, self.height) = (x, y, width, height)
    }

    package func inset(by margin: Double) -> Frame {
        Frame(x: x + margin, y: y + margin, width: max(1, width - 2 * margin), height: max(1, height - 2 * margin))
    }
}

extension Canvas {
    /// Draws a picture as large as fits into `frame`, in its middle. Shapes are drawn outside of the frame as well where they reach there.
    package mutating func draw(_ picture: Picture, in frame: Frame) {
        let world = picture.world
        guard world.width > 0, world.height > 0, world.width.isFinite, world.height.isFinite else { return }
        let scale = min(frame.width / world.width, frame.height / world.height)
        let center = world.center
        let place = Placement(scale: scale, x: frame.x + frame.width / 2 - center.x * scale, y: frame.y + frame.height / 2 + center.y * scale)
        for element in picture.elements { draw(element, place) }
    }

    /// From the world to pixels.
    private struct Placement {
        var scale, x, y: Double
        func callAsFunction(_ point: Picture.Point) -> Picture.Point { Picture.Point(x + point.x * scale, y - point.y * scale) }
    }

    private mutating func draw(_ element: Picture.Element, _ place: Placement) {
        // A line is at least as wide as can be seen.
        let width = max(1, element.lineWidth * place.scale)
        switch element.shape {
        case .line(let start, let end): stroke([place(start), place(end)], element.stroke, width)
        case .polyline(let points): stroke(points.map { place($0) }, element.stroke, width)
        case .polygon(let points): draw(points.map { place($0) }, element, width)
        case .rectangle(let rectangle):
            let corners = [
                Picture.Point(rectangle.minX, rectangle.minY), Picture.Point(rectangle.maxX, rectangle.minY),
                Picture.Point(rectangle.maxX, rectangle.maxY), Picture.Point(rectangle.minX, rectangle.maxY),
            ]
            draw(corners.map { place($0) }, element, width)
        case .circle(let center, let radius):
            let center = place(center), radius = radius * place.scale
            guard radius > 0, radius < 1e5 else { return }
            if let fill = element.fill { self.fill([Outlines.circle(center, radius: radius)], fill) }
            if let color = element.stroke {
                // A ring: the inner circle the other way round.
                let inner = Outlines.circle(center, radius: radius - width / 2)
                fill([Outlines.circle(center, radius: radius + width / 2), inner.reversed()], color)
            }
        case .text(let text, let point, let height, let anchor):
            guard let color = element.fill ?? element.stroke else { return }
            draw(text, at: place(point), height: height * place.scale, anchor: anchor, color)
        case .arrow(let start, let end, let head):
            guard let color = element.stroke else { return }
            fill(Outlines.arrow(from: place(start), to: place(end), head: head * place.scale, width: width), color)
        }
    }

    /// A closed shape.
    private mutating func draw(_ corners: [Picture.Point], _ element: Picture.Element, _ width: Double) {
        if let color = element.fill { fill([corners], color) }
        if let color = element.stroke { fill(Outlines.line(corners, width: width, isClosed: true), color) }
    }

    private mutating func stroke(_ points: [Picture.Point], _ color: Picture.Color?, _ width: Double) {
        if let color { fill(Outlines.line(points, width: width), color) }
    }

    /// One line of text, vertically centred on its point; `height` is a capital letter's, in pixels.
    package mutating func draw(
        _ text: String, at point: Picture.Point, height: Double, anchor: Picture.Anchor, _ color: Picture.Color, weight: Double = 1
    ) {
        guard height > 0.5, height < 1e4 else { return }
        let width = StrokeFont.width(text) * height
        let left: Double = switch anchor {
        case .left: point.x
        case .center: point.x - width / 2
        case .right: point.x - width
        }
        let base = point.y + height / 2
        let contours = StrokeFont.lines(text).flatMap { line in
            Outlines.line(
                line.map { Picture.Point(left + $0.x * height, base - $0.y * height) }, width: max(0.9, StrokeFont.weight * weight * height))
        }
        fill(contours, color)
    }
}
