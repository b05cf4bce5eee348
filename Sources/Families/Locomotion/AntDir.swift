import Core
import Environments

/// Settings of Ant-Dir. The defaults are PEARL's, but for the number of tasks.
public struct AntDirSettings: FamilySettings {
    /// Training tasks. ProMP and VariBAD draw new ones without end, which many tasks come close to.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 3
    /// Headings are drawn from 0 to this many degrees, from +x towards +y.
    public var arc = 360.0
    /// Whether the contact forces on each body, clipped to plus or minus 1, are observed, too. ProMP: true.
    public var observesContacts = false

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try Heading.check(arc: arc, tasks: trainTasks + testTasks)
    }
}

/// Ant-Dir: a four-legged ant walks in a task's own direction, anywhere in the plane.
///
/// As `ant_dir.py` of PEARL's code, which draws the angle from U[0, 2 pi] unless it is told to be Ant-Fwd-Back. `AntRandDirec2DEnv` of ProMP draws a
/// normal vector of length 1, which is the same. It observes the contact forces, and ends an episode below a height of 0 instead of 0.2 m,
/// which comes to the same, since the torso is a ball of 0.25 m. `AntDir2DEnv` of VariBAD draws such a vector, too, but takes its first number for
/// an angle, so that all headings are within one radian of straight ahead. All three reward
/// speed along the heading - 0.5 |a|^2 - 0.0005 |clipped contact forces|^2 + 1.
public struct AntDir: TaskFamily {
    public static let name = "ant-dir"
    public static let summary = "A four-legged ant walks in a given direction, anywhere in the plane."
    public let description: EnvironmentDescription
    let settings: AntDirSettings
    let models: ModelLibrary

    /// The ant with a line on the floor.
    static let modelName = "ant_heading"

    public init(settings: AntDirSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
        description = Ant.description(
            observationColumns: Ant.positions - 2 + Ant.velocities + (settings.observesContacts ? 6 * Ant.bodies : 0))
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
        ) { try AntWalk(&$0, angle: angle, observesContacts: settings.observesContacts) }
    }
}
