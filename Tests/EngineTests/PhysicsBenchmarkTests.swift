import Diagnostics
import EngineDiagnostics
import Environments
import Foundation
import Locomotion
import TestEnvironments
import Testing

/// That both measurements run, and on what. How fast is for `gait bench`: beside other tests a time says nothing, and once failed.
@Suite struct PhysicsBenchmarkTests {
    @Test func steppingIsMeasuredBesideTheBareLoop() throws {
        let family = try HalfCheetahDir(assets: FamilyAssets(folder: assetsFolder))
        let results = try PhysicsBenchmark.run(families: [family], steps: 1600, turns: 3)
        #expect(results.map(\.name) == ["physics/half-cheetah-dir", "raw/half-cheetah-dir"])
        #expect(results.allSatisfy { $0.unit == "steps/s" && $0.threads == 1 && $0.value > 0 && $0.value.isFinite })
    }

    @Test func thePhysicsShareOfCollectingIsMeasured() throws {
        let result = try CollectionBenchmark.run(
            family: AntFwdBack(assets: FamilyAssets(folder: assetsFolder)), turns: 3)
        #expect(result.name == "collection/ant-fwd-back" && result.unit == "%" && result.threads == 1)
        #expect(result.value > 0 && result.value.isFinite)
    }
}
