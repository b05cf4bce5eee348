import Agents
import Environments

/// One way of showing environments, such as MuJoCo's robots in OpenGL or pictures in two dimensions. The executable lists those that it
/// was built with.
public protocol FilmMethod: Sendable {
    /// Records the states of `environment` (one copy), to draw them later. Nil if this method can't show such environments.
    func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) throws -> (any StateRecording)?

    /// The scene of a recorded trajectory. Nil if it was recorded by another method.
    ///
    /// - Parameter file: where the trajectory was read, for messages.
    /// - Throws: `GaitError.input` naming the file where its states do not fit the scene.
    func scene(of trajectory: Trajectory, file: String) throws -> (any Scene)?
}

/// Records the states of an environment of one copy while it is stepped.
public protocol StateRecording: AnyObject {
    var scene: any Scene { get }
    var layout: Trajectory.Layout { get }
    /// Name of the model file without its ending; empty where there is none.
    var model: String { get }

    /// The drawn state now, [state columns].
    func state() -> [Double]
    /// The drawn states of the last step, [layout.frameSkip, state columns].
    func substates() -> [Double]
    /// The velocities now, [velocity columns].
    func velocities() -> [Double]
    /// The actions of the episode so far, [action columns] each, where pictures are drawn from them, too; else empty.
    func actions() -> [Float]
}

extension StateRecording {
    public func actions() -> [Float] { [] }
}

/// What the episodes of one panel are drawn from, apart from the recorded states: a robot's model, or a family and its task.
public protocol Scene {
    /// A drawer of this scene in pictures of `size` pixels: one of `others` if it can draw this scene too, else a new one.
    /// Throws if the scene can't be drawn in this size or on this machine.
    func drawer(size: PictureSize, among others: [any SceneDrawer]) throws -> any SceneDrawer

    /// Throws `GaitError.input` naming the file unless every state of the trajectory can be drawn.
    func check(_ trajectory: Trajectory, file: String) throws
}

extension Scene {
    public func check(_ trajectory: Trajectory, file: String) throws {}
}

/// Draws recorded states of a scene. Not thread-safe.
public protocol SceneDrawer: AnyObject {
    /// Its name for messages: `EGL, llvmpipe (LLVM 15.0.6, 256 bits)`, or `Gait's rasteriser`.
    var drawnBy: String { get }

    /// Draws one moment into `pixels`: RGB, one byte each, the top row first, rows `stride` bytes apart.
    func draw(
        _ trajectory: Trajectory, at moment: Trajectory.Moment, caption: Caption, into pixels: UnsafeMutableRawBufferPointer, stride: Int
    ) throws
}

/// Lines of text in a picture's upper left corner: a label and a value each.
public struct Caption: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public var label, value: String
    }
    public var lines: [Line]

    public init(_ lines: [(label: String, value: String)]) { self.lines = lines.map { Line(label: $0.label, value: $0.value) } }
}

/// Pixels.
public struct PictureSize: Sendable, Equatable {
    public var width, height: Int
    public init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }
}

extension [any FilmMethod] {
    /// A recorder of the states of `environment`. Throws `GaitError.usage` if none of these methods can show it.
    func recording(of environment: any Environment, family: any TaskFamily, task: TaskDescription) throws -> any StateRecording {
        for method in self {
            if let recording = try method.recording(of: environment, family: family, task: task) { return recording }
        }
        throw NotShown.environment(family: family.name)
    }

    /// The scene of a recorded trajectory. Throws `GaitError` if none of these methods has one.
    func scene(of trajectory: Trajectory, file: String) throws -> any Scene {
        for method in self {
            if let scene = try method.scene(of: trajectory, file: file) { return scene }
        }
        throw NotShown.recording(file: file, kind: trajectory.layout.kind)
    }
}
