import Core
import Foundation

/// The two disjoint sets of tasks of a family.
public enum TaskSet: String, Sendable, Codable, CaseIterable {
    case train, test
}

/// One task of a family as numbers: what a run records, and from which the task can be made again.
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

/// A family's settings: how many tasks there are, in which ranges they are drawn, which variant of the environment is meant.
public protocol FamilySettings: ValidatedSettings {
    /// The family with its default settings.
    init()
}

/// The settings of a family that has none.
public struct NoSettings: FamilySettings {
    public init() {}
    public func validate() throws {}
}

/// Where families find their files. Making one reads no file, so that families can be listed even if the files are missing.
public struct FamilyAssets: Sendable {
    /// The project's assets folder.
    public var folder: URL
    /// The model files (`.xml`).
    public var models: URL { folder.appendingPathComponent("models") }

    /// For families without files: `assets` of the current folder, which they never look into.
    public init() { self.init(folder: URL(fileURLWithPath: "assets")) }
    public init(folder: URL) { self.folder = folder }
}

/// A family of tasks that share observation and action spaces, e.g. a half cheetah that runs forward or backward.
public protocol TaskFamily: Sendable {
    associatedtype Settings: FamilySettings

    /// As in commands: `half-cheetah-dir`.
    static var name: String { get }
    /// One sentence.
    static var summary: String { get }

    /// As in commands; the type's by default.
    var name: String { get }

    /// Reads no file. Throws `SettingError` for an invalid setting.
    init(settings: Settings, assets: FamilyAssets) throws

    /// What an agent knows of every task; it may depend on the settings.
    var description: EnvironmentDescription { get }

    /// The tasks of a set, drawn once from `seed` (default of the commands: 1337), independent of a run's seed, so that all agents
    /// have the same tasks. Throws where the settings leave no such tasks.
    func tasks(_ set: TaskSet, seed: UInt64) throws -> [TaskDescription]

    /// Throws when the task's parameters are not this family's, or its model can't be loaded.
    func makeEnvironment(_ task: TaskDescription, copies: Int) throws -> any Environment
}

extension TaskFamily {
    /// As in commands.
    public var name: String { Self.name }
    /// One sentence.
    public var summary: String { Self.summary }

    /// The family with its default settings. Reads no file.
    public init(assets: FamilyAssets = FamilyAssets()) throws { try self.init(settings: Settings(), assets: assets) }
}
