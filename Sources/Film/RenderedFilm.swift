import Core
import Environments
import Runs

/// Shows environments that draw themselves (`RenderedEnvironment`), such as those of other programs. A trajectory has no states to draw then: while
/// the film is made, another environment plays the episode again.
public struct RenderedFilm: FilmMethod {
    public init() {}

    public func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) -> (any StateRecording)? {
        guard let environment = environment as? any RenderedEnvironment, environment.isRendered else { return nil }
        return RenderedRecording(environment)
    }

    /// Throws `GaitError.input` for a trajectory of such an environment: nothing tells which program it was of.
    public func scene(of trajectory: Trajectory, file: String) throws -> (any Scene)? {
        guard trajectory.layout.kind == .episode else { return nil }
        throw NotShown.recording(file: file, kind: .episode)
    }
}

private final class RenderedRecording: StateRecording {
    private let environment: any RenderedEnvironment
    let scene: any Scene
    let layout: Trajectory.Layout
    let model = ""

    init(_ environment: any RenderedEnvironment) {
        self.environment = environment
        scene = RenderedScene(environment: environment)
        layout = Trajectory.Layout(kind: .episode, states: 1, of: environment.description)
    }

    func state() -> [Double] { [Double(environment.episodeSeed(0))] }
    func substates() -> [Double] { state() }
    func velocities() -> [Double] { [] }
    func actions() -> [Float] { environment.episodeActions(0) }
}

/// An environment that draws itself.
private struct RenderedScene: Scene {
    let environment: any RenderedEnvironment

    func drawer(size: PictureSize, among others: [any SceneDrawer]) throws -> any SceneDrawer {
        try Canvas.check(size)
        return RenderedDrawer(try environment.replica(), size)
    }
}

/// Shows what the environment draws after the last step before each moment.
private final class RenderedDrawer: SceneDrawer {
    private let environment: any RenderedEnvironment
    private let size: PictureSize
    /// The last picture, which often lasts for several frames.
    private var last: (seed: UInt64, actions: [Float], image: RenderedImage)?

    init(_ environment: any RenderedEnvironment, _ size: PictureSize) {
        self.environment = environment
        self.size = size
    }

    let drawnBy = "the family itself"

    func draw(
        _ trajectory: Trajectory, at moment: Trajectory.Moment, caption: Caption, into pixels: UnsafeMutableRawBufferPointer, stride: Int
    ) throws {
        let seed = UInt64(trajectory.states[0]), actions = Array(trajectory.actions.prefix(moment.step * trajectory.layout.actions))
        if last?.seed != seed || last?.actions != actions {
            let observation = try environment.play(seed: seed, actions: actions)
            let recorded = trajectory.observations.dropFirst(moment.step * observation.count).prefix(observation.count)
            // A still picture has none.
            guard recorded.isEmpty || recorded.elementsEqual(observation) else {
                throw GaitError.failure(
                    "\(trajectory.source.family) can't be filmed: with the same seed and the same actions it plays another episode, seen after "
                        + "\(moment.step) steps. All that is random in an episode must come from the seed that `reset` gets")
            }
            last = (seed, actions, try environment.image())
        }
        CaptionBand(caption, size: size).drawPanel(into: pixels, stride: stride, background: .white) { canvas, room in
            if let last { canvas.draw(last.image, in: room) }
        }
    }
}
