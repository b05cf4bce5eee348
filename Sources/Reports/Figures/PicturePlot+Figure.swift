import Environments

extension PicturePlot {
    var figure: Figure { Figure(name: name, title: title, caption: caption, svg: svg) }

    private static let width = 880.0, gap = 18.0

    private var svg: String {
        let scales = pictures.map { Self.width / max($0.world.width, 1e-9) }
        let heights = zip(pictures, scales).map { $0.world.height * $1 }
        var svg = SVG(width: Self.width, height: heights.reduce(0, +) + Self.gap * Double(max(0, pictures.count - 1)))
        var top = 0.0
        for (index, picture) in pictures.enumerated() {
            svg.draw(picture, top: top, scale: scales[index])
            top += heights[index] + Self.gap
        }
        return svg.document(title: title, description: caption)
    }
}

extension SVG {
    /// Height of a capital letter of the fonts, as a share of their size.
    private static let capitalHeight = 0.72

    /// A picture whose world begins at the left edge, `scale` pixels for a unit.
    mutating func draw(_ picture: Picture, top: Double, scale: Double) {
        let world = picture.world
        func place(_ point: Picture.Point) -> (Double, Double) { ((point.x - world.minX) * scale, top + (world.maxY - point.y) * scale) }
        for element in picture.elements {
            let width = max(0.5, element.lineWidth * scale)
            func closed(_ points: [(Double, Double)]) {
                if let fill = element.fill { area(points, color: fill.hex, opacity: fill.alpha) }
                if let stroke = element.stroke, let first = points.first {
                    polyline(points + [first], color: stroke.hex, width: width, opacity: stroke.alpha)
                }
            }
            switch element.shape {
            case .line(let start, let end):
                if let stroke = element.stroke { polyline([place(start), place(end)], color: stroke.hex, width: width, opacity: stroke.alpha) }
            case .polyline(let points):
                if let stroke = element.stroke { polyline(points.map(place), color: stroke.hex, width: width, opacity: stroke.alpha) }
            case .polygon(let points): closed(points.map(place))
            case .rectangle(let box):
                let corner = place(.init(box.minX, box.maxY))
                if let fill = element.fill {
                    rectangle(
                        x: corner.0, y: corner.1, width: box.width * scale, height: box.height * scale, color: fill.hex, opacity: fill.alpha)
                }
                guard let stroke = element.stroke else { continue }
                let corners = [(box.minX, box.minY), (box.maxX, box.minY), (box.maxX, box.maxY), (box.minX, box.maxY), (box.minX, box.minY)]
                polyline(corners.map { place(.init($0.0, $0.1)) }, color: stroke.hex, width: width, opacity: stroke.alpha)
            case .circle(let center, let radius):
                if let stroke = element.stroke {
                    ring(place(center), radius: radius * scale, color: stroke.hex, width: width, fill: element.fill?.hex ?? "none")
                } else if let fill = element.fill {
                    circle(place(center), radius: radius * scale, color: fill.hex, opacity: fill.alpha)
                }
            case .text(let words, let point, let height, let anchor):
                guard let color = element.fill ?? element.stroke else { continue }
                let at = place(point), side: Anchor = switch anchor {
                case .left: .start
                case .center: .middle
                case .right: .end
                }
                text(words, at: (at.0, at.1 + height * scale / 2), size: height * scale / Self.capitalHeight, color: color.hex, anchor: side)
            case .arrow(let start, let end, let head):
                guard let stroke = element.stroke else { continue }
                area(Self.arrow(from: place(start), to: place(end), head: head * scale, width: width), color: stroke.hex, opacity: stroke.alpha)
            }
        }
    }

    /// A shaft and a triangle at its end, as one outline, so that no part is drawn twice. The head is as `Picture` is drawn in films.
    private static func arrow(from a: (Double, Double), to b: (Double, Double), head: Double, width: Double) -> [(Double, Double)] {
        let dx = b.0 - a.0, dy = b.1 - a.1, length = (dx * dx + dy * dy).squareRoot()
        guard length > 0 else { return [] }
        let head = min(max(head, 1.5 * width), length), x = dx / length, y = dy / length
        let base = (b.0 - x * head, b.1 - y * head)
        func side(_ point: (Double, Double), _ distance: Double) -> (Double, Double) { (point.0 - y * distance, point.1 + x * distance) }
        let shaft = width / 2, wing = max(head * 0.4, shaft)
        return [side(a, shaft), side(base, shaft), side(base, wing), b, side(base, -wing), side(base, -shaft), side(a, -shaft)]
    }
}

extension Picture.Color {
    /// `#28509c`; without its opacity.
    var hex: String {
        "#" + [red, green, blue].map { part in
            let byte = Int((max(0, min(1, part.isFinite ? part : 0)) * 255).rounded())
            return (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
