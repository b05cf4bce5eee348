import Core
import Environments

/// Settings of gridworld. The defaults are the five tasks of tabular pMeta-RL (arXiv 2209.10072, section V-C), as far as the paper says what
/// they are.
public struct GridworldSettings: FamilySettings {
    /// Where the landmark of a task is.
    public enum Landmark: String, Codable, Sendable, CaseIterable {
        /// In a cell other than the start, drawn for each task from the task seed: what is best in one task is bad in another.
        case random
        /// In the corner opposite to the start: tasks agree in what is best.
        case corner
    }

    /// What the test tasks are.
    public enum TestTasks: String, Codable, Sendable, CaseIterable {
        /// The training tasks.
        case same
        /// Tasks of the same sizes whose landmarks are drawn after those of the training tasks. With `corner` they are the same tasks.
        case unseen
    }

    /// Cells along the side of each task's square grid: a training task for each entry.
    public var sizes = [4, 5, 6, 7, 8]
    public var landmark = Landmark.random
    /// Probability with which a step ignores the action and moves in a direction drawn uniformly from all four.
    public var slip = 0.0
    public var testTasks = TestTasks.same

    public init() {}

    public func validate() throws {
        guard (1...1000).contains(sizes.count), sizes.allSatisfy({ (2...64).contains($0) }) else {
            throw SettingError("sizes", "1 to 1000 sizes in 2...64 expected, found \(sizes)")
        }
        try SettingError.checkNumbers([("slip", slip)], in: 0...1)
    }
}

/// A walk to a landmark on grids of different sizes, small enough for tables. All tasks share the observations of the largest grid; those of a
/// smaller task are the cells near the start.
///
/// Each task has its own limit, four steps for each cell along its side: `description` has that of the largest grid, an environment's own
/// description that of its task.
public struct Gridworld: PicturedFamily {
    public static let name = "gridworld"
    public static let summary = "A walker looks for a landmark on grids of different sizes; small enough for tables."

    /// Steps of an episode for each cell along a side.
    static let stepsPerCell = 4

    let settings: GridworldSettings

    public init(settings: GridworldSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Cells along the side of the largest grid.
    var extent: Int { settings.sizes.max() ?? 0 }

    /// Observed are x and y; actions are the moves of `Gridworld.Move`.
    public var description: EnvironmentDescription { description(size: extent) }

    private func description(size: Int) -> EnvironmentDescription {
        EnvironmentDescription(
            observation: .multiDiscrete(counts: [extent, extent]), action: .discrete(count: Move.allCases.count),
            episodeLimit: Self.stepsPerCell * size, dynamicsVary: Set(settings.sizes).count > 1, timeStep: 0)
    }

    /// `size` (cells along a side), `landmark` (its x and y) and `slip`.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        func draw() -> [TaskDescription] {
            var names: [String: Int] = [:]
            return settings.sizes.map { size in
                let repeated = names["\(size)", default: 0]
                names["\(size)"] = repeated + 1
                let landmark = switch settings.landmark {
                case .corner: [size - 1, size - 1]
                case .random:
                    // Any cell but the first, which is the start.
                    { [$0 / size, $0 % size] }(1 + Int(generator.next().multipliedFullWidth(by: UInt64(size * size - 1)).high))
                }
                return TaskDescription(
                    name: "\(size)x\(size)" + (repeated == 0 ? "" : "-\(repeated + 1)"),
                    parameters: ["size": [Double(size)], "landmark": landmark.map(Double.init), "slip": [settings.slip]])
            }
        }
        let training = draw()
        return set == .train || settings.testTasks == .same ? training : draw()
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        let walk = try walk(task)
        return SimulatedEnvironment(
            walk, description: description(size: walk.size), copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// Throws `EnvironmentError` where the parameters are not this family's.
    func walk(_ task: TaskDescription) throws -> Walk { try Walk(task, extent: extent) }
}

extension Gridworld {
    /// The actions, in their order. y grows downward, as in a picture.
    public enum Move: Int, CaseIterable, Sendable {
        case down, up, right, left

        var step: (x: Int, y: Int) {
            switch self {
            case .down: (0, 1)
            case .up: (0, -1)
            case .right: (1, 0)
            case .left: (-1, 0)
            }
        }
    }

    /// The walker's cell; each number from 0.
    struct Cell: SimulatedState, Equatable {
        var x, y: Int

        static let numberCount = 2
        var numbers: [Double] { [Double(x), Double(y)] }
        var isFinite: Bool { true }
    }

    /// One task.
    struct Walk: SimulatedTask {
        /// Cells along a side of this task's grid, and of the family's largest.
        let size, extent: Int
        let landmark: Cell
        let slip: Double

        init(_ task: TaskDescription, extent: Int) throws {
            try task.checkKeys(["size", "landmark", "slip"], family: name)
            func wrong(_ key: String, _ value: Double, _ expected: String) -> EnvironmentError {
                .wrongValue(key: key, family: name, value: value, expected: expected)
            }
            func whole(_ key: String, _ value: Double, below bound: Int, from least: Int = 0) throws -> Int {
                guard let number = Int(exactly: value), number >= least, number < bound else {
                    throw wrong(key, value, "a whole number in \(least)...\(bound - 1)")
                }
                return number
            }
            let size = try whole("size", task.numbers("size", count: 1, family: name)[0], below: extent + 1, from: 2)
            let place = try task.numbers("landmark", count: 2, family: name).map { try whole("landmark", $0, below: size) }
            let slip = try task.numbers("slip", count: 1, family: name)[0]
            guard (0...1).contains(slip) else { throw wrong("slip", slip, "a number in 0...1") }
            guard place != [0, 0] else { throw wrong("landmark", 0, "another cell than the start") }
            (self.size, self.extent, self.slip) = (size, extent, slip)
            landmark = Cell(x: place[0], y: place[1])
        }

        func begin(using random: inout RandomStream) -> Cell { Cell(x: 0, y: 0) }

        /// A move off the grid stays. The reward is minus the distance to the landmark after the move, which ends the episode where it is 0.
        func advance(
            _ state: inout Cell, action: UnsafeBufferPointer<Float>, using random: inout RandomStream
        ) -> (reward: Double, isTerminal: Bool) {
            var move = Int(action[0])
            if slip > 0, random.uniform(0, 1) < slip { move = random.index(below: Move.allCases.count) }
            state = cell(after: Move.allCases[move], from: state)
            return (-Double(distance(state)), state == landmark)
        }

        func observe(_ state: Cell, into row: UnsafeMutableBufferPointer<Float>) { (row[0], row[1]) = (Float(state.x), Float(state.y)) }

        func isState(_ state: Cell) -> Bool { (0..<size).contains(state.x) && (0..<size).contains(state.y) }

        func cell(after move: Move, from cell: Cell) -> Cell {
            let next = Cell(x: cell.x + move.step.x, y: cell.y + move.step.y)
            return isState(next) ? next : cell
        }

        /// Steps to the landmark.
        func distance(_ cell: Cell) -> Int { abs(cell.x - landmark.x) + abs(cell.y - landmark.y) }
    }
}

extension Gridworld.Walk: ModelledTask {
    var model: TransitionModel {
        let cells = (0..<size).flatMap { x in (0..<size).map { y in Gridworld.Cell(x: x, y: y) } }
        func number(_ cell: Gridworld.Cell) -> Int { cell.x * extent + cell.y }
        let moves = Gridworld.Move.allCases
        return TransitionModel(
            stateCount: extent * extent, actionCount: moves.count, states: cells.map(number), starts: [.init(state: 0, probability: 1)]
        ) { state, action in
            let cell = Gridworld.Cell(x: state / extent, y: state % extent)
            return moves.compactMap { move in
                let probability = (move.rawValue == action ? 1 - slip : 0) + slip / Double(moves.count)
                let next = self.cell(after: move, from: cell)
                return probability == 0 ? nil
                    : .init(probability: probability, next: number(next), reward: -Double(distance(next)), isTerminal: next == landmark)
            }
        }
    }
}

extension Gridworld.Cell {
    init?(numbers: [Double]) {
        guard numbers.count == 2, let x = Int(exactly: numbers[0]), let y = Int(exactly: numbers[1]) else { return nil }
        self.init(x: x, y: y)
    }
}
