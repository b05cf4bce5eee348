import Core
import Foundation
import MuJoCo
import Runs

/// Policies on one task beside each other, an episode of all of them after the other, in real time.
///
/// A frame falls between two substeps of the physics and shows the positions between theirs, so that motion is even at any
/// number of frames a second. Not thread-safe.
public final class Film {
    /// One policy's episodes, and the model they were simulated with.
    public struct Panel {
        public var model: Model
        public var episodes: [Trajectory]
        public init(model: Model, episodes: [Trajectory]) {
            self.model = model
            self.episodes = episodes
        }
    }

    public let panels: [Panel]
    public let framesPerSecond: Int
    /// Of the whole picture, pixels.
    public let width: Int
    public let height: Int
    /// Frames of each episode: as long as its longest panel lasts; the others stand still at their end.
    public let episodeFrames: [Int]
    public var frameCount: Int { episodeFrames.reduce(0, +) }
    /// What draws: `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`.
    public var openGL: String { renderers.values.first?.openGL ?? "none" }

    /// Below this many pixels a caption is two lines, so that it does not cover the robot.
    static let heightOfWholeCaption = 360

    /// How each panel's agent is called in its caption.
    private let names: [String]
    private let columns: Int
    private let panelSize: PictureSize
    /// One for each model file; its models differ in constants that one can't see.
    private let renderers: [String: Renderer]

    /// Opens OpenGL. `size` is each panel's. Throws `GaitError.usage` where there is nothing to show, and what `Renderer` throws.
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
        episodeFrames = (0..<episodes).map { episode in
            let seconds = panels.compactMap { episode < $0.episodes.count ? $0.episodes[episode].duration : nil }.max() ?? 0
            return max(1, Int((seconds * Double(framesPerSecond)).rounded()))
        }
        var renderers: [String: Renderer] = [:]
        for panel in panels where renderers[panel.model.path] == nil {
            renderers[panel.model.path] = try Renderer(model: panel.model, width: size.width, height: size.height)
        }
        self.renderers = renderers
    }

    /// Draws frame `index` of the whole film into `pixels` [height, width, 3].
    public func draw(_ index: Int, into pixels: UnsafeMutableRawBufferPointer) throws {
        var frame = index, episode = 0
        while frame >= episodeFrames[episode] {
            frame -= episodeFrames[episode]
            episode += 1
        }
        let stride = 3 * width
        if panels.count % columns != 0 { pixels.initializeMemory(as: UInt8.self, repeating: 0) }
        for (number, panel) in panels.enumerated() {
            let trajectory = panel.episodes[min(episode, panel.episodes.count - 1)]
            let start = number / columns * panelSize.height * stride + number % columns * panelSize.width * 3
            // What a frame shows is where its time ends, so that the last one shows the end and the whole return.
            let moment = trajectory.moment(Double(frame + 1) / Double(framesPerSecond), model: panel.model)
            guard let renderer = renderers[panel.model.path] else { continue }
            try moment.positions.withUnsafeBufferPointer {
                try renderer.draw(
                    $0, caption: caption(trajectory, moment, number), into: UnsafeMutableRawBufferPointer(rebasing: pixels[start...]),
                    stride: stride)
            }
        }
    }

    private func caption(_ trajectory: Trajectory, _ moment: Trajectory.Moment, _ panel: Int) -> Renderer.Caption {
        trajectory.caption(moment, agent: names[panel], isShort: panelSize.height < Self.heightOfWholeCaption)
    }

    /// The agents' names, with the seed where runs of one agent differ in it, with a number where they can't be told apart.
    static func names(_ panels: [Panel]) -> [String] {
        let sources = panels.map { $0.episodes.first?.source }
        return sources.enumerated().map { index, source in
            guard let source else { return "" }
            let alike = sources.indices.filter { sources[$0]?.agent == source.agent && sources[$0]?.policy == source.policy }
            let seeds = Set(alike.compactMap { sources[$0]?.seed })
            if alike.count == 1 { return source.agent }
            return source.agent + (seeds.count == alike.count ? ", seed \(source.seed)" : " #\((alike.firstIndex(of: index) ?? 0) + 1)")
        }
    }

    /// Draws and encodes the whole film; `progress` sees the frames done and those there are, and may throw to stop.
    public func write(to path: String, as format: VideoFormat, progress: (Int, Int) throws -> Void = { _, _ in }) throws {
        let frames = format.chosenFrames(of: frameCount)
        try VideoEncoder.write(to: path, as: format, width: width, height: height, framesPerSecond: framesPerSecond) { encoder in
            for (done, frame) in frames.enumerated() {
                try progress(done, frames.count)
                try encoder.append { try draw(frame, into: $0) }
            }
        }
    }
}

/// Pixels.
public struct PictureSize: Sendable, Equatable {
    public var width, height: Int
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

extension Trajectory {
    /// What a trajectory shows at one time.
    struct Moment {
        /// [nq]
        var positions: [Double]
        /// Steps that are over.
        var step: Int
        /// Their rewards.
        var episodeReturn: Double
    }

    /// At so many seconds; the end where it is over by then.
    func moment(_ seconds: Double, model: Model) -> Moment {
        let count = layout.positions
        let last = substepPositions.count / count - 1
        // A frame that falls on a substep but for rounding shows that substep.
        let place = (seconds / layout.substep * 1e6).rounded() / 1e6
        let substep = min(last, Int(place))
        let fraction = min(1, place - Double(substep))
        let over = min(steps, substep / layout.frameSkip)
        let positions = substepPositions.withUnsafeBufferPointer { all in
            func row(_ index: Int) -> UnsafeBufferPointer<Double> {
                UnsafeBufferPointer(rebasing: all[index * count..<(index + 1) * count])
            }
            return fraction > 0 && substep < last
                ? model.positions(from: row(substep), to: row(substep + 1), fraction: fraction) : Array(row(substep))
        }
        return Moment(positions: positions, step: over, episodeReturn: rewards[..<over].reduce(0, +))
    }

    /// Who does what, and how it goes.
    func caption(_ moment: Moment, agent: String, isShort: Bool = false) -> Renderer.Caption {
        let policy = source.policy == PolicyName.personal ? "personalized policy" : "meta-policy"
        let step = moment.step < steps ? "\(moment.step)" : "\(moment.step), the end"
        let sum = String(format: "%.1f", moment.episodeReturn)
        if isShort { return Renderer.Caption([(agent, policy), (source.task, sum)]) }
        return Renderer.Caption([(source.family, source.task), (agent, policy), ("step", step), ("return", sum)])
    }
}
