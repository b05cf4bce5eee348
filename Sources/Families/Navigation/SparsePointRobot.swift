import Core
import Environments
import Foundation

/// Settings of sparse-point-robot. The defaults are the ten goals of pMeta-RL's Figure 5 (arXiv 2209.10072); 80 training and 20 test
/// goals are those of PEARL (Rakelly et al. 2019).
public struct SparsePointRobotSettings: FamilySettings {
    /// What training learns from.
    public enum LearningReward: String, Codable, Sendable, CaseIterable {
        /// Minus the distance to the goal, beside the sparse reward, as in PEARL's code.
        case dense
        /// The sparse reward alone, as the text of pMeta-RL has it.
        case sparse
    }

    /// Training goals.
    public var trainTasks = 10
    /// Test goals. All goals together lie evenly on the half circle, so another number of either gives other goals.
    public var testTasks = 0
    /// Distance from the goal within which there is a reward.
    public var radius = 0.2
    public var learningReward = LearningReward.dense

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try SettingError.checkPositive([("radius", radius)])
    }
}

/// Sparse-Point-Robot (Rakelly et al. 2019): a point moves in the plane to a goal on a half circle that it does not see, and that only
/// pays within a small radius. Nothing is random, every episode begins at the centre and lasts 20 steps.
///
/// The environment's reward, which returns and contexts are made of, is the sparse one; training may learn from a dense one
/// (`StepBatch.learningRewards`), unless `learningReward` is `sparse`.
public struct SparsePointRobot: PicturedFamily {
    public static let name = "sparse-point-robot"
    public static let summary = "A point moves to a hidden goal on a half circle; only near the goal there is a reward."

    /// Displacement by an action of 1.
    static let stride = 0.1
    /// Steps of an episode.
    static let episodeLimit = 20

    let settings: SparsePointRobotSettings

    public init(settings: SparsePointRobotSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .unbounded(2), action: .box(size: 2, low: -1, high: 1), episodeLimit: Self.episodeLimit, dynamicsVary: false,
            timeStep: 0, hasLearningReward: settings.learningReward == .dense)
    }

    /// All goals of both sets, from right to left: (cos t, sin t), t evenly from 0 to pi.
    var goals: [(x: Double, y: Double)] {
        let count = settings.trainTasks + settings.testTasks
        return (0..<count).map { index in
            let angle = count > 1 ? Double.pi * Double(index) / Double(count - 1) : 0
            return (cos(angle), sin(angle))
        }
    }

    /// `goal`: its x and y. The goals are shuffled once; the first ones are for training. A task is numbered by its goal's place, from right
    /// to left.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        let drawn = goals.enumerated().map { index, goal in
            TaskDescription(name: String(format: "goal-%02d", index), parameters: ["goal": [goal.x, goal.y]])
        }.shuffled(using: &generator)
        return Array(set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks))
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(
            try navigation(task), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// Throws `EnvironmentError` where the task's parameters are not this family's.
    func navigation(_ task: TaskDescription) throws -> Navigation {
        try task.checkKeys(["goal"], family: name)
        let goal = try task.numbers("goal", count: 2, family: name)
        return Navigation(goalX: goal[0], goalY: goal[1], radius: settings.radius)
    }
}

extension SparsePointRobot {
    struct State: SimulatedState {
        var x, y: Double

        static let numberCount = 2
        var numbers: [Double] { [x, y] }
        var isFinite: Bool { x.isFinite && y.isFinite }
    }

    /// One task.
    struct Navigation: SimulatedTask {
        let goalX, goalY: Double
        let radius: Double

        func begin(using random: inout RandomStream) -> State { State(x: 0, y: 0) }

        func advance(
            _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            move(&state, Double(action[0]), Double(action[1]))
        }

        func advance(
            _ state: inout State, exactAction: [Double], using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            move(&state, exactAction[0], exactAction[1])
        }

        /// The reward is 1 - d at a distance d of at most the radius, else 0: PEARL's code keeps -d there and adds 1. Episodes end at their
        /// limit only.
        private func move(_ state: inout State, _ x: Double, _ y: Double) -> (reward: Double, isTerminal: Bool) {
            state.x += stride * min(max(x, -1), 1)
            state.y += stride * min(max(y, -1), 1)
            let distance = distance(state)
            return (distance <= radius ? 1 - distance : 0, false)
        }

        func learningReward(reaching next: State) -> Double { -distance(next) }

        func measures(endingIn state: State) -> [EpisodeMeasure] {
            let distance = distance(state)
            return [
                EpisodeMeasure(EpisodeMeasure.finalDistance, distance),
                EpisodeMeasure(EpisodeMeasure.goalReached, distance <= radius ? 1 : 0),
            ]
        }

        func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) { (row[0], row[1]) = (Float(state.x), Float(state.y)) }

        private func distance(_ state: State) -> Double { hypot(state.x - goalX, state.y - goalY) }
    }
}

extension SparsePointRobot.State {
    init?(numbers: [Double]) {
        guard numbers.count == 2 else { return nil }
        (x, y) = (numbers[0], numbers[1])
    }
}
