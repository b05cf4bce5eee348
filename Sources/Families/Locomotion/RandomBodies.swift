import Core
import Environments
import Foundation
import MuJoCo

/// Bodies of one robot that differ in masses, inertias, damping and friction, as in `rand_param_envs` (Lee, Clavera and Rothfuss): what the tasks
/// of Walker-2D-Params and Hopper-Params are.
struct RandomBodies {
    /// What varies: MuJoCo's name of an array, how many numbers the model has there, and the base of the multipliers'
    /// logarithmic range: base^U(-limit, limit).
    let varied: [(array: String, count: Int, base: Double)]

    init(bodies: Int, degreesOfFreedom: Int, geoms: Int) {
        varied = [
            ("body_mass", bodies, 1.5), ("body_inertia", bodies * 3, 1.5), ("dof_damping", degreesOfFreedom, 1.3),
            ("geom_friction", geoms * 3, 1.5),
        ]
    }

    /// Tasks are multipliers (`body_mass_multiplier` and so on), all drawn independently.
    func tasks(_ set: TaskSet, train: Int, test: Int, limit: Double, seed: UInt64, family: String) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: family)
        let drawn = (0..<train + test).map { _ -> [String: [Double]] in
            var parameters: [String: [Double]] = [:]
            for (array, count, base) in varied {
                parameters[Self.multiplierKey(array)] = (0..<count).map { _ in pow(base, generator.uniform(-limit, limit)) }
            }
            return parameters
        }
        let chosen = set == .train ? drawn.prefix(train) : drawn.suffix(test)
        // Numbered through both sets: with ten training tasks, params-10 is the first test task.
        return zip(chosen.indices, chosen).map { TaskDescription(name: String(format: "params-%02d", $0), parameters: $1) }
    }

    static func multiplierKey(_ array: String) -> String { "\(array)_multiplier" }

    /// The body of a task. Each varied array is given by its multipliers (`body_mass_multiplier`) or by its values (`body_mass`).
    func model(_ task: TaskDescription, of base: Model, family: String) throws -> Model {
        try task.checkKeys(varied.flatMap { [Self.multiplierKey($0.array), $0.array] }, family: family)
        var arrays: [String: [Double]] = [:]
        for (array, count, _) in varied {
            if task.parameters[array] != nil {
                arrays[array] = try task.numbers(array, count: count, family: family)
            } else {
                let multipliers = try task.numbers(Self.multiplierKey(array), count: count, family: family)
                let compiled = try base.values(array)
                guard compiled.count == count else {
                    throw EnvironmentError.wrongModel(
                        path: base.path, expected: "\(count)", found: "\(compiled.count) numbers in \(array)")
                }
                arrays[array] = zip(compiled, multipliers).map { $0 * $1 }
            }
            if let value = arrays[array]?.first(where: { $0 < 0 }) {
                throw EnvironmentError.wrongValue(key: array, family: family, value: value, expected: "no negative number")
            }
        }
        return try base.copy(replacing: arrays)
    }
}

/// Going forward on legs in a plane, the task of Walker-2D-Params and Hopper-Params.
struct PlanarWalk: MuJoCoTask {
    static let frameSkip = 4
    /// Seconds between two actions, with the models' substeps of 0.004 s.
    static let timeStep = 0.016
    static let controlCost = 0.001
    /// Reward for each step survived.
    static let survival = 1.0
    /// Observed velocities are clipped to plus or minus this.
    static let velocityClip = 10.0
    /// Half width of the uniform noise on a reset's positions and velocities.
    static let resetNoise = 0.005

    /// Heights (m) and pitches (rad) of the torso within which, without the bounds, an episode continues, and what all other positions and
    /// all velocities must stay below.
    struct Health {
        var height: (low: Double, high: Double)
        var pitch: (low: Double, high: Double)
        var rest = Double.infinity
    }

    let health: Health
    let x, z, pitch: JointIndex
    let positions, velocities: Int
    let timeStep: Double

    init(_ readings: ModelReadings, health: Health) throws {
        self.health = health
        x = try readings.joint("slide x")
        z = try readings.joint("slide z")
        pitch = try readings.joint("pitch")
        (positions, velocities) = (readings.positionCount, readings.velocityCount)
        timeStep = readings.timeStep
    }

    /// All positions but x, all velocities.
    var observationColumns: Int { positions - 1 + velocities }

    func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
        let x = x.position
        var column = 0
        for i in 0..<positions where i != x {
            row[column] = state.qpos[i]
            column += 1
        }
        for i in 0..<velocities { row[column + i] = max(-Self.velocityClip, min(Self.velocityClip, state.qvel[i])) }
    }

    /// v + 1 - 0.001 |a|^2
    func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
        (after.qpos[x.position] - before.qpos[x.position]) / timeStep + Self.survival - Self.controlCost * squaredNorm(action)
    }

    func isTerminal(_ state: PhysicsState) -> Bool {
        let (height, pitch) = (state.qpos[z.position], state.qpos[self.pitch.position])
        guard height > health.height.low, height < health.height.high, pitch > health.pitch.low, pitch < health.pitch.high else { return true }
        for i in 0..<positions where i != x.position && i != z.position && abs(state.qpos[i]) >= health.rest { return true }
        for i in 0..<velocities where abs(state.qvel[i]) >= health.rest { return true }
        return false
    }

    func perturb(
        _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
        using random: inout RandomStream
    ) {
        for i in positions.indices { positions[i] += random.uniform(-Self.resetNoise, Self.resetNoise) }
        for i in velocities.indices { velocities[i] += random.uniform(-Self.resetNoise, Self.resetNoise) }
    }
}
