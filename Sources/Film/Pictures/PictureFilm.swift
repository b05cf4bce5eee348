import Core
import Environments
import Runs

/// Shows families that draw themselves in two dimensions (`PicturedFamily`), without OpenGL.
public struct PictureFilm: FilmMethod {
    private let registry: Registry

    /// `registry` has the families of recorded trajectories.
    public init(registry: Registry) { self.registry = registry }

    /// Seconds from one action to the next where time has no meaning, as on a grid.
    static let secondsOfTimelessStep = 0.25

    public func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) -> (any StateRecording)? {
        guard let family = family as? any PicturedFamily, let environment = environment as? any PicturedEnvironment else { return nil }
        return PictureRecording(environment, PictureScene(family: family, task: task))
    }

    public func scene(of trajectory: Trajectory, file: String) throws -> (any Scene)? {
        guard trajectory.layout.kind == .picture else { return nil }
        let source = trajectory.source
        guard registry.families.contains(where: { $0.name == source.family }) else {
            let known = registry.families.map(\.name)
            throw GaitError.input("\(file): " + unknownNameMessage(kind: "family", plural: "families", name: source.family, known: known))
        }
        let settings = try settings(source, file: file)
        guard let family = try registry.family(named: source.family, settings: settings) as? any PicturedFamily else {
            throw GaitError.input("\(file): the family \(source.family) has no picture, but the file has the states of one")
        }
        return PictureScene(family: family, task: source.task)
    }

    /// The recorded settings of the family, checked; nil for its defaults.
    private func settings(_ source: Trajectory.Source, file: String) throws -> ConfigurationValue? {
        guard !source.familySettings.isEmpty else { return nil }
        let origin = ConfigurationOrigin.file("\(file), array 'family_settings'")
        let settings = try ConfigurationValue(yaml: source.familySettings, origin: origin)
        try registry.familyEntry(named: source.family).validate(settings, origin: origin)
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
        let description = environment.description
        layout = Trajectory.Layout(
            kind: .picture, states: environment.pictureState(0).count, velocities: 0, observations: description.observation.columns,
            actions: description.action.columns, frameSkip: 1,
            timeStep: description.timeStep > 0 ? description.timeStep : PictureFilm.secondsOfTimelessStep)
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

    /// Fewest and most pixels of a side.
    static let sides = 16...4096

    /// Throws `GaitError.usage` where pictures of this size can't be drawn.
    static func check(_ size: PictureSize) throws {
        guard sides.contains(size.width), sides.contains(size.height) else {
            throw GaitError.usage(
                "a picture of \(size.width)x\(size.height) can't be drawn: \(sides.lowerBound)x\(sides.lowerBound) to "
                    + "\(sides.upperBound)x\(sides.upperBound) expected")
        }
    }

    func drawer(size: PictureSize, among others: [any SceneDrawer]) throws -> any SceneDrawer {
        try Self.check(size)
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
        var canvas = Canvas(pixels, width: size.width, height: size.height, stride: stride)
        canvas.clear(picture.background)
        let band = CaptionBand(caption, size: size)
        let margin = Double(min(size.width, size.height)) * 0.03
        canvas.draw(
            picture,
            in: Frame(x: 0, y: band.height, width: Double(size.width), height: Double(size.height) - band.height).inset(by: margin))
        band.draw(on: &canvas)
        // Panels beside each other are often white.
        let (right, bottom) = (Double(size.width), Double(size.height))
        for edge in [(0, 0, 1, bottom), (right - 1, 0, right, bottom), (0, 0, right, 1), (0, bottom - 1, right, bottom)] {
            canvas.fill([[.init(edge.0, edge.1), .init(edge.2, edge.1), .init(edge.2, edge.3), .init(edge.0, edge.3)]], CaptionBand.border)
        }
    }
}

/// A caption above a picture: the first half of its lines at the left, the others at the right.
private struct CaptionBand {
    private let caption: Caption
    private let size: PictureSize
    /// Of a capital letter, pixels.
    private let letter: Double
    let height: Double

    private static let gap = 0.9
    static let border = Picture.Color(0.83, 0.845, 0.87)
    private static let colors = (
        band: Picture.Color(0.949, 0.953, 0.961), label: Picture.Color(0.42, 0.45, 0.5), value: Picture.Color(0.1, 0.12, 0.16)
    )

    init(_ caption: Caption, size: PictureSize) {
        self.caption = caption
        self.size = size
        // As large as a film's height suggests, smaller where the panel is narrow.
        let natural = max(6, min(16, Double(size.height) * 0.0215))
        let half = (caption.lines.count + 1) / 2
        let pairs = (0..<half).map { row -> Double in
            let left = caption.lines[row], right = half + row < caption.lines.count ? caption.lines[half + row] : nil
            return Self.width(left) + (right.map { Self.width($0) + 2 } ?? 0)
        }
        let room = Double(size.width) / (max(1, pairs.max() ?? 1) + 2.4)
        letter = min(natural, room)
        height = (Double(half) * (1 + Self.gap) + Self.gap) * letter
    }

    private static func width(_ line: Caption.Line) -> Double { StrokeFont.width(line.label) + 0.7 + StrokeFont.width(line.value) }

    func draw(on canvas: inout Canvas) {
        let width = Double(size.width)
        func box(_ top: Double, _ bottom: Double) -> [Picture.Point] { [.init(0, top), .init(width, top), .init(width, bottom), .init(0, bottom)] }
        canvas.fill([box(0, height)], Self.colors.band)
        canvas.fill([box(height - 1, height)], Self.border)
        let half = (caption.lines.count + 1) / 2
        for (index, line) in caption.lines.enumerated() {
            let y = (Double(index % half) * (1 + Self.gap) + Self.gap + 0.5) * letter
            let x = index < half ? 1.2 * letter : width - (1.2 + Self.width(line)) * letter
            let value = x + (StrokeFont.width(line.label) + 0.7) * letter
            canvas.draw(line.label, at: .init(x, y), height: letter, anchor: .left, Self.colors.label)
            canvas.draw(line.value, at: .init(value, y), height: letter, anchor: .left, Self.colors.value, weight: 1.15)
        }
    }
}
