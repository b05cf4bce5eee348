#if GAIT_MUJOCO
import Core
import Diagnostics
import EngineDiagnostics
import EngineFilm
import Environments
import Film
import Foundation
import Locomotion
import MuJoCo
import Programs
import Runs

/// What MuJoCo adds to the program. This is the only file of this target that imports it; `WithoutEngine.swift` replaces it in a build with
/// `GAIT_ENGINE=none`.
enum EngineParts {
    /// As `config.yaml` records it.
    static var version: String { Engine.version }

    /// Throws `GaitError.input` where the MuJoCo library has another version than the headers that the program was built with.
    static func requireMatchingLibrary() throws {
        guard let headers = Engine.versionOfOtherHeaders else { return }
        let library = RunningProgram.library(containing: "libmujoco").map { " (\($0))" } ?? ""
        throw GaitError.input(
            "this program was built with the headers of MuJoCo \(headers) and runs with the library of \(version)\(library): build it again "
                + "with `./gait doctor`, and with MUJOCO_ROOT for a MuJoCo that isn't Debian's")
    }

    /// The families that MuJoCo simulates.
    static let families = [
        FamilyEntry(AntDir.self, usesMuJoCo: true),
        FamilyEntry(AntFwdBack.self, usesMuJoCo: true),
        FamilyEntry(AntGoal.self, usesMuJoCo: true),
        FamilyEntry(HalfCheetahDir.self, usesMuJoCo: true),
        FamilyEntry(HalfCheetahVel.self, usesMuJoCo: true),
        FamilyEntry(HopperParams.self, usesMuJoCo: true),
        FamilyEntry(HumanoidDir.self, usesMuJoCo: true),
        FamilyEntry(Walker2DParams.self, usesMuJoCo: true),
    ]

    static let absentFamilies: [String: String] = [:]

    static func filmMethods(_ registry: Registry) -> [any FilmMethod] {
        [RobotFilm(models: ModelLibrary(folder: registry.assets.models), registry: registry)]
    }

    /// Shows policies in a window until it is closed, or `shouldStop`.
    static func view(_ source: any ViewerSource, size: PictureSize, shouldStop: () -> Bool) throws {
        try Viewer(source, size: size).run(shouldStop: shouldStop)
    }

    /// The checks of `gait verify`, by the folder of their references.
    static func verification(
        reference: URL, assets: FamilyAssets, families: [any TaskFamily]
    ) -> [(name: String, check: () -> [VerificationResult])] {
        [
            ("models", { ModelVerification.run(reference: reference, models: ModelLibrary(folder: assets.models)) }),
            ("rollouts", { RolloutVerification.run(reference: reference, families: families) }),
        ]
    }

    /// Access to a robot's state in float64; nil for other environments.
    static func precise(_ environment: any Environment) -> (any PreciseEnvironment)? {
        (environment as? any PhysicsEnvironment).map(PreciseRobot.init)
    }

    static func benchmarkPhysics(_ family: any TaskFamily) throws -> [BenchmarkResult] { try PhysicsBenchmark.run(families: [family]) }
    static func benchmarkCollecting(_ family: any TaskFamily) throws -> [BenchmarkResult] { [try CollectionBenchmark.run(family: family)] }
    static func benchmarkDrawing(_ family: any TaskFamily) throws -> [BenchmarkResult] { try RenderBenchmark.run(families: [family]) }
    static var canDraw: Bool { (try? Renderer.findOpenGL()) != nil }

    /// The exit status of the engine's errors; nil for others.
    static func exitCode(of error: any Error) -> Int32? {
        switch error {
        case is ModelLibraryError: 65
        case EngineError.simulation, EngineError.rendering: 1
        case EngineError.pictureSize: 64
        case is EngineError: 65
        default: nil
        }
    }

    /// The lines of `gait doctor` about the engine and OpenGL.
    static var findings: [Finding] {
        [
            Finding(
                name: "MuJoCo", found: Engine.versionOfOtherHeaders == nil, needed: true,
                detail: version + (RunningProgram.library(containing: "libmujoco").map { " (\($0))" } ?? "")
                    + (Engine.versionOfOtherHeaders.map { ", but the program was built with the headers of \($0): build it again" } ?? "")),
            openGL,
            .library("EGL", "libEGL.so.1", for: "films without a window, on a graphics card or the processor", package: "libegl1"),
            .library("OSMesa", "libOSMesa.so.8", "libOSMesa.so.6", for: "films without a window, on the processor", package: "libosmesa6"),
            .library("GLFW", "libglfw.so.3", for: "shows policies in a window", package: "libglfw3"),
        ]
    }

    /// Opens the OpenGL that films of robots would be drawn with.
    private static var openGL: Finding {
        do {
            return Finding(name: "OpenGL", found: true, needed: false, detail: "\(try Renderer.findOpenGL()): draws films of robots")
        } catch {
            let isOff = ProcessInfo.processInfo.environment["MUJOCO_GL"] == "off"
            return Finding(
                name: "OpenGL", found: false, needed: false, detail: "\(error)",
                remedy: isOff ? "unset MUJOCO_GL" : Finding.install("libegl1 libegl-mesa0 libgl1-mesa-dri"))
        }
    }
}

/// A robot of one copy.
private struct PreciseRobot: PreciseEnvironment {
    let physics: any PhysicsEnvironment
    var state: [Double] { physics.positions(0) + physics.velocities(0) }
    func begin(at state: [Double]) throws {
        let count = physics.positions(0).count
        try physics.setState(0, positions: Array(state[..<count]), velocities: Array(state[count...]))
    }
    func step(precise actions: [Double], into batch: inout StepBatch) throws { try physics.step(precise: actions, into: &batch) }
    var observation: [Double] { physics.observation(0) }
    var reward: Double { physics.reward(0) }
}
#endif
