import Core
import Environments
import Foundation

/// Settings of MountainCar. The defaults are Table I of pMeta-RL (arXiv 2209.10072).
public struct MountainCarSettings: FamilySettings {
    /// Where tasks come from.
    public enum Source: String, Codable, Sendable, CaseIterable {
        /// The five tasks of Table I; train and test tasks are the same.
        case table
        /// Drawn from the range below.
        case random
    }

    public var tasks = Source.table
    /// Training tasks; the first ones of the table where `tasks` is `table`.
    public var trainTasks = 5
    /// Test tasks; where they are drawn, another number of training tasks gives other test tasks.
    public var testTasks = 5
    /// Range of the inclination where `tasks` is `random`; draws are uniform.
    public var inclination = [3.0, 5.0]
    /// Steps after which an episode is truncated; 200 in gym's v0.
    public var episodeLimit = 200

    public init() {}

    public func validate() throws {
        let most = tasks == .table ? MountainCar.table.count : 10_000
        let advice = tasks == .table ? "; tasks=random draws more" : ""
        for (key, count, least) in [("trainTasks", trainTasks, 1), ("testTasks", testTasks, 0)] where !(least...most).contains(count) {
            throw SettingError(key, "a whole number in \(least)...\(most) expected, found \(count)\(advice)")
        }
        try SettingError.checkRanges([("inclination", inclination)], in: 0.1...100)
        try SettingError.checkCounts([("episodeLimit", episodeLimit)], in: 1...1_000_000)
        if tasks == .table, inclination != MountainCarSettings().inclination {
            throw SettingError("inclination", "the range is only used where tasks is random; set tasks=random as well")
        }
    }
}

/// MountainCar: drive out of a valley with an engine that is too weak to climb the hill directly. Tasks differ in the inclination, the
/// frequency of the hills. The physics is that of gym's MountainCar-v0 (Moore 1990), where the inclination is 3, in float64.
public struct MountainCar: PicturedFamily {
    public static let name = "mountain-car"
    public static let summary = "A car gathers speed to leave a valley; the hills differ."

    /// What the engine adds to the velocity in one step, and the pull of gravity where the slope is steepest.
    static let force = 0.001
    static let gravity = 0.0025
    static let fastest = 0.07
    /// The track; at its left end is a wall.
    static let leftEnd = -1.2
    static let rightEnd = 0.6
    static let goal = 0.5
    /// Where episodes begin, at rest.
    static let start = -0.6 ... -0.4

    /// Table I. From 3.5 on the goal lies behind the top of the right hill; at 4.5 and 5 a car that rests at the wall can't come back.
    static let table = [3, 3.5, 4, 4.5, 5]

    let settings: MountainCarSettings

    public init(settings: MountainCarSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Observation: position and velocity. Actions: 0 drives left, 1 does nothing, 2 drives right.
    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .unbounded(2), action: .discrete(count: 3), episodeLimit: settings.episodeLimit, dynamicsVary: true, timeStep: 0)
    }

    /// `inclination`, zeta in the paper.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        let count = set == .train ? settings.trainTasks : settings.testTasks
        if settings.tasks == .table { return Self.table.prefix(count).map { Self.task("inclination=\($0)", $0) } }
        var generator = TaskGenerator(seed: seed, name: name)
        let drawn = (0..<settings.trainTasks + settings.testTasks).map { index in
            // Numbered through both sets.
            Self.task(String(format: "hills-%02d", index), generator.uniform(settings.inclination[0], settings.inclination[1]))
        }
        return Array(set == .train ? drawn.prefix(count) : drawn.suffix(count))
    }

    private static func task(_ name: String, _ inclination: Double) -> TaskDescription {
        TaskDescription(name: name, parameters: ["inclination": [inclination]])
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(try Hills(task), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }
}

extension MountainCar {
    struct State: SimulatedState {
        var position, velocity: Double

        static let numberCount = 2
        var numbers: [Double] { [position, velocity] }
        var isFinite: Bool { position.isFinite && velocity.isFinite }
    }

    /// One task.
    struct Hills: SimulatedTask {
        let inclination: Double

        init(_ task: TaskDescription) throws {
            try task.checkKeys(["inclination"], family: MountainCar.name)
            inclination = try task.numbers("inclination", count: 1, family: MountainCar.name)[0]
            guard inclination > 0 else {
                throw EnvironmentError.wrongValue(
                    key: "inclination", family: MountainCar.name, value: inclination, expected: "a number above 0")
            }
        }

        func begin(using random: inout RandomStream) -> State {
            State(position: random.uniform(start.lowerBound, start.upperBound), velocity: 0)
        }

        /// The velocity changes first, then the car moves with it; a wall stops it at the left end. Reward -1 for every step.
        func advance(
            _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            let push = (Double(action[0]) - 1) * force
            let velocity = state.velocity + push - gravity * cos(inclination * state.position)
            state.velocity = min(max(velocity, -fastest), fastest)
            state.position = min(max(state.position + state.velocity, leftEnd), rightEnd)
            if state.position == leftEnd, state.velocity < 0 { state.velocity = 0 }
            return (-1, state.position >= goal && state.velocity >= 0)
        }

        func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) {
            (row[0], row[1]) = (Float(state.position), Float(state.velocity))
        }

        /// Height of the track: its slope is gravity's pull over `gravity`.
        func height(_ position: Double) -> Double { sin(inclination * position) / inclination }
    }
}

extension MountainCar.State {
    init?(numbers: [Double]) {
        guard numbers.count == 2 else { return nil }
        (position, velocity) = (numbers[0], numbers[1])
    }
}
