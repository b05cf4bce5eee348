/// The two disjoint sets of tasks of a family.
public enum TaskSet: String, Sendable, Codable, CaseIterable {
    case train, test
}

/// One task of a family, as numbers: what a run records and what makes the task again.
public struct TaskDescription: Sendable, Codable, Equatable {
    /// Short and unique within its family and set, for tables and curves: `forward`, `v=1.53`, `params-03`.
    public var name: String
    /// Named parameters, e.g. `["velocity": [1.53]]`.
    public var parameters: [String: [Double]]

    public init(name: String, parameters: [String: [Double]]) {
        self.name = name
        self.parameters = parameters
    }
}

/// A family of tasks that share observation and action spaces, e.g. a half cheetah that is to run forward or backward.
public protocol TaskFamily: Sendable {
    /// As in commands: `half-cheetah-dir`.
    var name: String { get }
    /// One sentence.
    var summary: String { get }
    var description: EnvironmentDescription { get }

    /// The tasks of a set, drawn once from `seed` (1337 unless told), apart from any run's own seed, so that every agent
    /// meets the same tasks.
    func tasks(_ set: TaskSet, seed: UInt64) -> [TaskDescription]

    /// Throws when the task's parameters are not this family's, or its model can't be loaded.
    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment
}
