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

    /// Most frames of a contact sheet, and in a row of it.
    static let mostFramesOfSheet = 12, columnsOfSheet = 4
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

    /// Those of `frames`, the numbers of the frames that differ from the ones before them, that a contact sheet has: all of them where they are
    /// few, else so many at even distances, and the last.
    static func sheet(of frames: [Int]) -> [Int] {
        guard frames.count > mostFramesOfSheet else { return frames }
        return (0..<mostFramesOfSheet).map { $0 == mostFramesOfSheet - 1
            ? frames[frames.count - 1] : frames[($0 * 2 + 1) * frames.count / (mostFramesOfSheet * 2)]
        }
    }

    /// Arguments of ffmpeg between its input and the name of the file.
    ///
    /// - Parameter sheet: how many frames a picture has, as a contact sheet where they are several.
    func encoding(sheet: Int) -> [String] {
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
            (sheet > 1 ? ["-vf", "tile=\(Self.grid(sheet)):padding=4:color=white"] : [])
                + ["-frames:v", "1", "-update", "1", "-f", "image2", "-c:v", "png"]
        }
    }

    /// Columns and rows of a sheet of so many frames: `4x3`.
    private static func grid(_ frames: Int) -> String {
        "\(min(frames, columnsOfSheet))x\((frames + columnsOfSheet - 1) / columnsOfSheet)"
    }
}
