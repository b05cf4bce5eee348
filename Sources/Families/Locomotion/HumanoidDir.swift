import Core
import Environments
import Foundation

/// Settings of Humanoid-Dir. The defaults are PEARL's, but for the number of tasks.
public struct HumanoidDirSettings: FamilySettings {
    /// Training tasks. PEARL has 100; ProMP and VariBAD draw new ones without end.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ. PEARL has 30.
    public var testTasks = 3
    /// Headings are drawn from 0 to this many degrees, from +x towards +y.
    public var arc = 360.0

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try Heading.check(arc: arc, tasks: trainTasks + testTasks)
    }
}

/// Humanoid-Dir: a humanoid runs in a task's own direction, anywhere in the plane.
///
/// As `humanoid_dir.py` of PEARL's and VariBAD's code; `HumanoidRandDirec2DEnv` of ProMP's draws a normal vector of length 1, which is the same
/// (its `HumanoidRandDirecEnv` has -1 and 1 alone). All three take their reward from Gym's humanoid: speed times 1.25, since the way of the
/// centre of mass in five substeps is divided by the time of one and multiplied by 0.25. Actions are scaled to the motors' range of 0.4, as in
/// all three. Gym's humanoid is observed by 376 numbers: all bodies' inertias, velocities and contact forces are among them.
public struct HumanoidDir: TaskFamily {
    public static let name = "humanoid-dir"
    public static let summary = "A humanoid runs in a given direction, anywhere in the plane, without falling over."
    let settings: HumanoidDirSettings
    let models: ModelLibrary

    static let modelName = "humanoid"
    /// Substeps of 0.003 s between two actions.
    static let frameSkip = 5
    /// Seconds between two actions.
    static let timeStep = 0.015
    /// Controls are an agent's actions, in -1...1, times this.
    static let controlScale = 0.4
    /// For the way of the centre of mass in a step, over the time of a substep.
    static let speedWeight = 0.25
    static let controlCost = 0.1
    /// For each squared number of the contact forces, up to `mostImpact`.
    static let impactCost = 0.5e-6
    static let mostImpact = 10.0
    /// Reward for each step survived.
    static let survival = 5.0
    /// Heights of the torso, m, at which an episode continues.
    static let healthyHeights = 1.0...2.0
    /// Half width of the uniform noise on a reset's positions and velocities.
    static let resetNoise = 0.01
    /// The world, and 13 links.
    static let bodies = 14

    public let description = EnvironmentDescription(
        observation: .unbounded(22 + 23 + bodies * (10 + 6) + 23 + bodies * 6), action: .box(size: 17, low: -1, high: 1), episodeLimit: 200,
        dynamicsVary: false, timeStep: timeStep)

    public init(settings: HumanoidDirSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
    }

    /// `angle`: the heading in the plane, rad from +x.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        Heading.tasks(set, train: settings.trainTasks, test: settings.testTasks, arc: settings.arc, seed: seed, family: name)
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let angle = try Heading.angle(of: task, family: name)
        return try MuJoCoEnvironment(
            model: Heading.model(models.model(Self.modelName), showing: angle), description: description, copies: copies,
            fingerprint: task.fingerprint(family: name)
        ) { try Run(&$0, angle: angle) }
    }

    struct Run: MuJoCoTask {
        static let frameSkip = HumanoidDir.frameSkip
        static let controlScale = HumanoidDir.controlScale
        /// The torso's free joint: x, y, z and a quaternion.
        let root: JointIndex
        let positions, velocities: Int
        let centers, inertias, bodyVelocities, actuatorForces, contacts: Reading
        /// Each body's share of the whole mass.
        let massShares: [Double]
        /// s
        let substep: Double
        /// The direction to run in, a unit vector.
        let heading: (x: Double, y: Double)

        init(_ readings: inout ModelReadings, angle: Double) throws {
            root = try readings.joint("root")
            (positions, velocities) = (readings.positionCount, readings.velocityCount)
            centers = readings.table(.bodyCenters)
            inertias = readings.table(.bodyInertias)
            bodyVelocities = readings.table(.bodyVelocities)
            actuatorForces = readings.table(.actuatorForces)
            contacts = readings.table(.contactForces)
            let masses = try readings.model.values("body_mass")
            let whole = masses.reduce(0, +)
            massShares = masses.map { $0 / whole }
            substep = readings.timeStep / Double(Self.frameSkip)
            heading = (cos(angle), sin(angle))
        }

        var observationColumns: Int {
            positions - 2 + velocities + inertias.count + bodyVelocities.count + actuatorForces.count + contacts.count
        }

        /// All positions but x and y, all velocities; the bodies' inertias and velocities, the motors' torques, the contact forces.
        func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
            let x = root.position, y = root.position + 1
            var column = 0
            for i in 0..<positions where i != x && i != y {
                row[column] = state.qpos[i]
                column += 1
            }
            (row + column).update(from: state.qvel, count: velocities)
            column += velocities
            for table in [inertias, bodyVelocities, actuatorForces, contacts] {
                (row + column).update(from: state[table], count: table.count)
                column += table.count
            }
        }

        /// x and y of the centre of mass, m
        private func center(_ state: PhysicsState) -> (x: Double, y: Double) {
            var (x, y) = (0.0, 0.0)
            for (body, share) in massShares.enumerated() {
                x += share * state[centers][3 * body]
                y += share * state[centers][3 * body + 1]
            }
            return (x, y)
        }

        /// 0.25 times the way along the heading over a substep's time - 0.1 |control|^2 - min(0.5e-6 |contact forces|^2, 10) + 5
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            let (start, end) = (center(before), center(after))
            let way = (end.x - start.x) * heading.x + (end.y - start.y) * heading.y
            var squares = 0.0
            for i in 0..<contacts.count { squares += after[contacts][i] * after[contacts][i] }
            return speedWeight * way / substep - controlCost * squaredNorm(action) - min(impactCost * squares, mostImpact) + survival
        }

        func isTerminal(_ state: PhysicsState) -> Bool { !healthyHeights.contains(state.qpos[root.position + 2]) }

        /// The noise falls on the orientation's quaternion too; MuJoCo normalises it.
        func perturb(
            _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
            using random: inout RandomStream
        ) {
            for i in positions.indices { positions[i] += random.uniform(-resetNoise, resetNoise) }
            for i in velocities.indices { velocities[i] += random.uniform(-resetNoise, resetNoise) }
        }
    }
}
