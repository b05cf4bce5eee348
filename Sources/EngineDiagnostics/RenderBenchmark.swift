import Diagnostics
import Environments
import Locomotion
import MuJoCo
import Runs

/// Frames a second at 640x480 on the OpenGL that films are drawn by, beside the ceiling: a bare loop of MuJoCo's scene,
/// drawing and reading in the same process.
///
/// They run in turns, and the best turn of each counts. Time is the clock's, since OpenGL may have threads or a processor of
/// its own.
public enum RenderBenchmark {
    static let width = 640, height = 480

    /// Two lines a family, `render/FAMILY` and `render-raw/FAMILY`. The former poses the robot, writes the caption and hands
    /// rows over from the top, as a film does. Throws `EngineError.rendering` where there is no OpenGL.
    public static func run(families: [any TaskFamily], frames: Int = 10, turns: Int = 5) throws -> [BenchmarkResult] {
        try families.flatMap { family -> [BenchmarkResult] in
            guard let task = try family.tasks(.train, seed: RunRequest.standardTaskSeed).first,
                let physics = try family.makeEnvironment(task, copies: 1) as? any PhysicsEnvironment
            else { return [] }
            let renderer = try Renderer(model: physics.simulations.models[0], width: width, height: height)
            let positions = physics.positions(0)
            var picture = RenderedImage(width: width, height: height)
            var best = (film: 0.0, bare: 0.0)
            for _ in 0..<turns {
                let began = ContinuousClock.now
                for frame in 0..<frames {
                    let caption = Renderer.Caption([(family.name, task.name), ("agent", "policy"), ("step", "\(frame)"), ("return", "0")])
                    try positions.withUnsafeBufferPointer { positions in
                        try picture.pixels.withUnsafeMutableBytes { try renderer.draw(positions, caption: caption, into: $0) }
                    }
                }
                best.film = max(best.film, Double(frames) / began.duration(to: .now).seconds)
                best.bare = max(best.bare, Double(frames) / (try renderer.timeBareLoop(positions, pictures: frames)))
            }
            return [
                BenchmarkResult(name: "render/\(family.name)", threads: 1, value: best.film, unit: "frames/s"),
                BenchmarkResult(name: "render-raw/\(family.name)", threads: 1, value: best.bare, unit: "frames/s"),
            ]
        }
    }
}
