import Diagnostics
import EngineDiagnostics
import Environments
import Foundation
import Locomotion
import Testing

@Suite struct PhysicsBenchmarkTests {
    /// Loose on purpose, since tests run beside each other: stepping through the environment is no multiple of the bare loop.
    @Test func steppingIsNearTheBareLoop() throws {
        let assets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("assets")
        let family = try HalfCheetahDir(assets: FamilyAssets(folder: assets))
        let results = try PhysicsBenchmark.run(families: [family], steps: 1600, turns: 3)
        #expect(results.map(\.name) == ["physics/half-cheetah-dir", "raw/half-cheetah-dir"])
        #expect(results.allSatisfy { $0.unit == "steps/s" && $0.threads == 1 && $0.value > 1000 })
        #expect(results[0].value > 0.6 * results[1].value)
    }

    /// Loose on purpose, as above.
    @Test func collectingSpendsMostOfItsTimeOnPhysics() throws {
        let assets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("assets")
        let result = try CollectionBenchmark.run(
            family: AntFwdBack(assets: FamilyAssets(folder: assets)), turns: 3)
        #expect(result.name == "collection/ant-fwd-back" && result.unit == "%" && result.threads == 1)
        #expect(result.value > 50 && result.value < 110)
    }
}
