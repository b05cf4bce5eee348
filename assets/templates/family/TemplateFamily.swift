import Core
import Environments
import Foundation

/// Settings of template-family: `--set family.KEY=VALUE`.
public struct TemplateFamilySettings: FamilySettings {
    /// Training tasks.
    public var trainTasks = 8
    /// Test tasks, drawn after the training tasks: another number of those gives other test tasks.
    public var testTasks = 4
    /// From the puck's start to the goal, m.
    public var distance = 1.0

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try SettingError.checkPositive([("distance", distance)])
    }
}

/// A puck slides on a table; it is to be pushed to a goal that it does not see. Tasks differ in the direction of the goal.
public struct TemplateFamily: PicturedFamily {
    public static let name = "template-family"
    public static let summary = "A puck is pushed to a hidden goal; the goal's direction differs."

    /// Acceleration by a full push, m/s^2, and the part of the velocity that friction takes away in a second.
    static let push = 2.0
    static let friction = 1.0
    /// Seconds between two actions.
    static let timeStep = 0.1
    /// Half width of the uniform noise on where an episode begins, m.
    static let resetNoise = 0.05

    let settings: TemplateFamilySettings

    public init(settings: TemplateFamilySettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Observed are the place and the velocity; an action pushes along x and along y.
    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .unbounded(4), action: .box(size: 2, low: -1, high: 1), episodeLimit: 60, dynamicsVary: false,
            timeStep: Self.timeStep)
    }

    /// `angle`: the direction of the goal, rad.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        let drawn = (0..<settings.trainTasks + settings.testTasks).map { index in
            // Numbered through both sets.
            TaskDescription(
                name: String(format: "goal-%02d", index), parameters: ["angle": [Double.random(in: 0..<2 * .pi, using: &generator)]])
        }
        return Array(set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks))
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(try slide(task), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// Throws `EnvironmentError` where the task's parameters are not this family's.
    func slide(_ task: TaskDescription) throws -> Slide {
        let angle = try task.number("angle", family: name)
        return Slide(goalX: settings.distance * cos(angle), goalY: settings.distance * sin(angle))
    }
}

extension TemplateFamily {
    struct State: SimulatedState {
        /// Place (m) and velocity (m/s).
        var x, y, vx, vy: Double

        static let numberCount = 4
        var numbers: [Double] { [x, y, vx, vy] }
    }

    /// One task.
    struct Slide: SimulatedTask {
        /// m
        let goalX, goalY: Double

        func begin(using random: inout RandomStream) -> State {
            func noise() -> Double { Double.random(in: -resetNoise...resetNoise, using: &random) }
            return State(x: noise(), y: noise(), vx: 0, vy: 0)
        }

        /// The reward is the distance to the goal, negative. Episodes end at their limit only.
        func advance(
            _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            state.vx += timeStep * (push * Double(action[0]) - friction * state.vx)
            state.vy += timeStep * (push * Double(action[1]) - friction * state.vy)
            state.x += timeStep * state.vx
            state.y += timeStep * state.vy
            return (-hypot(state.x - goalX, state.y - goalY), false)
        }

        func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) {
            (row[0], row[1], row[2], row[3]) = (Float(state.x), Float(state.y), Float(state.vx), Float(state.vy))
        }
    }
}

extension TemplateFamily.State {
    init?(numbers: [Double]) {
        guard numbers.count == 4 else { return nil }
        (x, y, vx, vy) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}
