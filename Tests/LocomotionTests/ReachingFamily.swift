import Core
import Environments
import Foundation
import Locomotion
import MuJoCo

/// A family as somebody else would add it, with a model, a target site and a tracked body of its own and nothing changed elsewhere: a planar arm
/// of two links moves its fingertip to a target.
struct Reaching: TaskFamily {
    static let name = "reaching"
    static let summary = "A planar arm moves its fingertip to a target."
    let models: ModelLibrary

    init(settings: NoSettings, assets: FamilyAssets) { models = ModelLibrary(folder: assets.models) }

    /// The second link is a ball joint's, so that a joint's first position is not its index.
    static let xml = """
        <mujoco><option timestep="0.01" gravity="0 0 0"/>
        <worldbody>
          <site name="target" pos="0.5 0 0"/>
          <body name="buoy" pos="2 2 0"><joint name="bob" type="ball" damping="1"/><geom size="0.1"/></body>
          <body name="upper arm">
            <joint name="shoulder" axis="0 0 1" damping="0.1"/><geom type="capsule" fromto="0 0 0 0.5 0 0" size="0.02"/>
            <body name="forearm" pos="0.5 0 0">
              <joint name="elbow" axis="0 0 1" damping="0.1"/><geom type="capsule" fromto="0 0 0 0.5 0 0" size="0.02"/>
              <body name="fingertip" pos="0.5 0 0"><geom size="0.03" mass="0.01"/><site name="tip"/></body>
            </body>
          </body>
        </worldbody>
        <actuator><motor joint="shoulder" gear="1"/><motor joint="elbow" gear="0.5"/></actuator>
        <sensor><jointvel name="elbow speed" joint="elbow"/><framepos name="tip place" objtype="site" objname="tip"/></sensor>
        </mujoco>
        """

    let description = EnvironmentDescription(
        observation: .unbounded(2 + 1 + 3 + 3), action: .box(size: 2, low: -1, high: 1), episodeLimit: 50, dynamicsVary: false, timeStep: 0.02)

    func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        [TaskDescription(name: "left", parameters: ["target": [0.2, 0.6]]), TaskDescription(name: "right", parameters: ["target": [0.2, -0.6]])]
    }

    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let target = try task.numbers("target", count: 2, family: name)
        return try MuJoCoEnvironment(
            model: models.model("arm").copy(replacing: ["site_pos": target + [0, 0, 0, 0]]), description: description, copies: copies,
            fingerprint: task.fingerprint(family: name)
        ) { try Reach(&$0) }
    }

    struct Reach: MuJoCoTask {
        static let frameSkip = 2
        let fingertip, target, elbowSpeed, tip: Reading
        let shoulder, elbow: JointIndex

        init(_ readings: inout ModelReadings) throws {
            fingertip = try readings.body("fingertip")
            target = try readings.site("target")
            elbowSpeed = try readings.sensor("elbow speed")
            tip = try readings.sensor("tip place")
            shoulder = try readings.joint("shoulder")
            elbow = try readings.joint("elbow")
        }

        var observationColumns: Int { 2 + elbowSpeed.count + tip.count + target.count }

        func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
            row[0] = state.qpos[shoulder.position]
            row[1] = state.qpos[elbow.position]
            row[2] = state[elbowSpeed][0]
            for i in 0..<3 { (row[3 + i], row[6 + i]) = (state[tip][i], state[target][i]) }
        }

        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            let (finger, target) = (after[fingertip], after[target])
            return -hypot(finger[0] - target[0], finger[1] - target[1])
        }

        func isTerminal(_ state: PhysicsState) -> Bool { abs(state.qvel[elbow.velocity]) > 100 }

        func perturb(
            _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
            using random: inout RandomStream
        ) {
            positions[shoulder.position] += random.uniform(-0.1, 0.1)
        }
    }
}
