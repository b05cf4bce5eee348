import Core
import Environments
import Foundation

/// Settings of Ant-Goal. The defaults are those of PEARL, ProMP and VariBAD, but for the number of tasks.
public struct AntGoalSettings: FamilySettings {
    /// Training tasks. PEARL has 150; ProMP and VariBAD draw new ones without end.
    public var trainTasks = 10
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ. PEARL has 30.
    public var testTasks = 3
    /// Goals are drawn from a disc of this radius, m, around the start.
    public var radius = 3.0

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        guard radius >= 0.1, radius <= 20 else { throw SettingError("radius", "a distance in 0.1...20 m expected, found \(radius)") }
        // Names have two digits, and drawing goes on until all are distinct.
        let most = Int(radius * radius * 10_000)
        guard trainTasks + testTasks <= most else {
            throw SettingError(
                "trainTasks", "at most \(most) tasks of both sets have distinct goals within \(radius) m, found \(trainTasks) + \(testTasks)")
        }
    }
}

/// Ant-Goal: a four-legged ant walks to a task's own goal, which it does not see, and stays there. Episodes have no terminal states.
///
/// As `ant_goal.py` of PEARL's and VariBAD's code, which take it from `ant_rand_goal.py` of ProMP's: goals uniform on a disc of 3 m, reward
/// -(|x - x*| + |y - y*|) - 0.1 |a|^2 - 0.0005 |clipped contact forces|^2, where x and y are the torso's. The three differ in the number of tasks alone.
public struct AntGoal: TaskFamily {
    public static let name = "ant-goal"
    public static let summary = "A four-legged ant walks to a hidden goal within 3 m."
    public let description = Ant.description(observationColumns: Ant.positions + Ant.velocities + 6 * Ant.bodies)
    let settings: AntGoalSettings
    let models: ModelLibrary

    /// The ant with a disc on the floor.
    static let modelName = "ant_goal"
    static let controlCost = 0.1

    public init(settings: AntGoalSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
        models = ModelLibrary(folder: assets.models)
    }

    /// `goal`: x and y, m.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        var goals: [[Double]] = [], names: Set<String> = []
        while goals.count < settings.trainTasks + settings.testTasks {
            let angle = generator.uniform(0, 2 * .pi), distance = settings.radius * generator.uniform(0, 1).squareRoot()
            let goal = [distance * cos(angle), distance * sin(angle)]
            if names.insert(Self.taskName(goal)).inserted { goals.append(goal) }
        }
        let chosen = set == .train ? goals.prefix(settings.trainTasks) : goals.suffix(settings.testTasks)
        return chosen.map { TaskDescription(name: Self.taskName($0), parameters: ["goal": $0]) }
    }

    /// `goal=+1.20-0.35`
    static func taskName(_ goal: [Double]) -> String { String(format: "goal=%+.2f%+.2f", goal[0], goal[1]) }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        try task.checkKeys(["goal"], family: name)
        let goal = try task.numbers("goal", count: 2, family: name)
        let model = try models.model(Self.modelName).placing(site: "goal", at: { _ in goal + [0] })
        return try MuJoCoEnvironment(
            model: model, description: description, copies: copies, fingerprint: task.fingerprint(family: name)
        ) { Reach(body: try Ant.Body(&$0, observesContacts: true), goal: (goal[0], goal[1])) }
    }

    struct Reach: AntTask {
        let body: Ant.Body
        /// m
        let goal: (x: Double, y: Double)

        /// All positions and velocities, contact forces.
        var observationColumns: Int { body.positions + body.velocities + (body.contacts?.count ?? 0) }

        func observe(_ state: PhysicsState, into row: UnsafeMutablePointer<Double>) {
            for i in 0..<body.positions { row[i] = state.qpos[i] }
            for i in 0..<body.velocities { row[body.positions + i] = state.qvel[i] }
            _ = body.observeContacts(state, into: row + body.positions + body.velocities)
        }

        /// -|x - x*| - |y - y*| - 0.1 |a|^2 - 0.0005 |clipped contact forces|^2
        func reward(before: PhysicsState, after: PhysicsState, action: UnsafeBufferPointer<Double>) -> Double {
            let distance = abs(after[body.torso][0] - goal.x) + abs(after[body.torso][1] - goal.y)
            return -distance - controlCost * squaredNorm(action) - Ant.contactCost * after.contactSquares
        }

        func isTerminal(_ state: PhysicsState) -> Bool { false }
    }
}
