import Core
import Environments
import Runs

/// Pictures of policies' flows: one picture as `.png`, or one after the other as a film, each with a policy in each of its panels.
public struct FlowFilm {
    /// [pictures, panels]
    public let pictures: [[Picture]]
    public let width, height: Int
    private let panelSize: PictureSize
    private let columns: Int

    /// Seconds for which a film shows each picture.
    static let secondsOfPicture = 2
    static let framesPerSecond = 10
    /// Of a panel whose size is not given, pixels.
    static let standardWidth = 1280

    public let drawnBy = "Gait's own rasteriser"

    /// `size` is each panel's; nil: as high as the widest picture needs. Throws `GaitError.usage` where it can't be drawn.
    public init(_ pictures: [[Picture]], size: PictureSize? = nil) throws {
        guard let first = pictures.first, let world = first.first?.world else { throw GaitError.usage("there are no flows to show") }
        self.pictures = pictures
        // Even numbers, as H.264 needs.
        let size = size ?? PictureSize(
            width: Self.standardWidth, height: Int((Double(Self.standardWidth) * world.height / world.width / 2).rounded(.up)) * 2)
        try Canvas.check(size)
        panelSize = size
        columns = first.count <= 2 ? 1 : 2
        width = columns * size.width
        height = (first.count + columns - 1) / columns * size.height
    }

    /// How many pictures a file of a format shows: a `.png` has the first.
    public func pictureCount(_ format: VideoFormat) -> Int { format == .png ? 1 : pictures.count }

    /// Draws picture `index` into `pixels` [height, width, 3].
    public func draw(_ index: Int, into pixels: UnsafeMutableRawBufferPointer) {
        var canvas = Canvas(pixels, width: width, height: height, stride: 3 * width)
        canvas.clear(.white)
        let margin = Double(min(panelSize.width, panelSize.height)) * 0.015
        for (panel, picture) in pictures[index].enumerated() {
            let frame = Frame(
                x: Double(panel % columns * panelSize.width), y: Double(panel / columns * panelSize.height), width: Double(panelSize.width),
                height: Double(panelSize.height))
            canvas.draw(picture, in: frame.inset(by: margin))
        }
    }

    /// Throws `GaitError` with ffmpeg's messages if it is missing or fails.
    public func write(to path: String, as format: VideoFormat) throws {
        let repeats = format == .png ? 1 : Self.secondsOfPicture * Self.framesPerSecond
        try VideoEncoder.write(
            to: path, as: format, width: width, height: height, framesPerSecond: Self.framesPerSecond
        ) { encoder in
            for index in 0..<pictureCount(format) {
                for _ in 0..<repeats { try encoder.append { draw(index, into: $0) } }
            }
        }
    }
}
