import Core
import Environments

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
    static let bodies = RandomBodies(bodies: 8, degreesOfFreedom: 9, geoms: 8)
    static let health = PlanarWalk.Health(height: (0.8, 2.0), pitch: (-1.0, 1.0))

    public let description = EnvironmentDescription(
        observation: .unbounded(8 + 9), action: .box(size: 6, low: -1, high: 1), episodeLimit: 200,
        dynamicsVary: true, timeStep: PlanarWalk.timeStep)

    public init(settings: Walker2DParamsSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
    }

    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        Self.bodies.tasks(
            set, train: settings.trainTasks, test: settings.testTasks, limit: settings.logScaleLimit, seed: seed, family: name)
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let model = try Self.bodies.model(task, of: models.model(Self.modelName), family: name)
        return try MuJoCoEnvironment(
            model: model, description: description, copies: copies, fingerprint: task.fingerprint(family: name)
        ) { try PlanarWalk($0, health: Self.health) }
    }
}
