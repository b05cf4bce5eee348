import Environments
import Foundation
import Runs
import TestEnvironments
import Testing
import gait

#if GAIT_MUJOCO
let hasMuJoCo = true
#else
let hasMuJoCo = false
#endif

extension Trait where Self == ConditionTrait {
    /// For tests that run robots.
    static var needsMuJoCo: Self { .enabled(if: hasMuJoCo, "robots need MuJoCo, and this build has GAIT_ENGINE=none") }
}

@Suite struct AbsentFamilyTests {
    /// A build without MuJoCo names every family that the other one has.
    @Test(.needsMuJoCo) func everyRobotIsNamedAsAbsentInABuildWithoutMuJoCo() throws {
        let robots = try Registry.standard(assets: assetsFolder.path).allFamilies().filter { String(reflecting: type(of: $0)).hasPrefix("Locomotion.") }
        let source = try String(contentsOf: packageFolder.appendingPathComponent("Sources/gait/Engine/WithoutEngine.swift"), encoding: .utf8)
        #expect(robots.count >= 4)
        for robot in robots { #expect(source.contains("\"\(robot.name)\""), "\(robot.name)") }
    }

    @Test(.disabled(if: hasMuJoCo)) func aRobotIsRefusedWithTheReason() throws {
        let place = try Place()
        let trained = try GaitProcess(training("run", steps: 400), in: place).result()
        #expect(trained.status == 64 && trained.error.contains("GAIT_ENGINE=none"), "\(trained.error)")
        let reproduced = try place.gait("reproduce", "fig4")
        #expect(reproduced.status == 65 && reproduced.error.contains("GAIT_ENGINE=none"), "\(reproduced.error)")
    }
}
