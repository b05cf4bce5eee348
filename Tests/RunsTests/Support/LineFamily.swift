import Core
import Environments

/// A walker on nine cells of a line who is to find a goal cell: no physics, discrete observations and actions, and two
/// disjoint task sets. It shows that runs need neither MuJoCo nor vectors.
protocol LineTasks: TaskFamily where Settings == NoSettings {
    static var trainGoals: [Int] { get }
    static var testGoals: [Int] { get }
}

struct LineFamily: LineTasks {
    static let cells = 9
    static let name = "line"
    static let summary = "A walker on a line looks for the goal cell."
    static let trainGoals = [0, 8]
    static let testGoals = [1, 7]
    init(settings: NoSettings, assets: FamilyAssets) {}

    /// The best return from the middle cell, counted by hand: -distance/8 for every cell on the way, 1 at the goal.
    static func bestReturn(from cell: Int, to goal: Int) -> Double {
        let distance = abs(goal - cell)
        return 1 - Double(distance * (distance - 1) / 2) / 8
    }
}

/// The same with two tasks that are both train and test tasks.
struct LineTwins: LineTasks {
    static let name = "line-twins"
    static let summary = LineFamily.summary
    static let trainGoals = [0, 8]
    static let testGoals = [0, 8]
    init(settings: NoSettings, assets: FamilyAssets) {}
}

extension LineTasks {
    var description: EnvironmentDescription {
        EnvironmentDescription(
            observation: .discrete(count: LineFamily.cells), action: .discrete(count: 2), episodeLimit: 20, dynamicsVary: false, timeStep: 0)
    }

    func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription] {
        (set == .train ? Self.trainGoals : Self.testGoals).map { TaskDescription(name: "goal-\($0)", parameters: ["goal": [Double($0)]]) }
    }

    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        guard let goal = task.parameters["goal"]?.first else { throw StateError.missing("goal") }
        return Line(goal: Int(goal), copies: copies, description: description)
    }
}

/// Reward 1 and the end at the goal, else minus the distance / 8. Episodes begin in the middle or a cell beside it.
private final class Line: Environment {
    let goal: Int
    let copies: Int
    let description: EnvironmentDescription
    var unstableEpisodes: Int { 0 }
    var random = RandomStream(seed: 0)
    private var cells: [Int]
    private var times: [Int]

    init(goal: Int, copies: Int, description: EnvironmentDescription) {
        self.goal = goal
        self.copies = copies
        self.description = description
        cells = Array(repeating: 4, count: copies)
        times = Array(repeating: 0, count: copies)
    }

    func reset(_ copy: Int, into batch: inout StepBatch) throws {
        cells[copy] = Int.random(in: 3...5, using: &random)
        times[copy] = 0
        batch.observations[copy] = Float(cells[copy])
        batch.terminated[copy] = false
        batch.truncated[copy] = false
    }

    func step(_ actions: [Float], into batch: inout StepBatch) throws {
        for copy in 0..<copies {
            cells[copy] = min(LineFamily.cells - 1, max(0, cells[copy] + (actions[copy] > 0.5 ? 1 : -1)))
            times[copy] += 1
            let isThere = cells[copy] == goal
            batch.observations[copy] = Float(cells[copy])
            batch.rewards[copy] = isThere ? 1 : -Float(abs(cells[copy] - goal)) / 8
            batch.terminated[copy] = isThere
            batch.truncated[copy] = !isThere && times[copy] >= description.episodeLimit
        }
    }

    func codeState(_ coder: StateCoder) throws {
        try coder.stream("random", &random)
        try coder.integers("cells", &cells, count: copies, in: 0...LineFamily.cells - 1)
        try coder.integers("times", &times, count: copies)
    }
}
