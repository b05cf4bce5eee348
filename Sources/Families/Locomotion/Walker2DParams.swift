import Core
import Environments
import Foundation

/// Settings of Walker-2D-Params. The defaults are the papers'.
public struct Walker2DParamsSettings: FamilySettings {
    /// Training tasks.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 3
    /// Largest exponent of a multiplier: masses, inertias and frictions are multiplied by 1.5^U(-limit, limit), dampings by
    /// 1.3^U(-limit, limit).
    public var logScaleLimit = 3.0

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        guard logScaleLimit >= 0, logScaleLimit <= 20 else {
            throw SettingError("logScaleLimit", "a number in 0...20 expected, found \(logScaleLimit)")
        }
    }
}

/// Walker-2D-Params: a planar biped walks forward, each task with a body of its own: masses, inertias, damping and friction.
public struct Walker2DParams: TaskFamily {
    public static let name = "walker-2d-params"
    public static let summary = "A planar biped walks forward in bodies whose mass, inertia, damping and friction differ."
    let settings: Walker2DParamsSettings
    let models: ModelLibrary

    static let modelName = "walker2d"
    /// Substeps of 0.004 s between two actions.
    static let frameSkip = 4
    /// Seconds between two actions.
    static let timeStep = 0.016
    static let controlCost = 0.001
    /// Reward for each step survived.
    static let survival = 1.0
    /// Heights (m) and pitches (rad) of the torso within which, without the bounds, an episode continues.
    static let healthyHeight = (low: 0.8, high: 2.0)
    static let healthyPitch = (low: -1.0, high: 1.0)
    /// Observed velocities are clipped to plus or minus this.
    static let velocityClip = 10.0
    /// Half width of the uniform noise on a reset's positions and velocities.
    static let resetNoise = 0.005

    /// What varies: MuJoCo's name of an array, how many numbers the model has there, and the base of the multipliers'
    /// logarithmic range: base^U(-`logScaleLimit`, `logScaleLimit`).
    static let varied: [(array: String, count: Int, base: Double)] = [
        ("body_mass", 8, 1.5), ("body_inertia", 8 * 3, 1.5), ("dof_damping", 9, 1.3), ("geom_friction", 8 * 3, 1.5),
    ]

    public let description = EnvironmentDescription(
        observation: .unbounded(8 + 9), action: .box(size: 6, low: -1, high: 1), episodeLimit: 200,
        dynamicsVary: true, timeStep: timeStep)

    public init(settings: Walker2DParamsSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
    }

    /// Tasks are multipliers (`body_mass_multiplier` and so on), all drawn independently.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        let drawn = (0..<settings.trainTasks + settings.testTasks).map { _ -> [String: [Double]] in
            var parameters: [String: [Double]] = [:]
            for (array, count, base) in Self.varied {
                parameters[Self.multiplierKey(array)] = (0..<count).map { _ in
                    pow(base, generator.uniform(-settings.logScaleLimit, settings.logScaleLimit))
                }
            }
            return parameters
        }
        let chosen = set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks)
        // Numbered through both sets: with the defaults, params-10 to params-12 are the test tasks.
        return zip(chosen.indices, chosen).map { TaskDescription(name: String(format: "params-%02d", $0), parameters: $1) }
    }

    static func multiplierKey(_ array: String) -> String { "\(array)_multiplier" }

    /// Each varied array is given by its multipliers (`body_mass_multiplier`) or by its values (`body_mass`).
    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let base = try models.model(Self.modelName)
        try task.checkKeys(Self.varied.flatMap { [Self.multiplierKey($0.array), $0.array] }, family: name)
        var arrays: [String: [Double]] = [:]
        for (array, count, _) in Self.varied {
            if task.parameters[array] != nil {
                arrays[array] = try task.numbers(array, count: count, family: name)
            } else {
                let multipliers = try task.numbers(Self.multiplierKey(array), count: count, family: name)
                let compiled = try base.values(array)
                guard compiled.count == count else {
                    throw EnvironmentError.wrongModel(
                        path: base.path, expected: "\(count)", found: "\(compiled.count) numbers in \(array)")
                }
                arrays[array] = zip(compiled, multipliers).map { $0 * $1 }
            }
            if let value = arrays[array]?.first(where: { $0 < 0 }) {
                throw EnvironmentError.wrongValue(key: array, family: name, value: value, expected: "no negative number")
            }
        }
        return try MuJoCoEnvironment(
            model: base.copy(replacing: arrays), description: description, copies: copies, fingerprint: task.fingerprint(family: name)
        ) { try Walk($0) }
    }

    struct Walk: MuJoCoTask {
        static let frameSkip = Walker2DParams.frameSkip
        let x, z, pitch: JointIndex
        let positions, velocities: Int
        let timeStep: Double

        init(_ readings: ModelReadings) throws {
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
            for i in 0..<velocities { row[column + i] = max(-velocityClip, min(velocityClip, state.qvel[i])) }
        }

        /// v + 1 - 0.001 |a|^2
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            (after.qpos[x.position] - before.qpos[x.position]) / timeStep + survival - controlCost * squaredNorm(action)
        }

        func isTerminal(_ state: PhysicsState) -> Bool {
            let (height, pitch) = (state.qpos[z.position], state.qpos[self.pitch.position])
            return !(height > healthyHeight.low && height < healthyHeight.high && pitch > healthyPitch.low
                && pitch < healthyPitch.high)
        }

        func perturb(
            _ positions: UnsafeMutableBufferPointer<Double>, _ velocities: UnsafeMutableBufferPointer<Double>,
            using random: inout RandomStream
        ) {
            for i in positions.indices { positions[i] += random.uniform(-resetNoise, resetNoise) }
            for i in velocities.indices { velocities[i] += random.uniform(-resetNoise, resetNoise) }
        }
    }
}
