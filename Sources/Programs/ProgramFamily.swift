import Core
import Environments
import Runs

/// A family that is a program of its own, in whatever language: for example Gymnasium environments. PROTOCOL.md says how it is talked to.
public struct ProgramFamily: TaskFamily {
    public static let name = "program"
    public static let summary = "a family that is a program of its own"
    /// The file's name without its ending.
    public let name: String
    public let description: EnvironmentDescription
    private let host: ProgramFamilyHost

    /// Throws `GaitError.usage`: a program is started by its path.
    public init(settings: NoSettings, assets: FamilyAssets) throws { throw GaitError.usage("a program is named by its path") }

    init(_ host: ProgramFamilyHost, name: String) throws {
        self.name = name
        self.host = host
        description = try host.description()
    }

    public func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription] { try host.tasks(set, seed: seed) }

    /// Throws `ProgramError`, for a task that the program does not know as well.
    public func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment {
        try ProgramEnvironment(host, family: name, task: task, description: description, copies: copies)
    }
}
