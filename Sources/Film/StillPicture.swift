import Environments
import Runs

/// Pictures of what an environment of one copy shows now. Not thread-safe.
public final class StillPicture {
    private let recording: any StateRecording
    private let source: Trajectory.Source
    private var drawers: [any SceneDrawer] = []
    private var size: PictureSize?

    /// Throws `GaitError.usage` if none of the methods can show the environment.
    public init(of environment: any Environment, family: any TaskFamily, task: TaskDescription, methods: [any FilmMethod]) throws {
        recording = try methods.recording(of: environment, family: family, task: task)
        source = Trajectory.Source(
            family: family.name, task: task, taskSet: .train, agent: "", policy: "", step: 0, seed: 0, model: recording.model)
    }

    /// RGB, [height, width, 3], the top row first. Throws what drawing throws.
    public func draw(_ size: PictureSize) throws -> [UInt8] {
        if self.size != size {
            drawers = [try recording.scene.drawer(size: size, among: [])]
            self.size = size
        }
        var trajectory = Trajectory(source: source, layout: recording.layout, episode: 0)
        (trajectory.states, trajectory.actions) = (recording.state(), recording.actions())
        let step = trajectory.actions.count / trajectory.layout.actions
        var pixels = [UInt8](repeating: 0, count: 3 * size.width * size.height)
        let moment = Trajectory.Moment(row: 0, fraction: 0, step: step, episodeReturn: 0)
        try pixels.withUnsafeMutableBytes { bytes in
            try drawers[0].draw(trajectory, at: moment, caption: Caption([]), into: bytes, stride: 3 * size.width)
        }
        return pixels
    }
}
