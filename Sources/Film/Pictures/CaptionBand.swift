import Environments

/// A caption above a picture, the first half of its lines at the left, the others at the right; and a line around both. Without lines there is the
/// picture alone.
struct CaptionBand {
    private let caption: Caption
    private let size: PictureSize
    /// Of a capital letter, pixels.
    private let letter: Double
    private let height: Double

    private static let gap = 0.9
    private static let border = Picture.Color(0.83, 0.845, 0.87)
    private static let colors = (
        band: Picture.Color(0.949, 0.953, 0.961), label: Picture.Color(0.42, 0.45, 0.5), value: Picture.Color(0.1, 0.12, 0.16)
    )

    init(_ caption: Caption, size: PictureSize) {
        self.caption = caption
        self.size = size
        // As large as a film's height suggests, smaller where the panel is narrow.
        let natural = max(6, min(16, Double(size.height) * 0.0215))
        let half = (caption.lines.count + 1) / 2
        let pairs = (0..<half).map { row -> Double in
            let left = caption.lines[row], right = half + row < caption.lines.count ? caption.lines[half + row] : nil
            return Self.width(left) + (right.map { Self.width($0) + 2 } ?? 0)
        }
        let room = Double(size.width) / (max(1, pairs.max() ?? 1) + 2.4)
        letter = min(natural, room)
        height = half == 0 ? 0 : (Double(half) * (1 + Self.gap) + Self.gap) * letter
    }

    /// Where the picture is.
    var room: Frame {
        let margin = height == 0 ? 0 : Double(min(size.width, size.height)) * 0.03
        return Frame(x: 0, y: height, width: Double(size.width), height: Double(size.height) - height).inset(by: margin)
    }

    private static func width(_ line: Caption.Line) -> Double { StrokeFont.width(line.label) + 0.7 + StrokeFont.width(line.value) }

    /// Draws a whole panel: the background, what `content` puts into the room that it is given, and the caption.
    ///
    /// - Parameter pixels: RGB, the top row first, rows `stride` bytes apart.
    func drawPanel(
        into pixels: UnsafeMutableRawBufferPointer, stride: Int, background: Picture.Color, _ content: (inout Canvas, Frame) -> Void
    ) {
        var canvas = Canvas(pixels, width: size.width, height: size.height, stride: stride)
        canvas.clear(background)
        content(&canvas, room)
        draw(on: &canvas)
    }

    private func draw(on canvas: inout Canvas) {
        guard height > 0 else { return }
        let width = Double(size.width)
        func box(_ top: Double, _ bottom: Double) -> [Picture.Point] { [.init(0, top), .init(width, top), .init(width, bottom), .init(0, bottom)] }
        canvas.fill([box(0, height)], Self.colors.band)
        canvas.fill([box(height - 1, height)], Self.border)
        let half = (caption.lines.count + 1) / 2
        for (index, line) in caption.lines.enumerated() {
            let y = (Double(index % half) * (1 + Self.gap) + Self.gap + 0.5) * letter
            let x = index < half ? 1.2 * letter : width - (1.2 + Self.width(line)) * letter
            let value = x + (StrokeFont.width(line.label) + 0.7) * letter
            canvas.draw(line.label, at: .init(x, y), height: letter, anchor: .left, Self.colors.label)
            canvas.draw(line.value, at: .init(value, y), height: letter, anchor: .left, Self.colors.value, weight: 1.15)
        }
        // Panels beside each other are often white.
        let bottom = Double(size.height)
        for edge in [(0, 0, 1, bottom), (width - 1, 0, width, bottom), (0, 0, width, 1), (0, bottom - 1, width, bottom)] {
            canvas.fill([[.init(edge.0, edge.1), .init(edge.2, edge.1), .init(edge.2, edge.3), .init(edge.0, edge.3)]], Self.border)
        }
    }
}
