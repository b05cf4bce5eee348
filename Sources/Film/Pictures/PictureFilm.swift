import Core
import Environments
import Runs

/// Shows families that draw themselves in two dimensions (`PicturedFamily`), without OpenGL.
public struct PictureFilm: FilmMethod {
    private let registry: Registry

    /// `registry` has the families of recorded trajectories.
    public init(registry: Registry) { self.registry = registry }

    public func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) -> (any StateRecording)? {
        guard let family = family as? any PicturedFamily, let environment = environment as? any PicturedEnvironment else { return nil }
        return PictureRecording(environment, PictureScene(family: family, task: task))
    }

    public func scene(of trajectory: Trajectory, file: String) throws -> (any Scene)? {
        guard trajectory.layout.kind == .picture else { return nil }
        let source = trajectory.source
        guard let family = try source.recordedFamily(registry, file: file) as? any PicturedFamily else {
            throw GaitError.input("\(file): the family \(source.family) has no picture, but the file has the states of one")
        }
        return PictureScene(family: family, task: source.task)
    }
}

extension Trajectory.Source {
    /// The family, with the settings that it had. Throws `GaitError.input` or `ConfigurationError` naming `file` where there is no such family.
    package func recordedFamily(_ registry: Registry, file: String) throws -> any TaskFamily {
        guard registry.families.contains(where: { $0.name == family }) else {
            let known = registry.families.map(\.name)
            throw GaitError.input("\(file): " + unknownNameMessage(kind: "family", plural: "families", name: family, known: known))
        }
        return try registry.family(named: family, settings: settings(registry, file: file))
    }

    /// The recorded settings of the family, checked; nil for its defaults.
    private func settings(_ registry: Registry, file: String) throws -> ConfigurationValue? {
        guard !familySettings.isEmpty else { return nil }
        let origin = ConfigurationOrigin.file("\(file), array 'family_settings'")
        let settings = try ConfigurationValue(yaml: familySettings, origin: origin)
        try registry.familyEntry(named: family).validate(settings, origin: origin)
        return settings
    }
}

private final class PictureRecording: StateRecording {
    private let environment: any PicturedEnvironment
    let scene: any Scene
    let layout: Trajectory.Layout
    let model = ""

    init(_ environment: any PicturedEnvironment, _ scene: PictureScene) {
        self.environment = environment
        self.scene = scene
        layout = Trajectory.Layout(kind: .picture, states: environment.pictureState(0).count, of: environment.description)
    }

    func state() -> [Double] { environment.pictureState(0) }
    func substates() -> [Double] { environment.pictureState(0) }
    func velocities() -> [Double] { [] }
}

/// A family and one of its tasks.
struct PictureScene: Scene {
    let family: any PicturedFamily
    let task: TaskDescription

    func check(_ trajectory: Trajectory, file: String) throws {
        for row in 0..<trajectory.states.count / trajectory.layout.states {
            do {
                _ = try family.picture(Array(trajectory.state(row)), task: task)
            } catch let error as EnvironmentError {
                throw GaitError.input("\(file): array 'picture_states', episode \(trajectory.episode), state \(row): \(error)")
            }
        }
    }

    func drawer(size: PictureSize, among others: [any SceneDrawer]) throws -> any SceneDrawer {
        try Canvas.check(size)
        return PictureDrawer(self, size)
    }
}

/// Draws the last state before each moment: pictures do not say what is between two states.
private final class PictureDrawer: SceneDrawer {
    private let scene: PictureScene
    private let size: PictureSize

    init(_ scene: PictureScene, _ size: PictureSize) {
        self.scene = scene
        self.size = size
    }

    let drawnBy = "Gait's own rasteriser"

    func draw(
        _ trajectory: Trajectory, at moment: Trajectory.Moment, caption: Caption, into pixels: UnsafeMutableRawBufferPointer, stride: Int
    ) throws {
        let picture = try scene.family.picture(Array(trajectory.state(moment.row)), task: scene.task)
        CaptionBand(caption, size: size).drawPanel(into: pixels, stride: stride, background: picture.background) { canvas, room in
            canvas.draw(picture, in: room)
        }
    }
}
