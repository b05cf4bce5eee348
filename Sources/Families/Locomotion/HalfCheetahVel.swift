import Environments
import Foundation

/// Half-Cheetah-Vel: run forward at a task's own speed. Ten train and three test speeds, drawn from U[0, 3] m/s.
public struct HalfCheetahVel: TaskFamily {
    public let name = "half-cheetah-vel"
    public let summary = "A planar half cheetah runs forward at a given speed between 0 and 3 m/s."
    public let description = HalfCheetah.description
    let models: ModelLibrary

    static let trainTasks = 10
    static let testTasks = 3
    /// Fastest target, m/s.
    static let topSpeed = 3.0

    public init(models: ModelLibrary) { self.models = models }

    /// `velocity`: the target along x, m/s.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        var speeds: [Double] = []
        while speeds.count < Self.trainTasks + Self.testTasks {
            let speed = generator.uniform(0, Self.topSpeed)
            // Distinct to the two digits of their names, so that tables can tell them apart.
            if !speeds.contains(where: { Self.taskName($0) == Self.taskName(speed) }) { speeds.append(speed) }
        }
        let chosen = set == .train ? speeds.prefix(Self.trainTasks) : speeds.suffix(Self.testTasks)
        return chosen.map { TaskDescription(name: Self.taskName($0), parameters: ["velocity": [$0]]) }
    }

    static func taskName(_ speed: Double) -> String { String(format: "v=%.2f", speed) }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        try MuJoCoEnvironment(
            Track(velocity: task.number("velocity", family: name)), model: models.model(HalfCheetah.modelName),
            description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    struct Track: HalfCheetahTask {
        /// Target speed along x, m/s.
        var velocity: Double

        /// -|v - v*| - 0.05 |a|^2
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            -abs(HalfCheetah.velocity(before, after) - velocity) - HalfCheetah.controlCost * squaredNorm(action)
        }
    }
}
