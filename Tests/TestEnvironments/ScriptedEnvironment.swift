import Agents
import Core
import Environments

/// Episodes that end as a script says, one entry after the other and again from its start, each copy by itself. Observations
/// count: the copy's episode, and the steps in it.
public final class ScriptedEnvironment: Environment {
    public enum End: Sendable { case terminated, truncated, unstable }
    public typealias Script = [(length: Int, end: End)]

    public static let spaces = EnvironmentDescription(
        observation: .unbounded(2), action: .box(size: 1, low: -1, high: 1), episodeLimit: 10, dynamicsVary: false, timeStep: 0)
    public let description = ScriptedEnvironment.spaces
    public let copies: Int
    public private(set) var unstableEpisodes = 0
    public var random = RandomStream(seed: 0)
    private let script: Script
    private var episodes: [Int]
    private var elapsed: [Int]

    public init(_ script: Script, copies: Int = 1) {
        self.script = script
        self.copies = copies
        episodes = Array(repeating: -1, count: copies)
        elapsed = Array(repeating: 0, count: copies)
    }

    public func reset(_ copy: Int, into batch: inout StepBatch) throws {
        episodes[copy] += 1
        elapsed[copy] = 0
        observe(copy, &batch)
        (batch.terminated[copy], batch.truncated[copy], batch.unstable[copy]) = (false, false, false)
    }

    public func step(_ actions: [Float], into batch: inout StepBatch) throws {
        for copy in 0..<copies {
            elapsed[copy] += 1
            let (length, end) = script[episodes[copy] % script.count]
            precondition(elapsed[copy] <= length, "stepped beyond an episode's end")
            let isOver = elapsed[copy] == length
            batch.rewards[copy] = -actions[copy] * actions[copy]
            batch.terminated[copy] = isOver && end != .truncated
            batch.truncated[copy] = isOver && end == .truncated
            batch.unstable[copy] = isOver && end == .unstable
            if batch.unstable[copy] { unstableEpisodes += 1 } else { observe(copy, &batch) }
        }
    }

    private func observe(_ copy: Int, _ batch: inout StepBatch) {
        batch.observations[2 * copy] = Float(episodes[copy])
        batch.observations[2 * copy + 1] = Float(elapsed[copy])
    }

    public func codeState(_ coder: StateCoder) throws {
        try coder.stream("random", &random)
        try coder.integers("episodes", &episodes, count: copies)
        try coder.integers("elapsed", &elapsed, count: copies)
        try coder.count("unstableEpisodes", &unstableEpisodes)
    }

    /// Two tasks with the same script.
    public static func problem(_ script: Script, steps: Int) -> Problem {
        let tasks = ["one", "two"].map { TaskDescription(name: $0, parameters: [:]) }
        return Problem(environment: spaces, trainTasks: tasks, budget: TrainingBudget(steps), threads: 1) { _, copies in
            ScriptedEnvironment(script, copies: copies)
        }
    }
}
