import Environments

/// Half-Cheetah-Dir: run forward, or run backward. Train and test tasks are the same two.
public struct HalfCheetahDir: TaskFamily {
    public static let name = "half-cheetah-dir"
    public static let summary = "A planar half cheetah runs forward or backward, as fast as it can."
    public let description = HalfCheetah.description
    let models: ModelLibrary

    public init(settings: NoSettings, assets: FamilyAssets) { models = ModelLibrary(folder: assets.models) }

    /// `direction`: 1 or -1 along x.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        [
            TaskDescription(name: "forward", parameters: ["direction": [1]]),
            TaskDescription(name: "backward", parameters: ["direction": [-1]]),
        ]
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let direction = try task.number("direction", family: name)
        guard direction == 1 || direction == -1 else {
            throw EnvironmentError.wrongValue(key: "direction", family: name, value: direction, expected: "1 or -1")
        }
        return try MuJoCoEnvironment(
            model: models.model(HalfCheetah.modelName), description: description, copies: copies,
            fingerprint: task.fingerprint(family: name)
        ) { try Run(body: HalfCheetah.Body(&$0), direction: direction) }
    }

    struct Run: HalfCheetahTask {
        let body: HalfCheetah.Body
        /// 1 forward, -1 backward.
        var direction: Double

        /// d v - 0.05 |a|^2
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            direction * body.velocity(before, after) - HalfCheetah.controlCost * squaredNorm(action)
        }
    }
}
