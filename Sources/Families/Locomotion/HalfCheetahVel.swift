import Core
import Environments
import Foundation

/// Settings of Half-Cheetah-Vel. The defaults are the papers'.
public struct HalfCheetahVelSettings: FamilySettings {
    /// Training tasks.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 3
    /// Fastest target speed, m/s.
    public var topSpeed = 3.0

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        guard topSpeed > 0, topSpeed <= 100 else {
            throw SettingError("topSpeed", "a speed above 0 and at most 100 m/s expected, found \(topSpeed)")
        }
        // Names have two digits, and drawing goes on until all are distinct.
        let most = Int(topSpeed * 100) / 2
        guard trainTasks + testTasks <= most else {
            throw SettingError(
                "trainTasks", "at most \(most) tasks of both sets have distinct speeds up to \(topSpeed) m/s, found \(trainTasks) + \(testTasks)")
        }
    }
}

/// Half-Cheetah-Vel: run forward at a task's own speed, drawn from U[0, `topSpeed`] m/s.
public struct HalfCheetahVel: TaskFamily {
    public static let name = "half-cheetah-vel"
    public static let summary = "A planar half cheetah runs forward at a given speed between 0 and 3 m/s."
    public let description = HalfCheetah.description
    let settings: HalfCheetahVelSettings
    let models: ModelLibrary

    public init(settings: HalfCheetahVelSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
    }

    /// `velocity`: the target along x, m/s.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        var speeds: [Double] = []
        while speeds.count < settings.trainTasks + settings.testTasks {
            let speed = generator.uniform(0, settings.topSpeed)
            // Distinct in the two digits of their names, so that tables can distinguish them.
            if !speeds.contains(where: { Self.taskName($0) == Self.taskName(speed) }) { speeds.append(speed) }
        }
        let chosen = set == .train ? speeds.prefix(settings.trainTasks) : speeds.suffix(settings.testTasks)
        return chosen.map { TaskDescription(name: Self.taskName($0), parameters: ["velocity": [$0]]) }
    }

    static func taskName(_ speed: Double) -> String { String(format: "v=%.2f", speed) }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let velocity = try task.number("velocity", family: name)
        return try MuJoCoEnvironment(
            model: models.model(HalfCheetah.modelName), description: description, copies: copies,
            fingerprint: task.fingerprint(family: name)
        ) { try Track(body: HalfCheetah.Body(&$0), velocity: velocity) }
    }

    struct Track: HalfCheetahTask {
        let body: HalfCheetah.Body
        /// Target speed along x, m/s.
        var velocity: Double

        /// -|v - v*| - 0.05 |a|^2
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            -abs(body.velocity(before, after) - velocity) - HalfCheetah.controlCost * squaredNorm(action)
        }
    }
}
