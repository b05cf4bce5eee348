import Core
import Environments
import Foundation

/// Settings of cliff-walking.
public struct CliffWalkingSettings: FamilySettings {
    /// Where the goal is.
    public enum Goal: String, Codable, Sendable, CaseIterable {
        /// Just behind the cliff.
        case behind
        /// In the lower right corner.
        case fixed
    }

    /// How the lengths of the cliffs are drawn.
    public enum Draws: String, Codable, Sendable, CaseIterable {
        /// Training tasks have different lengths of 5 to 10. Test tasks have those that are left over, then 4, 3, 2 and 1.
        case distinct
        /// Every task draws one of 8, 9 and 10, whatever the others have (Table 1 of the paper).
        case range
    }

    /// Training tasks.
    public var trainTasks = 5
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 5
    public var goal = Goal.behind
    public var boundary = BoardBoundary.leave
    public var draws = Draws.distinct
    /// All tasks of both sets are copies of one drawn task.
    public var similar = false

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        if draws == .distinct && !similar {
            try SettingError.checkCounts([("trainTasks", trainTasks)], in: 1...CliffWalking.lengths.count)
            try SettingError.checkCounts([("testTasks", testTasks)], in: 0...CliffWalking.cells[1] - 2 - trainTasks)
        }
        if goal == .fixed && boundary == .reach {
            throw SettingError("boundary", "'leave' or 'mask' expected where the goal is in the corner: with 'reach' nothing leads there")
        }
    }
}

/// Cliff Walking as a graph, after Ji et al., "Meta Generative Flow Networks with Personalization" (section 5.1): a walk over 4 x 12 cells from
/// the upper left corner, down or to the right, that ends at the cliff in the last row, at the goal, or at the boundary. Tasks differ in the
/// length of the cliff, which begins in the second column.
public struct CliffWalking: PicturedFamily {
    public static let name = "cliff-walking"
    public static let summary = "A walker passes a cliff on the way to a goal; a graph for GFlowNets."

    /// Rows and columns.
    static let cells = [4, 12]
    static let goalReward = 1.0
    static let cliffReward = 0.01
    /// Of ending at the boundary.
    static let otherReward = 0.1
    /// Lengths of the cliffs of training tasks, and those that Table 1 has.
    static let lengths = 5...10
    static let tableLengths = 8...10

    let settings: CliffWalkingSettings

    public init(settings: CliffWalkingSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Observed are row and column; the actions are down and to the right. Episodes can't be longer than the limit.
    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .multiDiscrete(counts: Self.cells), action: .discrete(count: 2), episodeLimit: Self.cells[0] + Self.cells[1] - 1,
            dynamicsVary: true, timeStep: 0, masksActions: true)
    }

    /// `cliffLength`: cells of the cliff, 1 to 10.
    public func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        let count = settings.trainTasks + settings.testTasks
        let shuffled = Self.lengths.shuffled(using: &generator)
        var lengths: [Int] = switch settings.draws {
        // Shorter cliffs are for test tasks only.
        case .distinct: shuffled + (1..<Self.lengths.lowerBound).reversed()
        case .range: (0..<count).map { _ in Int.random(in: Self.tableLengths, using: &generator) }
        }
        if settings.similar { lengths = Array(repeating: lengths[0], count: count) }
        // Numbered through both sets.
        let drawn = (0..<count).map { index in
            TaskDescription(
                name: String(format: "cliff-%02d-of-%d", index, lengths[index]), parameters: ["cliffLength": [Double(lengths[index])]])
        }
        return Array(set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks))
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(
            GraphWalk(try board(task)), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// The graph of a task. Throws `EnvironmentError` where its parameters are not this family's.
    public func board(_ task: TaskDescription) throws -> WalkBoard {
        let number = try task.number("cliffLength", family: name), longest = Self.cells[1] - 2
        guard let length = Int(exactly: number), (1...longest).contains(length) else {
            throw EnvironmentError.wrongValue(key: "cliffLength", family: name, value: number, expected: "a whole number from 1 to \(longest)")
        }
        let last = Self.cells[0] - 1, goal = settings.goal == .behind ? length + 1 : Self.cells[1] - 1
        var endings = Dictionary(uniqueKeysWithValues: (1...length).map { ([last, $0], Self.cliffReward) })
        endings[[last, goal]] = Self.goalReward
        return WalkBoard(
            rows: Self.cells[0], columns: Self.cells[1], boundary: settings.boundary, endings: endings, otherReward: Self.otherReward)
    }

    /// The board seen from above: the cliff dark, the goal green.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        let board = try board(task)
        return try board.picture(state) { row, column in
            switch board.reward(row: row, column: column) {
            case Self.goalReward: .green
            case Self.cliffReward: .black
            default: Picture.Color.lightGray
            }
        }
    }
}

extension CliffWalking: BoardFamily {
    public func graphBoard(_ task: TaskDescription) throws -> GraphBoard {
        let board = try board(task), cliff = Picture.Color(0.66, 0.66, 0.69)
        return board.graphBoard(key: [.init("goal", WalkBoard.goalCell), .init("cliff", cliff)]) { row, column in
            switch board.reward(row: row, column: column) {
            case Self.goalReward: WalkBoard.goalCell
            case Self.cliffReward: cliff
            default: WalkBoard.plainCell
            }
        }
    }
}
