import Core
import Foundation
import Runs

/// Policies on one task beside each other, one episode after the other, in real time.
///
/// Not thread-safe.
public final class Film {
    /// One policy's episodes, and what they are drawn from.
    public struct Panel {
        public var scene: any Scene
        public var episodes: [Trajectory]
        public init(scene: any Scene, episodes: [Trajectory]) {
            self.scene = scene
            self.episodes = episodes
        }
    }

    public let panels: [Panel]
    public let framesPerSecond: Int
    /// Of the whole picture, pixels.
    public let width: Int
    public let height: Int
    /// Frames of each episode. It lasts as long as its longest panel; the others stand still at their end.
    public let episodeFrames: [Int]
    public var frameCount: Int { episodeFrames.reduce(0, +) }
    /// What draws: `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`.
    public var drawnBy: String { drawers.first?.drawnBy ?? "nothing" }

    /// Below this many pixels a caption is two lines, so that it does not cover what is shown.
    static let heightOfWholeCaption = 360

    /// The name of each panel's agent in its caption.
    private let names: [String]
    /// Seconds of an episode that can be shown, and that a video may have: films run in real time.
    private static let longestEpisode = 100_000.0, longestVideo = 3600.0

    private static func tooLong(_ seconds: Double, _ most: Double) -> GaitError {
        .usage("an episode lasts \(seconds) seconds, and a film runs in real time; at most \(Int(most)) seconds expected")
    }

    private let columns: Int
    private let panelSize: PictureSize
    /// One for each panel; panels may share one.
    private let drawers: [any SceneDrawer]

    /// `size` is each panel's. Throws `GaitError.usage` if there is nothing to show, and what the scenes' drawers throw.
    public init(_ panels: [Panel], size: PictureSize, framesPerSecond: Int) throws {
        let episodes = panels.map(\.episodes.count).max() ?? 0
        guard episodes > 0 else { throw GaitError.usage("there is no episode to show") }
        self.panels = panels
        self.framesPerSecond = framesPerSecond
        names = Self.names(panels)
        panelSize = size
        columns = panels.count <= 3 ? panels.count : Int(Double(panels.count).squareRoot().rounded(.up))
        width = columns * size.width
        height = (panels.count + columns - 1) / columns * size.height
        episodeFrames = try (0..<episodes).map { episode in
            let seconds = panels.compactMap { episode < $0.episodes.count ? $0.episodes[episode].filmDuration : nil }.max() ?? 0
            guard seconds <= Self.longestEpisode else { throw Self.tooLong(seconds, Self.longestEpisode) }
            // Rounded up, or the last frame would show a moment before the end.
            return max(1, Int((seconds * Double(framesPerSecond) - 1e-6).rounded(.up)))
        }
        var drawers: [any SceneDrawer] = []
        for panel in panels { drawers.append(try panel.scene.drawer(size: size, among: drawers)) }
        self.drawers = drawers
    }

    /// The episode that frame `index` of the whole film belongs to, and its number in it.
    private func place(_ index: Int) -> (episode: Int, frame: Int) {
        var frame = index, episode = 0
        while frame >= episodeFrames[episode] {
            frame -= episodeFrames[episode]
            episode += 1
        }
        return (episode, frame)
    }

    /// A frame shows the end of its time, so that the last one shows the end of the episode and the whole return.
    private func moment(_ trajectory: Trajectory, _ frame: Int, withReturn: Bool = true) -> Trajectory.Moment {
        trajectory.moment(Double(frame + 1) / Double(framesPerSecond), withReturn: withReturn)
    }

    /// The numbers of the frames that a file of a format has: of a `.png` at most twelve, none of which shows the same as another.
    public func frames(_ format: VideoFormat) -> [Int] {
        guard format == .png else { return Array(0..<frameCount) }
        var different: [Int] = [], last: (episode: Int, moments: [Trajectory.Moment])?
        for index in 0..<frameCount {
            let (episode, frame) = place(index)
            let moments = panels.map { panel in
                let trajectory = panel.episodes[min(episode, panel.episodes.count - 1)]
                var moment = moment(trajectory, frame, withReturn: false)  // the return is a matter of the step
                // Pictures say nothing of what is between two states.
                if trajectory.layout.kind != .physics { moment.fraction = 0 }
                return moment
            }
            if let last, last.episode == episode, last.moments == moments { continue }
            last = (episode, moments)
            different.append(index)
        }
        return VideoFormat.sheet(of: different)
    }

    /// Draws frame `index` of the whole film into `pixels` [height, width, 3].
    public func draw(_ index: Int, into pixels: UnsafeMutableRawBufferPointer) throws {
        let (episode, frame) = place(index)
        let stride = 3 * width
        if panels.count % columns != 0 { pixels.initializeMemory(as: UInt8.self, repeating: 0) }
        for (number, panel) in panels.enumerated() {
            let trajectory = panel.episodes[min(episode, panel.episodes.count - 1)]
            let start = number / columns * panelSize.height * stride + number % columns * panelSize.width * 3
            let moment = moment(trajectory, frame)
            let caption = trajectory.caption(moment, agent: names[number], isShort: panelSize.height < Self.heightOfWholeCaption)
            try drawers[number].draw(
                trajectory, at: moment, caption: caption, into: UnsafeMutableRawBufferPointer(rebasing: pixels[start...]), stride: stride)
        }
    }

    /// The agents' names, with the seed if runs of one agent differ in it, else with a number if they have the same name.
    public static func names(_ panels: [Panel]) -> [String] {
        let sources = panels.map { $0.episodes.first?.source }
        return sources.enumerated().map { index, source in
            guard let source else { return "" }
            let alike = sources.indices.filter { sources[$0]?.agent == source.agent && sources[$0]?.policy == source.policy }
            let seeds = Set(alike.compactMap { sources[$0]?.seed })
            if alike.count == 1 { return source.agent }
            return source.agent + (seeds.count == alike.count ? ", seed \(source.seed)" : " #\((alike.firstIndex(of: index) ?? 0) + 1)")
        }
    }

    /// Draws and encodes the whole film; `progress` gets the number of frames done and of all frames, and may throw to stop. Throws
    /// `GaitError.usage` for a video with an episode of more than an hour.
    public func write(to path: String, as format: VideoFormat, progress: (Int, Int) throws -> Void = { _, _ in }) throws {
        let seconds = Double(episodeFrames.max() ?? 0) / Double(framesPerSecond)
        if format != .png, seconds > Self.longestVideo { throw Self.tooLong(seconds, Self.longestVideo) }
        let frames = frames(format)
        var done = 0
        func check() throws { try progress(done, frames.count) }
        try VideoEncoder.write(
            to: path, as: format, width: width, height: height, framesPerSecond: framesPerSecond, sheet: frames.count, check: check
        ) { encoder in
            for frame in frames {
                try encoder.append(check: check) { try draw(frame, into: $0) }
                done += 1
            }
        }
    }
}
