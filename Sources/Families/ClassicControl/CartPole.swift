import Core
import Environments
import Foundation

/// Settings of CartPole. The defaults are Table I of pMeta-RL (arXiv 2209.10072).
public struct CartPoleSettings: FamilySettings {
    /// Where tasks come from.
    public enum Source: String, Codable, Sendable, CaseIterable {
        /// The five tasks of Table I; train and test tasks are the same.
        case table
        /// Drawn from the ranges below.
        case random
    }

    public var tasks = Source.table
    /// Training tasks; the first ones of the table where `tasks` is `table`.
    public var trainTasks = 5
    /// Test tasks; where they are drawn, another number of training tasks gives other test tasks.
    public var testTasks = 5
    /// Range of the force on the cart, N. This and the next two are used where `tasks` is `random`; draws are uniform in the logarithm.
    public var force = [1.0, 20.0]
    /// Range of the pole's mass, kg.
    public var poleMass = [0.01, 1.0]
    /// Range of half the pole's length, m.
    public var halfLength = [0.05, 0.5]
    /// Steps after which an episode is truncated; 200 in gym's v0, 500 in its v1.
    public var episodeLimit = 200

    public init() {}

    public func validate() throws {
        let most = tasks == .table ? CartPole.table.count : 10_000
        let advice = tasks == .table ? "; tasks=random draws more" : ""
        for (key, count, least) in [("trainTasks", trainTasks, 1), ("testTasks", testTasks, 0)] where !(least...most).contains(count) {
            throw SettingError(key, "a whole number in \(least)...\(most) expected, found \(count)\(advice)")
        }
        let ranges = [("force", force), ("poleMass", poleMass), ("halfLength", halfLength)]
        try SettingError.checkRanges(ranges, in: 1e-3...1e3)
        try SettingError.checkCounts([("episodeLimit", episodeLimit)], in: 1...1_000_000)
        let standard = CartPoleSettings()
        for ((key, range), (_, other)) in zip(ranges, [("", standard.force), ("", standard.poleMass), ("", standard.halfLength)])
        where tasks == .table && range != other {
            throw SettingError(key, "the range is only used where tasks is random; set tasks=random as well")
        }
    }
}

/// CartPole: push a cart left or right so that the pole on it stays up. Tasks differ in the force, the pole's mass and its length.
/// The physics is that of gym's CartPole-v0 (Barto, Sutton and Anderson 1983), in float64.
public struct CartPole: PicturedFamily {
    public static let name = "cart-pole"
    public static let summary = "A cart balances a pole; force, mass and length differ."

    /// Gravity, m/s^2.
    static let gravity = 9.8
    static let cartMass = 1.0
    /// Seconds between two actions.
    static let timeStep = 0.02
    /// An episode ends when the cart is farther than this from the middle, m, or the pole leans more than this, rad.
    static let farthest = 2.4
    static let steepest = 12 * 2 * Double.pi / 360
    /// Half width of the uniform noise on all four numbers of a first state.
    static let resetNoise = 0.05

    /// Table I: force (N), mass of the pole (kg), half its length (m). The usual CartPole, (10, 0.1, 0.5), is not among them.
    static let table = [(20.0, 0.1, 0.5), (1.0, 0.1, 0.5), (10.0, 1.0, 0.5), (10.0, 0.01, 0.5), (10.0, 0.1, 0.05)]

    let settings: CartPoleSettings

    public init(settings: CartPoleSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .unbounded(4), action: .discrete(count: 2), episodeLimit: settings.episodeLimit, dynamicsVary: true,
            timeStep: Self.timeStep)
    }

    /// `force` (N), `masspole` (kg) and `lengthpole` (half the length, m), named as in gym.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        let count = set == .train ? settings.trainTasks : settings.testTasks
        if settings.tasks == .table {
            return Self.table.prefix(count).map { Self.task("force=\($0) mass=\($1) length=\($2)", $0, $1, $2) }
        }
        var generator = TaskGenerator(seed: seed, name: name)
        let drawn = (0..<settings.trainTasks + settings.testTasks).map { index in
            let numbers = [settings.force, settings.poleMass, settings.halfLength].map { range in
                exp(generator.uniform(log(range[0]), log(range[1])))
            }
            // Numbered through both sets.
            return Self.task(String(format: "cart-%02d", index), numbers[0], numbers[1], numbers[2])
        }
        return Array(set == .train ? drawn.prefix(count) : drawn.suffix(count))
    }

    private static func task(_ name: String, _ force: Double, _ mass: Double, _ length: Double) -> TaskDescription {
        TaskDescription(name: name, parameters: ["force": [force], "masspole": [mass], "lengthpole": [length]])
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(
            try Balance(task), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }
}

extension CartPole {
    struct State: SimulatedState {
        /// Place of the cart (m) and its velocity (m/s).
        var x, v: Double
        /// The pole's angle from upright (rad, positive to the right) and its velocity (rad/s).
        var angle, spin: Double

        static let numberCount = 4
        var numbers: [Double] { [x, v, angle, spin] }
        var isFinite: Bool { x.isFinite && v.isFinite && angle.isFinite && spin.isFinite }
    }

    /// One task.
    struct Balance: SimulatedTask {
        /// N, kg, m.
        let force, poleMass, halfLength: Double

        init(_ task: TaskDescription) throws {
            let keys = ["force", "masspole", "lengthpole"]
            try task.checkKeys(keys, family: CartPole.name)
            let numbers = try keys.map { key in
                let number = try task.numbers(key, count: 1, family: CartPole.name)[0]
                guard number > 0 else {
                    throw EnvironmentError.wrongValue(key: key, family: CartPole.name, value: number, expected: "a number above 0")
                }
                return number
            }
            (force, poleMass, halfLength) = (numbers[0], numbers[1], numbers[2])
        }

        func begin(using random: inout RandomStream) -> State {
            func noise() -> Double { random.uniform(-resetNoise, resetNoise) }
            return State(x: noise(), v: noise(), angle: noise(), spin: noise())
        }

        /// Explicit Euler: places move with the velocities of before. Reward 1, for the step that ends the episode, too.
        func advance(
            _ state: inout State, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            let push = action[0] == 1 ? force : -force
            let mass = cartMass + poleMass, moment = poleMass * halfLength
            let (sine, cosine) = (sin(state.angle), cos(state.angle))
            let temporary = (push + moment * state.spin * state.spin * sine) / mass
            let spinRate = (gravity * sine - cosine * temporary) / (halfLength * (4.0 / 3.0 - poleMass * cosine * cosine / mass))
            let acceleration = temporary - moment * spinRate * cosine / mass
            state = State(
                x: state.x + timeStep * state.v, v: state.v + timeStep * acceleration,
                angle: state.angle + timeStep * state.spin, spin: state.spin + timeStep * spinRate)
            return (1, abs(state.x) > farthest || abs(state.angle) > steepest)
        }

        func observe(_ state: State, into row: UnsafeMutableBufferPointer<Float>) {
            (row[0], row[1], row[2], row[3]) = (Float(state.x), Float(state.v), Float(state.angle), Float(state.spin))
        }
    }
}

extension CartPole.State {
    init?(numbers: [Double]) {
        guard numbers.count == 4 else { return nil }
        (x, v, angle, spin) = (numbers[0], numbers[1], numbers[2], numbers[3])
    }
}
