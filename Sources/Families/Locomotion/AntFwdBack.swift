import Environments
import Foundation

/// Ant-Fwd-Back: a four-legged ant walks along +x or along -x. Train and test tasks are the same two.
public struct AntFwdBack: TaskFamily {
    public static let name = "ant-fwd-back"
    public static let summary = "A four-legged ant walks forward or backward without falling over."
    let models: ModelLibrary

    static let modelName = "ant"

    public let description = Ant.description(observationColumns: Ant.positions - 2 + Ant.velocities)

    public init(settings: NoSettings, assets: FamilyAssets) { models = ModelLibrary(folder: assets.models) }

    /// `angle`: the heading in the plane, rad from +x.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        [
            TaskDescription(name: "forward", parameters: ["angle": [0]]),
            TaskDescription(name: "backward", parameters: ["angle": [Double.pi]]),
        ]
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let angle = try Heading.angle(of: task, family: name)
        return try MuJoCoEnvironment(
            model: models.model(Self.modelName), description: description, copies: copies, fingerprint: task.fingerprint(family: name)
        ) { try AntWalk(&$0, angle: angle) }
    }
}
