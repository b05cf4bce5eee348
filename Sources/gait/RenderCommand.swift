import Agents
import ArgumentParser
import Core
import Film
import Formats
import Foundation
import Runs

struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Films policies. No screen is needed.",
        discussion: """
            Loads each run's newest checkpoint and films the episodes that `gait evaluate` plays first. Several runs or policies are shown \
            beside each other in one picture, for example:

                gait render RUN --policy personal --policy meta --out both.mp4
            """)

    @Argument(help: ArgumentHelp("Run directories, or episodes saved by `gait record` (.npz).", valueName: "dir"))
    var sources: [String]

    @OptionGroup var choice: PolicyOptions

    @Option(help: ArgumentHelp("File to write: a video (.mp4, .gif) or one picture of twelve frames (.png).", valueName: "file"))
    var out: String

    @Option(help: ArgumentHelp("Size of each policy's picture in pixels (default: 640x480).", valueName: "WxH"), transform: PictureSize.init(option:))
    var size: PictureSize?

    @Option(parsing: .unconditional, help: "Frames per second, usually 30 or 60.")
    var fps = 30

    @OptionGroup var threading: ThreadsOption

    @OptionGroup var output: OutputOptions

    static let mostFrames = 120

    func validate() throws {
        guard (1...Self.mostFrames).contains(fps) else {
            throw ValidationError("--fps: 1 to \(Self.mostFrames) expected, found \(fps)")
        }
    }

    func run() throws {
        let format = try VideoFormat(path: out)
        let workplace = try Workplace()
        let source = try PanelSource(workplace, threads: threading.threads)
        guard let panels = try source.panels(sources, choice) else { throw source.interrupted }

        _ = try FFmpeg.require(to: "write \(out)")
        let film = try Film(panels, size: size ?? Self.standardSize, framesPerSecond: fps)
        try makeFolder(Self.folder(of: out))
        let display = ProgressDisplay()
        let began = ContinuousClock.now
        try film.write(to: out, as: format) { frame, frames in
            if source.interruption.requested != nil { throw source.interrupted }
            let seconds = began.duration(to: .now) / .seconds(1)
            let rate = frame > 0 ? String(format: ", %.0f frames/s", Double(frame) / seconds) : ""
            display.progress(fraction: Double(frame) / Double(frames), text: "frame \(frame) of \(frames)\(rate)")
        }
        display.line("\(format.chosenFrames(of: film.frameCount).count) frames drawn by \(film.drawnBy)")
        if output.json {
            Console.json(Line(film, path: out, frames: format.chosenFrames(of: film.frameCount).count))
        } else {
            print("video: \(out)")
            for panel in panels { print("  " + Self.words(panel)) }
        }
    }

    static let standardSize = PictureSize(width: 640, height: 480)

    static func folder(of path: String) -> String {
        let folder = (path as NSString).deletingLastPathComponent
        return folder.isEmpty ? "." : folder
    }

    /// `pmeta-rl, personal policy, on forward: return 670.1, 655.2`
    static func words(_ panel: Film.Panel) -> String {
        guard let source = panel.episodes.first?.source else { return "" }
        let returns = panel.episodes.map { String(format: "%.1f", $0.episodeReturn) }.joined(separator: ", ")
        return "\(source.agent), \(source.policy) policy, on \(source.task.name): return \(returns)"
    }

    private struct Line: Encodable {
        struct Policy: Encodable {
            var agent: String
            var policy: String
            var task: String
            var returns: [Double]
        }
        var event = "rendered"
        var path: String
        var frames: Int
        var seconds: Double
        var width: Int
        var height: Int
        var policies: [Policy]
        var drawnBy: String

        init(_ film: Film, path: String, frames: Int) {
            self.path = path
            self.frames = frames
            seconds = Double(film.frameCount) / Double(film.framesPerSecond)
            width = film.width
            height = film.height
            policies = film.panels.compactMap { panel in
                panel.episodes.first.map { first in
                    Policy(
                        agent: first.source.agent, policy: first.source.policy, task: first.source.task.name,
                        returns: panel.episodes.map(\.episodeReturn))
                }
            }
            drawnBy = film.drawnBy
        }
    }
}

extension PictureSize {
    /// `640x480`
    init(option: String) throws {
        let parts = option.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0 else {
            throw ValidationError("'\(option)' is not a size; width x height in pixels expected, for example 640x480")
        }
        self.init(width: width, height: height)
    }
}
