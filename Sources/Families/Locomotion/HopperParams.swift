import Core
import Environments

/// Settings of Hopper-Params. The defaults are those of `rand_param_envs`, but for the number of tasks.
public struct HopperParamsSettings: FamilySettings {
    /// Training tasks. PEARL has 40; ProMP and VariBAD draw new ones without end.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ. PEARL has 10.
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

/// Hopper-Params: a planar leg hops forward, each task with a body of its own: masses, inertias, damping and friction.
///
/// As `hopper_rand_params.py` of `rand_param_envs`, which PEARL's, ProMP's and VariBAD's code share: reward v + 1 - 0.001 |a|^2, and an episode ends
/// where the torso is lower than 0.7 m or tilted by 0.2 rad, or where another position or a velocity reaches 100. It has no greatest height.
public struct HopperParams: TaskFamily {
    public static let name = "hopper-params"
    public static let summary = "A planar leg hops forward in bodies whose mass, inertia, damping and friction differ."
    let settings: HopperParamsSettings
    let models: ModelLibrary

    static let modelName = "hopper"
    static let bodies = RandomBodies(bodies: 5, degreesOfFreedom: 6, geoms: 5)
    static let health = PlanarWalk.Health(height: (0.7, .infinity), pitch: (-0.2, 0.2), rest: 100)

    public let description = EnvironmentDescription(
        observation: .unbounded(5 + 6), action: .box(size: 3, low: -1, high: 1), episodeLimit: 200, dynamicsVary: true,
        timeStep: PlanarWalk.timeStep)

    public init(settings: HopperParamsSettings, assets: FamilyAssets) throws {
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
