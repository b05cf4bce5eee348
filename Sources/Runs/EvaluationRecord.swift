import Agents
import Core
import Environments
import Formats

/// One episode of an evaluation: a row of evaluations.csv.
public struct EvaluationRecord: Sendable, Equatable, Codable {
    public enum Policy: String, Sendable, Codable, CaseIterable {
        /// The agent after a fresh adaptation to the task.
        case meta
        /// The agent's own policy of one of its training tasks, where it keeps one.
        case personal
    }
    public enum Phase: String, Sendable, Codable, CaseIterable {
        /// The agent is still getting to know the task.
        case adaptation
        /// A deterministic episode afterwards.
        case evaluation
    }
    /// Environment steps of training so far.
    public var step: Int
    public var taskSet: TaskSet
    public var task: String
    public var policy: Policy
    public var phase: Phase
    /// From 0 within its phase.
    public var episode: Int
    public var episodeReturn: Double
    /// Steps of the episode; nil for adaptation episodes, which the agent runs itself.
    public var length: Int?
    /// Environment steps that the agent spent adapting to this task before.
    public var adaptationSteps: Int
    /// The episode ended because the physics became unstable.
    public var unstable: Bool

    public init(
        step: Int, taskSet: TaskSet, task: String, policy: Policy, phase: Phase, episode: Int, episodeReturn: Double,
        length: Int?, adaptationSteps: Int, unstable: Bool
    ) {
        self.step = step
        self.taskSet = taskSet
        self.task = task
        self.policy = policy
        self.phase = phase
        self.episode = episode
        self.episodeReturn = episodeReturn
        self.length = length
        self.adaptationSteps = adaptationSteps
        self.unstable = unstable
    }

    public static let columns = [
        "step", "task_set", "task", "policy", "phase", "episode", "return", "length", "adaptation_steps", "unstable",
    ]

    /// Fields by column.
    public var fields: [String: String] {
        [
            "step": "\(step)", "task_set": taskSet.rawValue, "task": task, "policy": policy.rawValue, "phase": phase.rawValue,
            "episode": "\(episode)", "return": "\(episodeReturn)", "length": length.map { "\($0)" } ?? "",
            "adaptation_steps": "\(adaptationSteps)", "unstable": unstable ? "1" : "0",
        ]
    }

    /// Reads evaluations.csv; a torn last line is left out. Throws `TableError` or `GaitError.input` naming file and
    /// line, or `FileError`.
    public static func read(_ path: String) throws -> [EvaluationRecord] {
        let table = try TableFile.read(path)
        for column in columns where !table.columns.contains(column) {
            throw GaitError.input("\(path), line 1: the column '\(column)' is missing")
        }
        return try table.rows.enumerated().map { index, row in
            let field = Dictionary(zip(table.columns, row), uniquingKeysWith: { first, _ in first })
            guard let step = field["step"].flatMap({ Int($0) }), let set = field["task_set"].flatMap({ TaskSet(rawValue: $0) }),
                let task = field["task"], let policy = field["policy"].flatMap({ Policy(rawValue: $0) }),
                let phase = field["phase"].flatMap({ Phase(rawValue: $0) }), let episode = field["episode"].flatMap({ Int($0) }),
                let value = field["return"].flatMap({ Double($0) }), let steps = field["adaptation_steps"].flatMap({ Int($0) })
            else {
                throw GaitError.input("\(path), line \(index + 2): not a row of step, task set, task, policy, phase, episode, return")
            }
            return EvaluationRecord(
                step: step, taskSet: set, task: task, policy: policy, phase: phase, episode: episode, episodeReturn: value,
                length: field["length"].flatMap { Int($0) }, adaptationSteps: steps, unstable: field["unstable"] == "1")
        }
    }
}
