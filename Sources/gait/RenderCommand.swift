import Agents
import ArgumentParser
import Core
import Environments
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

            A policy on a graph, such as a GFlowNet's, is shown by its flows: the probability of each move as arrows, and where it ends beside where it \
            should end. A .png has one task, a film one task after the other unless --task chooses one.
            """)

    @Argument(help: ArgumentHelp("Run directories, or episodes saved by `gait record` (.npz).", valueName: "dir"), transform: nonEmptyPath)
    var sources: [String]

    @OptionGroup var choice: PolicyOptions

    @Option(help: ArgumentHelp("File to write: a video (.mp4, .gif) or one picture of up to twelve frames (.png).", valueName: "file"))
    var out: String

    @Option(help: ArgumentHelp("Size of each policy's picture in pixels (default: 640x480).", valueName: "WxH"), transform: PictureSize.init(option:))
    var size: PictureSize?

    @Option(parsing: .unconditional, help: "Frames per second, usually 30 or 60.")
    var fps = 30

    @Option(choice: "What is shown", default: "flows where the policies act on graphs, else episodes")
    var show: Shown?

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
        if show != .episodes {
            if let drawn = try flows(source, format) { return try write(drawn, as: format) }
            if show == .flows {
                throw GaitError.usage("--show flows: runs whose policies act on a graph with a board are expected, such as those of hyper-grid")
            }
        }
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
        display.line("\(film.frames(format).count) frames drawn by \(film.drawnBy)")
        if output.json {
            Console.json(Line(film, path: out, frames: film.frames(format).count))
        } else {
            print("\(format == .png ? "picture" : "video"): \(out)")
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

/// What `render` draws of a policy.
enum Shown: String, Choosable {
    case flows, episodes
    static let kind = "picture"
}

extension RenderCommand {
    /// The flows of every chosen policy, [tasks, policies]; nil where a source has none.
    private func flows(_ source: PanelSource, _ format: VideoFormat) throws -> [[DrawnFlows]]? {
        guard !sources.contains(where: PanelSource.isRecording) else { return nil }
        let runs = try source.open(sources), opened = sources.compactMap { runs[$0] }
        guard let first = opened.first, first.family is any BoardFamily else { return nil }
        if choice.episodes != nil, show == nil { return nil }
        try choice.requirePolicies(opened)
        let set = choice.set ?? .train
        let count = opened.map { $0.configuration.tasks(set).count }.min() ?? 0
        let isWhole = choice.task == nil && format != .png && count > 0
        var pictures: [[DrawnFlows]] = []
        for task in isWhole ? Array(0..<count) : [try choice.taskIndex(first)] {
            var row: [DrawnFlows] = []
            for run in opened {
                let evaluation = Evaluation(configuration: run.configuration, family: run.family)
                let index = isWhole ? task : try choice.taskIndex(run)
                for policy in try choice.policies(run) {
                    if source.interruption.requested != nil { throw source.interrupted }
                    let drawn = try inWords {
                        try evaluation.flows(run.agent, policy, set: set, task: index, step: run.progress.steps, seed: choice.seed)
                    }
                    guard let drawn else { return nil }
                    row.append(drawn)
                }
            }
            pictures.append(row)
        }
        return pictures
    }

    /// A graph that is too large is an error of what was asked for.
    private func inWords<T>(_ body: () throws -> T) throws -> T {
        do { return try body() } catch let error as GraphError { throw GaitError.usage("\(error); --show episodes draws the walker") }
    }

    private func write(_ drawn: [[DrawnFlows]], as format: VideoFormat) throws {
        _ = try FFmpeg.require(to: "write \(out)")
        let film = try FlowFilm(drawn.map { $0.map(\.picture) }, size: size)
        try makeFolder(Self.folder(of: out))
        try film.write(to: out, as: format)
        let shown = drawn.prefix(film.pictureCount(format)).flatMap { $0 }
        if output.json {
            Console.json(FlowsLine(
                path: out, pictures: film.pictureCount(format), width: film.width, height: film.height,
                policies: shown.map { .init(policy: $0.policy, task: $0.task.name, l1: $0.l1) }, drawnBy: film.drawnBy))
        } else {
            print("flows: \(out)")
            for policy in shown { print("  \(policy.policy) policy on \(policy.task.name): L1 error \(String(format: "%.3g", policy.l1))") }
        }
    }

    private struct FlowsLine: Encodable {
        struct Policy: Encodable {
            var policy, task: String
            var l1: Double
        }
        var event = "rendered"
        var path: String
        var pictures, width, height: Int
        var policies: [Policy]
        var drawnBy: String
    }
}

extension PictureSize {
    /// What graphics memory and video formats may hold.
    private static let longestSide = 16_384

    /// `640x480`
    init(option: String) throws {
        let parts = option.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let sides = 1...Self.longestSide
        guard parts.count == 2, let width = parts[0], let height = parts[1], sides.contains(width), sides.contains(height) else {
            throw ValidationError(
                "'\(option)' is not a size; width x height in pixels expected, each at most \(Self.longestSide), for example 640x480")
        }
        self.init(width: width, height: height)
    }
}
