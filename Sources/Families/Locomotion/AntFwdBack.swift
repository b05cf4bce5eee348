import Core
import Environments
import Foundation

/// Ant-Fwd-Back: a four-legged ant walks along +x or along -x. Train and test tasks are the same two.
public struct AntFwdBack: TaskFamily {
    public static let name = "ant-fwd-back"
    public static let summary = "A four-legged ant walks forward or backward without falling over."
    let models: ModelLibrary

    static let modelName = "ant"
    /// Substeps of 0.01 s between two actions.
    static let frameSkip = 5
    /// Seconds between two actions.
    static let timeStep = 0.05
    static let controlCost = 0.5
    /// Contact forces are clipped to plus or minus this many N or N m, and cost this much for each squared number.
    static let contactClip = 1.0
    static let contactCost = 0.0005
    /// Reward for each step survived.
    static let survival = 1.0
    /// Heights of the torso, m, at which an episode continues.
    static let healthyHeights = 0.2...1.0
    /// Half width of the uniform noise on a reset's positions, standard deviation of the normal noise on its velocities.
    static let resetNoise = 0.1

    public let description = EnvironmentDescription(
        observation: .unbounded(13 + 14), action: .box(size: 8, low: -1, high: 1), episodeLimit: 200,
        dynamicsVary: false, timeStep: timeStep)

    public init(settings: NoSettings, assets: FamilyAssets) { models = ModelLibrary(folder: assets.models) }

    /// `angle`: the heading in the plane, rad from +x.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        [
            TaskDescription(name: "forward", parameters: ["angle": [0]]),
            TaskDescription(name: "backward", parameters: ["angle": [Double.pi]]),
        ]
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let angle = try task.number("angle", family: name)
        return try MuJoCoEnvironment(
            model: models.model(Self.modelName), description: description, copies: copies, fingerprint: task.fingerprint(family: name)
        ) { try Walk(&$0, angle: angle) }
    }

    struct Walk: MuJoCoTask {
        static let frameSkip = AntFwdBack.frameSkip
        let torso: Reading
        /// The torso's free joint: x, y, z and a quaternion.
        let root: JointIndex
        let positions, velocities: Int
        let timeStep: Double
        /// The direction to walk in, a unit vector.
        let heading: (x: Double, y: Double)

        init(_ readings: inout ModelReadings, angle: Double) throws {
            torso = try readings.body("torso")
            root = try readings.joint("root")
            readings.readContactForces(clippedTo: contactClip)
            (positions, velocities) = (readings.positionCount, readings.velocityCount)
            timeStep = readings.timeStep
            heading = (cos(angle), sin(angle))
        }

        /// All positions but x and y, all velocities.
        var observationColumns: Int { positions - 2 + velocities }

        func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
            let x = root.position, y = root.position + 1
            var column = 0
            for i in 0..<positions where i != x && i != y {
                row[column] = state.qpos[i]
                column += 1
            }
            for i in 0..<velocities { row[column + i] = state.qvel[i] }
        }

        /// Speed of the torso along the heading - 0.5 |a|^2 - 0.0005 |clipped contact forces|^2 + 1
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            let vx = (after[torso][0] - before[torso][0]) / timeStep
            let vy = (after[torso][1] - before[torso][1]) / timeStep
            return vx * heading.x + vy * heading.y - controlCost * squaredNorm(action)
                - contactCost * after.contactSquares + survival
        }

        func isTerminal(_ state: PhysicsState) -> Bool { !healthyHeights.contains(state.qpos[root.position + 2]) }

        /// The noise falls on the orientation's quaternion too; MuJoCo normalises it.
        func perturb(
            _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
            using random: inout RandomStream
        ) {
            for i in positions.indices { positions[i] += random.uniform(-resetNoise, resetNoise) }
            for i in velocities.indices { velocities[i] += resetNoise * random.standardNormal() }
        }
    }
}
