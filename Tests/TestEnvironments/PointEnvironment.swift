import Agents
import Core
import Environments

/// A point on a line, without MuJoCo: x' = x + 0.1 a, reward = direction * a - 0.1 a^2, 20 steps. Best return: 20 * 0.9.
/// Any number of copies.
public final class PointEnvironment: Environment {
    public static let spaces = EnvironmentDescription(
        observation: .unbounded(2), action: .box(size: 1, low: -1, high: 1), episodeLimit: 20, dynamicsVary: false, timeStep: 0)
    /// The most that an episode can return.
    public static let bestReturn = 18.0
    public let description = PointEnvironment.spaces
    public let copies: Int
    public var unstableEpisodes: Int { 0 }
    public var random = RandomStream(seed: 0)
    private let direction: Double
    private let rewardFactor: Double
    private var positions: [Double]
    private var elapsed: [Int]

    public init(direction: Double, rewardFactor: Double = 1, copies: Int = 1) {
        self.direction = direction
        self.rewardFactor = rewardFactor
        self.copies = copies
        positions = Array(repeating: 0, count: copies)
        elapsed = Array(repeating: 0, count: copies)
    }

    public func reset(_ copy: Int, into batch: inout StepBatch) throws {
        positions[copy] = Double.random(in: -0.1...0.1, using: &random)
        elapsed[copy] = 0
        write(copy, &batch)
        batch.terminated[copy] = false
        batch.truncated[copy] = false
    }

    public func step(_ actions: [Float], into batch: inout StepBatch) throws {
        precondition(actions.count == copies)
        for copy in 0..<copies {
            precondition(elapsed[copy] < 20, "stepped beyond an episode's end")
            let action = Double(min(max(actions[copy], -1), 1))
            positions[copy] += 0.1 * action
            elapsed[copy] += 1
            batch.rewards[copy] = Float(rewardFactor * (direction * action - 0.1 * action * action))
            batch.truncated[copy] = elapsed[copy] == 20
            write(copy, &batch)
        }
    }

    private func write(_ copy: Int, _ batch: inout StepBatch) {
        batch.observations[2 * copy] = Float(positions[copy])
        batch.observations[2 * copy + 1] = Float(elapsed[copy]) / 20
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.stream("random", &random)
        try coder.doubles("positions", &positions, count: copies)
        try coder.integers("elapsed", &elapsed, count: copies)
    }

    /// Two tasks, `right` and `left`.
    public static func problem(steps: Int, threads: Int = 1, rewardFactor: Double = 1) -> Problem {
        let tasks = [TaskDescription(name: "right", parameters: ["direction": [1]]),
                     TaskDescription(name: "left", parameters: ["direction": [-1]])]
        return Problem(environment: spaces, trainTasks: tasks, budget: TrainingBudget(steps), threads: threads) { task, copies in
            PointEnvironment(direction: task.parameters["direction"]![0], rewardFactor: rewardFactor, copies: copies)
        }
    }

    /// Return of one episode of a policy.
    public static func play(_ policy: any Policy, direction: Double) throws -> Double {
        var random = RandomStream(seed: 11)
        var player = EpisodePlayer(PointEnvironment(direction: direction))
        return try player.play(policy, using: &random).episodeReturn
    }
}
