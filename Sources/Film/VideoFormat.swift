import Core
import Foundation

/// The format of a film, chosen by the ending of its file's name.
public enum VideoFormat: String, Sendable, CaseIterable {
    /// H.264; can be played while it is still loading.
    case mp4
    /// A looping animation with 256 colours.
    case gif
    /// One picture of frames from beginning to end.
    case png

    /// Throws `GaitError.usage`, which lists the endings.
    public init(path: String) throws {
        let ending = (path as NSString).pathExtension
        guard let format = VideoFormat(rawValue: ending.lowercased()) else {
            let known = Self.allCases.map { ".\($0.rawValue)" }.joined(separator: ", ")
            throw GaitError.usage("--out \(path): a name that ends in one of \(known) expected")
        }
        self = format
    }

    /// Frames of a contact sheet, and in a row of it.
    static let sheet = (columns: 4, rows: 3)
    /// Players show delays below 2 hundredths of a second as 10.
    static let mostGIFFrames = 50

    /// Throws `GaitError.usage` if this format does not allow such frames.
    func check(width: Int, height: Int, framesPerSecond: Int) throws {
        if self == .mp4, width % 2 != 0 || height % 2 != 0 {
            throw GaitError.usage("a video of \(width)x\(height) pixels: H.264 needs even numbers of pixels")
        }
        if self == .gif, framesPerSecond > Self.mostGIFFrames {
            throw GaitError.usage("--fps \(framesPerSecond): a GIF has at most \(Self.mostGIFFrames) frames per second")
        }
    }

    /// The numbers of the frames, of `count` in all, that are written.
    public func chosenFrames(of count: Int) -> [Int] {
        guard self == .png else { return Array(0..<count) }
        let cells = Self.sheet.columns * Self.sheet.rows
        return (0..<cells).map { min(count - 1, ($0 * 2 + 1) * count / (cells * 2)) }
    }

    /// Arguments of ffmpeg between its input and the name of the file. `isSheet`: a picture has the frames of a contact sheet, else one.
    func encoding(isSheet: Bool) -> [String] {
        switch self {
        case .mp4:
            [
                "-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-crf",
                "22", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-movflags", "+faststart", "-f", "mp4",
            ]
        case .gif:
            // The palette is taken from the first second, so that frames need not wait in memory; colours do not change later.
            [
                "-vf", "split[a][b];[a]trim=end=1,palettegen[p];[b][p]paletteuse=dither=bayer:bayer_scale=4", "-loop", "0", "-f", "gif",
            ]
        case .png:
            (isSheet ? ["-vf", "tile=\(Self.sheet.columns)x\(Self.sheet.rows):padding=4:color=white"] : [])
                + ["-frames:v", "1", "-update", "1", "-f", "image2", "-c:v", "png"]
        }
    }
}
