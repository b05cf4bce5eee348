#if !GAIT_MUJOCO
import Core
import Diagnostics
import Environments
import Film
import Foundation
import Programs
import Runs

/// Replaces `WithEngine.swift` in a build without MuJoCo.
enum EngineParts {
    /// As `config.yaml` records it.
    static let version = "none"

    static func requireMatchingLibrary() {}

    static let families: [FamilyEntry] = []

    /// Those that `WithEngine.swift` registers, and why they are missing here.
    static let absentFamilies = Dictionary(
        uniqueKeysWithValues: [
            "ant-dir", "ant-fwd-back", "ant-goal", "half-cheetah-dir", "half-cheetah-vel", "hopper-params", "humanoid-dir", "walker-2d-params",
        ].map {
            ($0, "it needs MuJoCo, and this program was built without it (GAIT_ENGINE=none)")
        })

    static func filmMethods(_ registry: Registry) -> [any FilmMethod] { [] }

    static func view(_ source: any ViewerSource, size: PictureSize, shouldStop: () -> Bool) throws {
        throw GaitError.usage("a window can only show robots simulated by MuJoCo, and this program was built without it; use `\(commandName) render`")
    }

    static func verification(
        reference: URL, assets: FamilyAssets, families: [any TaskFamily]
    ) -> [(name: String, check: () -> [VerificationResult])] { [] }

    static func precise(_ environment: any Environment) -> (any PreciseEnvironment)? { nil }
    static func benchmarkPhysics(_ family: any TaskFamily) throws -> [BenchmarkResult] { [] }
    static func benchmarkCollecting(_ family: any TaskFamily) throws -> [BenchmarkResult] { [] }
    static func benchmarkDrawing(_ family: any TaskFamily) throws -> [BenchmarkResult] { [] }
    static let canDraw = false

    static func exitCode(of error: any Error) -> Int32? { nil }

    static let findings = [
        Finding(
            name: "MuJoCo", found: false, needed: false, detail: "this program was built without it, so the locomotion families are not available",
            remedy: "building without GAIT_ENGINE=none"),
    ]
}
#endif
