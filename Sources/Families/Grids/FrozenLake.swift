import Core
import Environments
import Foundation

/// Settings of frozen-lake.
public struct FrozenLakeSettings: FamilySettings {
    /// Training tasks.
    public var trainTasks = 5
    /// Test tasks, drawn after the training tasks: with another number of those, the test tasks differ.
    public var testTasks = 5
    /// Holes in the ice.
    public var holes = 10
    public var boundary = BoardBoundary.leave
    /// All tasks of both sets are copies of one drawn task.
    public var similar = false

    public init() {}

    public func validate() throws {
        try SettingError.checkTasks(train: trainTasks, test: testTasks)
        try SettingError.checkCounts([("holes", holes)], in: 0...30)
    }
}

/// Frozen Lake as a graph, after Ji et al., "Meta Generative Flow Networks with Personalization" (section 5.1): a walk over 8 x 8 cells of ice
/// from the upper left corner, down or to the right, that ends in a hole, at one of three goals, or at the boundary. Moves do not slip. Tasks
/// differ in where the holes are.
public struct FrozenLake: PicturedFamily {
    public static let name = "frozen-lake"
    public static let summary = "A walker crosses a frozen lake with holes to one of three goals; a graph for GFlowNets."

    static let size = 8
    static let goals = [[0, 7], [7, 4], [7, 7]]
    static let goalReward = 1.0
    /// Of ending in a hole, or at the boundary.
    static let otherReward = 0.1
    /// Draws of a task before it is given up.
    private static let mostDraws = 10_000

    let settings: FrozenLakeSettings

    public init(settings: FrozenLakeSettings, assets: FamilyAssets) throws {
        try settings.validate()
        self.settings = settings
    }

    /// Observed are row and column; the actions are down and to the right. Episodes can't be longer than the limit.
    public var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .multiDiscrete(counts: [Self.size, Self.size]), action: .discrete(count: 2), episodeLimit: 2 * Self.size - 1,
            dynamicsVary: true, timeStep: 0, masksActions: true)
    }

    /// `holes`: row and column of one hole after the other. They are uniform over the cells that are neither the start nor a goal, and
    /// drawn anew until every goal can be reached. Throws where that does not happen.
    public func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription] {
        var generator = TaskGenerator(seed: seed, name: name)
        let only = settings.similar ? try draw(using: &generator) : nil
        // Numbered through both sets.
        let drawn = try (0..<settings.trainTasks + settings.testTasks).map { index in
            TaskDescription(
                name: String(format: "lake-%02d", index), parameters: ["holes": try only ?? draw(using: &generator)])
        }
        return Array(set == .train ? drawn.prefix(settings.trainTasks) : drawn.suffix(settings.testTasks))
    }

    private func draw(using generator: inout TaskGenerator) throws -> [Double] {
        var free = (0..<Self.size * Self.size).map { [$0 / Self.size, $0 % Self.size] }.filter { $0 != [0, 0] && !Self.goals.contains($0) }
        for _ in 0..<Self.mostDraws {
            for index in 0..<settings.holes { free.swapAt(index, Int.random(in: index..<free.count, using: &generator)) }
            let holes = Array(free.prefix(settings.holes))
            // With ends on reaching the boundary, the goal in its corner is out of reach whatever the holes.
            let goals = settings.boundary == .reach ? Self.goals.filter { $0 != [Self.size - 1, Self.size - 1] } : Self.goals
            let board = board(holes: holes)
            if goals.allSatisfy({ board.canEnd(row: $0[0], column: $0[1]) }) { return holes.flatMap { $0.map(Double.init) } }
        }
        throw SettingError("holes", "fewer expected, so that every goal can be reached; \(settings.holes) leave no way")
    }

    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        SimulatedEnvironment(
            GraphWalk(try board(task)), description: description, copies: copies, fingerprint: task.fingerprint(family: name))
    }

    /// The graph of a task. Throws `EnvironmentError` where its parameters are not this family's.
    public func board(_ task: TaskDescription) throws -> WalkBoard {
        try task.checkKeys(["holes"], family: name)
        let count = (task.parameters["holes"]?.count ?? 0) / 2
        let numbers = try task.numbers("holes", count: 2 * count, family: name)
        let holes = try (0..<count).map { index -> [Int] in
            try numbers[2 * index..<2 * index + 2].map { number in
                guard let place = Int(exactly: number), (0..<Self.size).contains(place) else {
                    throw EnvironmentError.wrongValue(
                        key: "holes", family: name, value: number, expected: "a row or a column from 0 to \(Self.size - 1)")
                }
                return place
            }
        }
        if let wrong = holes.first(where: { $0 == [0, 0] || Self.goals.contains($0) }) {
            throw EnvironmentError.wrongValue(
                key: "holes", family: name, value: Double(wrong[0]), expected: "only holes that are neither at the start nor at a goal")
        }
        return board(holes: holes)
    }

    private func board(holes: [[Int]]) -> WalkBoard {
        var endings = Dictionary(uniqueKeysWithValues: Self.goals.map { ($0, Self.goalReward) })
        for hole in holes { endings[hole] = Self.otherReward }
        return WalkBoard(rows: Self.size, columns: Self.size, boundary: settings.boundary, endings: endings, otherReward: Self.otherReward)
    }

    /// The lake seen from above: ice, dark holes, green goals.
    public func picture(_ state: [Double], task: TaskDescription) throws -> Picture {
        let board = try board(task), holes = holes(of: task)
        return try board.picture(state) { row, column in
            if Self.goals.contains([row, column]) { return .green }
            return holes.contains([row, column]) ? .blue : Picture.Color.lightGray
        }
    }
    /// [row, column] of each.
    private func holes(of task: TaskDescription) -> Set<[Int]> {
        let numbers = task.parameters["holes"] ?? []
        return Set(stride(from: 0, to: numbers.count, by: 2).map { [Int(numbers[$0]), Int(numbers[$0 + 1])] })
    }
}

extension FrozenLake: BoardFamily {
    public func graphBoard(_ task: TaskDescription) throws -> GraphBoard {
        let board = try board(task), holes = holes(of: task), hole = Picture.Color(0.62, 0.72, 0.86)
        return board.graphBoard(key: [.init("goal", WalkBoard.goalCell), .init("hole", hole)]) { row, column in
            if Self.goals.contains([row, column]) { return WalkBoard.goalCell }
            return holes.contains([row, column]) ? hole : WalkBoard.plainCell
        }
    }
}
