import Agents
import Core
import Environments

/// Two actions, of which the right one pays 1 and the other -1, for 10 steps. The right one is 1 in the task `one` and 0 in the task `zero`.
/// Observations are 1 and the share of the episode that is over. Any number of copies.
public final class ChoiceEnvironment: Environment {
    public static let spaces = EnvironmentDescription(
        observation: .unbounded(2), action: .discrete(count: 2), episodeLimit: 10, dynamicsVary: false, timeStep: 0)
    public let description = ChoiceEnvironment.spaces
    public let copies: Int
    public var unstableEpisodes: Int { 0 }
    public var random = RandomStream(seed: 0)
    private let right: Float
    private var elapsed: [Int]

    public init(right: Int, copies: Int = 1) {
        self.right = Float(right)
        self.copies = copies
        elapsed = Array(repeating: 0, count: copies)
    }

    public func reset(_ copy: Int, into batch: inout StepBatch) throws {
        elapsed[copy] = 0
        batch.truncated[copy] = false
        write(copy, &batch)
    }

    public func step(_ actions: [Float], into batch: inout StepBatch) throws {
        for copy in 0..<copies {
            precondition(elapsed[copy] < 10, "stepped beyond an episode's end")
            elapsed[copy] += 1
            batch.rewards[copy] = actions[copy] == right ? 1 : -1
            batch.truncated[copy] = elapsed[copy] == 10
            write(copy, &batch)
        }
    }

    private func write(_ copy: Int, _ batch: inout StepBatch) {
        batch.observations[2 * copy] = 1
        batch.observations[2 * copy + 1] = Float(elapsed[copy]) / 10
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.stream("random", &random)
        try coder.integers("elapsed", &elapsed, count: copies, in: 0...10)
    }

    /// The tasks `one` and `zero`, with a budget of rounds.
    public static func problem(rounds: Int, threads: Int = 1) -> Problem {
        let tasks = [TaskDescription(name: "one", parameters: ["right": [1]]), TaskDescription(name: "zero", parameters: ["right": [0]])]
        return Problem(environment: spaces, trainTasks: tasks, budget: TrainingBudget(rounds, .rounds), threads: threads) { task, copies in
            ChoiceEnvironment(right: Int(task.parameters["right"]?[0] ?? 0), copies: copies)
        }
    }

    /// Return of one episode of a policy on the task of a number.
    public static func play(_ policy: any Policy, task: Int) throws -> Double {
        var random = RandomStream(seed: 11), player = EpisodePlayer(ChoiceEnvironment(right: task == 0 ? 1 : 0))
        return try player.play(policy, using: &random).episodeReturn
    }
}
