import Core
import Environments
import Film
import Locomotion
import MuJoCo
import Runs

/// Shows what MuJoCo simulates, drawn by OpenGL.
public struct RobotFilm: FilmMethod {
    private let models: ModelLibrary
    private let registry: Registry?

    /// `models` are those that recorded trajectories name; `registry` has their families, which know where a task's goal is drawn.
    public init(models: ModelLibrary, registry: Registry? = nil) {
        self.models = models
        self.registry = registry
    }

    public func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) -> (any StateRecording)? {
        (environment as? any PhysicsEnvironment).map { RobotRecording($0) }
    }

    public func scene(of trajectory: Trajectory, file: String) throws -> (any Scene)? {
        guard trajectory.layout.kind == .physics else { return nil }
        let name = trajectory.source.model
        guard models.names.contains(name) else {
            throw GaitError.input("\(file): " + unknownNameMessage(kind: "model", name: name, known: models.names))
        }
        let model = try models.model(name)
        guard trajectory.layout.states == model.positionCount else {
            throw GaitError.input(
                "\(file): array 'substep_positions': [rows, \(model.positionCount)] expected for the model '\(name)', "
                    + "\(trajectory.layout.states) columns found")
        }
        return RobotScene(model: taskModel(of: trajectory.source, file: file, like: model) ?? model)
    }

    /// The model as a task's environment has it, with its goal; nil where the family is not known or has changed since the episode was recorded.
    private func taskModel(of source: Trajectory.Source, file: String, like model: Model) -> Model? {
        guard let registry, let family = try? source.recordedFamily(registry, file: file),
            let physics = try? family.makeEnvironment(source.task, copies: 1) as? any PhysicsEnvironment else { return nil }
        let own = physics.simulations.models[0]
        return own.path == model.path ? own : nil
    }
}

/// Records the positions at every substep, and the velocities.
private final class RobotRecording: StateRecording {
    private let physics: any PhysicsEnvironment
    let layout: Trajectory.Layout
    let model: String
    let scene: any Scene

    init(_ physics: any PhysicsEnvironment) {
        self.physics = physics
        physics.simulations.recordsSubsteps = true
        let model = physics.simulations.models[0]
        scene = RobotScene(model: model)
        self.model = String((model.path.split(separator: "/").last ?? "").prefix { $0 != "." })
        layout = Trajectory.Layout(
            kind: .physics, states: model.positionCount, velocities: model.velocityCount,
            observations: physics.description.observation.columns, actions: physics.description.action.columns,
            frameSkip: physics.frameSkip, timeStep: Double(physics.frameSkip) * model.timeStep)
    }

    func state() -> [Double] { physics.positions(0) }
    func substates() -> [Double] { Array(physics.simulations.substepPositions) }
    func velocities() -> [Double] { physics.velocities(0) }
}

/// A robot's model.
package struct RobotScene: Scene {
    package let model: Model

    package func drawer(size: PictureSize, among others: [any SceneDrawer]) throws -> any SceneDrawer {
        let same = others.lazy.compactMap { $0 as? RobotDrawer }.first { model.looksLike($0.renderer.model) }
        return try same ?? RobotDrawer(Renderer(model: model, width: size.width, height: size.height))
    }
}

extension Model {
    /// Models of one file differ only in constants that are not visible, and in the places of sites.
    fileprivate func looksLike(_ other: Model) -> Bool {
        path == other.path && ["site_pos", "site_quat"].allSatisfy { (try? values($0)) == (try? other.values($0)) }
    }
}

/// A frame may fall between two substeps of the physics and then shows interpolated positions, so that motion is smooth at any frame
/// rate.
private final class RobotDrawer: SceneDrawer {
    let renderer: Renderer

    init(_ renderer: Renderer) { self.renderer = renderer }

    var drawnBy: String { renderer.openGL }

    func draw(
        _ trajectory: Trajectory, at moment: Trajectory.Moment, caption: Caption, into pixels: UnsafeMutableRawBufferPointer, stride: Int
    ) throws {
        try trajectory.positions(moment, model: renderer.model).withUnsafeBufferPointer {
            try renderer.draw($0, caption: Renderer.Caption(caption), into: pixels, stride: stride)
        }
    }
}

extension Trajectory {
    /// Positions [nq] at one moment, between those of two substeps.
    func positions(_ moment: Moment, model: Model) -> [Double] {
        guard moment.fraction > 0 else { return Array(state(moment.row)) }
        return state(moment.row).withUnsafeBufferPointer { start in
            state(moment.row + 1).withUnsafeBufferPointer { model.positions(from: start, to: $0, fraction: moment.fraction) }
        }
    }
}

extension Renderer.Caption {
    init(_ caption: Caption) { self.init(caption.lines.map { ($0.label, $0.value) }) }
}
