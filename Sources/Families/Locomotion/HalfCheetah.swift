import Core
import Environments

/// The half cheetah, shared by the families that reward its speed: 9 degrees of freedom in the plane, 6 motors, 14 kg.
///
/// The families cite the environments of PEARL (Rakelly et al., 2019) and MAML (Finn et al., 2017).
enum HalfCheetah {
    static let modelName = "half_cheetah"
    /// Substeps of 0.01 s between two actions.
    static let frameSkip = 5
    /// Seconds between two actions, as the model has it.
    static let timeStep = 0.05
    /// All positions but x, all velocities, x, y and z of the torso.
    static let observationColumns = 8 + 9 + 3
    /// Cost of a squared control.
    static let controlCost = 0.05
    /// Half width of the uniform noise on a reset's positions, standard deviation of the normal noise on its velocities.
    static let resetNoise = 0.1

    static let description = EnvironmentDescription(
        observation: .unbounded(observationColumns), action: .box(size: 6, low: -1, high: 1), episodeLimit: 200,
        dynamicsVary: false, timeStep: timeStep)

    /// Where things are in the model.
    struct Body {
        let torso: Reading
        let x: JointIndex
        let positions, velocities: Int
        let timeStep: Double

        init(_ readings: inout ModelReadings) throws {
            torso = try readings.body("torso")
            x = try readings.joint("slide x")
            (positions, velocities) = (readings.positionCount, readings.velocityCount)
            timeStep = readings.timeStep
        }

        /// m/s along x over the whole step.
        func velocity(_ before: PhysicsState, _ after: PhysicsState) -> Double {
            (after.qpos[x.position] - before.qpos[x.position]) / timeStep
        }
    }
}

/// A half cheetah's task without its reward.
protocol HalfCheetahTask: MuJoCoTask {
    var body: HalfCheetah.Body { get }
}

extension HalfCheetahTask {
    static var frameSkip: Int { HalfCheetah.frameSkip }
    var observationColumns: Int { body.positions - 1 + body.velocities + body.torso.count }

    func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
        let (x, torso) = (body.x.position, state[body.torso])
        var column = 0
        for i in 0..<body.positions where i != x {
            row[column] = state.qpos[i]
            column += 1
        }
        for i in 0..<body.velocities { row[column + i] = state.qvel[i] }
        for i in 0..<body.torso.count { row[column + body.velocities + i] = torso[i] }
    }

    func isTerminal(_ state: PhysicsState) -> Bool { false }

    func perturb(
        _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
        using random: inout RandomStream
    ) {
        for i in positions.indices { positions[i] += random.uniform(-HalfCheetah.resetNoise, HalfCheetah.resetNoise) }
        for i in velocities.indices { velocities[i] += HalfCheetah.resetNoise * random.standardNormal() }
    }
}
