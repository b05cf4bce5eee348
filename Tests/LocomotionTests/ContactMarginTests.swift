import Foundation
import Locomotion
import MuJoCo
import TestEnvironments
import Testing

/// Since MuJoCo 3.5 the margins of two geoms add up, where the larger one counted before: contacts must begin where they did.
@Suite struct ContactMarginTests {
    /// Otherwise half the margins would not be exact.
    @Test func allGeomsOfAModelHaveTheSameMargin() throws {
        for name in library.names {
            let margins = try Set(library.compile(name).values("geom_margin"))
            #expect(margins.count == 1, "\(name)")
        }
    }

    @Test func marginsAreHalvedWhereTheyAreAdded() throws {
        let ant = try library.compile("ant")
        #expect(try ant.values("geom_margin").allSatisfy { $0 == 0.01 })
        #expect(try ant.withContactsAsBefore(addingMargins: true).values("geom_margin").allSatisfy { $0 == 0.005 })
        #expect(try ant.withContactsAsBefore(addingMargins: false).values("geom_margin").allSatisfy { $0 == 0.01 })
        var mixed = try ant.values("geom_margin")
        mixed[1] = 0
        #expect(try ant.copy(replacing: ["geom_margin": mixed]).withContactsAsBefore(addingMargins: true).values("geom_margin") == mixed)
    }

    /// 15 mm above a floor a ball falls freely; 5 mm above it, within its margin of 10 mm, it is pushed up already.
    @Test(arguments: [(0.015, -9.81...(-9.8)), (0.005, 11...13)])
    func aContactBeginsAtTheSameHeightOnEveryEngine(gap: Double, acceleration: ClosedRange<Double>) throws {
        let folder = try TemporaryFolder()
        try folder.write("""
            <mujoco><option timestep="0.001"/><default><geom margin="0.01" condim="1"/></default><worldbody><geom type="plane" size="1 1 1"/>
            <body pos="0 0 \(0.1 + gap)"><freejoint/><geom type="sphere" size="0.1"/></body></worldbody></mujoco>
            """, "ball.xml")
        let model = try ModelLibrary(folder: folder.url).model("ball"), batch = try SimulationBatch(model: model, count: 1)
        var readout = Readout(model: model, count: 1)
        try [Double]().withUnsafeBufferPointer { try batch.step($0, frameSkip: 1, layout: Readout.Layout(), into: &readout) }
        #expect(acceleration.contains(readout.velocities[2] / model.timeStep), "\(readout.velocities)")
    }
}
