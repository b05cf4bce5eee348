import Core
import Environments
import Foundation

/// The ant, shared by the families that reward its way: a ball on four legs, 14 degrees of freedom, 8 motors.
///
/// The families are those of PEARL (Rakelly et al., 2019), whose code VariBAD's (Zintgraf et al., 2020) follows, and of ProMP (Rothfuss et
/// al., 2019).
enum Ant {
    /// Substeps of 0.01 s between two actions.
    static let frameSkip = 5
    /// Seconds between two actions.
    static let timeStep = 0.05
    static let positions = 15, velocities = 14
    /// The world, the torso, and three for each leg.
    static let bodies = 14
    /// Contact forces are clipped to plus or minus this many N or N m, and cost this much for each squared number.
    static let contactClip = 1.0
    static let contactCost = 0.0005
    /// Half width of the uniform noise on a reset's positions, standard deviation of the normal noise on its velocities.
    static let resetNoise = 0.1

    /// What the agent gets to know, and that actions are 8 numbers in -1...1.
    static func description(observationColumns: Int) -> EnvironmentDescription {
        EnvironmentDescription(
            observation: .unbounded(observationColumns), action: .box(size: 8, low: -1, high: 1), episodeLimit: 200, dynamicsVary: false,
            timeStep: timeStep)
    }

    /// Where things are in the model.
    struct Body {
        let torso: Reading
        /// The torso's free joint: x, y, z and a quaternion.
        let root: JointIndex
        /// Contact torques and forces on each body; nil where they are not observed.
        let contacts: Reading?
        let positions, velocities: Int
        let timeStep: Double

        init(_ readings: inout ModelReadings, observesContacts: Bool = false) throws {
            torso = try readings.body("torso")
            root = try readings.joint("root")
            contacts = observesContacts ? readings.table(.contactForces) : nil
            readings.readContactForces(clippedTo: contactClip)
            (positions, velocities) = (readings.positionCount, readings.velocityCount)
            timeStep = readings.timeStep
        }

        /// Writes the clipped contact forces and returns how many numbers they are.
        func observeContacts(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) -> Int {
            guard let contacts else { return 0 }
            for i in 0..<contacts.count { row[i] = max(-contactClip, min(contactClip, state[contacts][i])) }
            return contacts.count
        }
    }
}

/// An ant's task without its reward.
protocol AntTask: MuJoCoTask {
    var body: Ant.Body { get }
}

extension AntTask {
    static var frameSkip: Int { Ant.frameSkip }

    /// The noise falls on the orientation's quaternion too; MuJoCo normalises it.
    func perturb(
        _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
        using random: inout RandomStream
    ) {
        for i in positions.indices { positions[i] += random.uniform(-Ant.resetNoise, Ant.resetNoise) }
        for i in velocities.indices { velocities[i] += Ant.resetNoise * random.standardNormal() }
    }
}

/// Walking in one direction without falling over, the task of Ant-Fwd-Back and Ant-Dir.
struct AntWalk: AntTask {
    static let controlCost = 0.5
    /// Reward for each step survived.
    static let survival = 1.0
    /// Heights of the torso, m, at which an episode continues.
    static let healthyHeights = 0.2...1.0

    let body: Ant.Body
    /// The direction to walk in, a unit vector.
    let heading: (x: Double, y: Double)

    init(_ readings: inout ModelReadings, angle: Double, observesContacts: Bool = false) throws {
        body = try Ant.Body(&readings, observesContacts: observesContacts)
        heading = (cos(angle), sin(angle))
    }

    /// All positions but x and y, all velocities; contact forces where they are observed.
    var observationColumns: Int { body.positions - 2 + body.velocities + (body.contacts?.count ?? 0) }

    func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
        let x = body.root.position, y = body.root.position + 1
        var column = 0
        for i in 0..<body.positions where i != x && i != y {
            row[column] = state.qpos[i]
            column += 1
        }
        for i in 0..<body.velocities { row[column + i] = state.qvel[i] }
        _ = body.observeContacts(state, into: row + column + body.velocities)
    }

    /// Speed of the torso along the heading - 0.5 |a|^2 - 0.0005 |clipped contact forces|^2 + 1
    func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
        let vx = (after[body.torso][0] - before[body.torso][0]) / body.timeStep
        let vy = (after[body.torso][1] - before[body.torso][1]) / body.timeStep
        return vx * heading.x + vy * heading.y - Self.controlCost * squaredNorm(action) - Ant.contactCost * after.contactSquares
            + Self.survival
    }

    func isTerminal(_ state: PhysicsState) -> Bool { !Self.healthyHeights.contains(state.qpos[body.root.position + 2]) }
}
