import Environments
import Runs

/// How fast films of pictures are drawn.
public enum PictureBenchmark {
    /// Frames a second at 640x480 of the first state of a family; nil for a family without pictures. Throws what the family throws.
    public static func framesPerSecond(_ family: any TaskFamily, frames: Int = 60) throws -> Double? {
        guard family is any PicturedFamily, let task = try family.tasks(.train, seed: RunRequest.standardTaskSeed).first,
            let environment = try family.makeEnvironment(task, copies: 1) as? any PicturedEnvironment
        else { return nil }
        var batch = StepBatch(copies: 1, description: environment.description)
        try environment.reset(0, into: &batch)
        let methods: [any FilmMethod] = [PictureFilm(registry: Registry(agents: [], families: []))]
        let recording = try methods.recording(of: environment, family: family, task: task)
        let source = Trajectory.Source(
            family: family.name, task: task, taskSet: .train, agent: "agent", policy: PolicyName.meta, step: 0, seed: 0, model: "")
        var trajectory = Trajectory(source: source, layout: recording.layout, episode: 0)
        trajectory.states = recording.state()
        let film = try Film(
            [Film.Panel(scene: recording.scene, episodes: [trajectory])], size: PictureSize(width: 640, height: 480), framesPerSecond: 30)
        var pixels = [UInt8](repeating: 0, count: 3 * film.width * film.height)
        let began = ContinuousClock.now
        for _ in 0..<frames { try pixels.withUnsafeMutableBytes { try film.draw(0, into: $0) } }
        return Double(frames) / (began.duration(to: .now) / .seconds(1))
    }
}
