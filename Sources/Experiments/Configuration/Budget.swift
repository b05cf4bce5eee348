import Agents

/// How long a run is and how often it is evaluated and saved: the same for every agent on a family.
public struct Budget: Codable, Sendable, Equatable {
    /// Environment steps of the whole run, all training tasks together.
    public var steps: Int
    /// Environment steps between two evaluations; 0 for none.
    public var evaluateEvery: Int
    /// Environment steps between two checkpoints; 0 for one at the end only.
    public var checkpointEvery: Int
    /// Deterministic episodes a task and evaluation.
    public var evaluationEpisodes: Int
    /// Episodes an agent may adapt for.
    public var adaptationEpisodes: Int

    public init(
        steps: Int, evaluateEvery: Int, checkpointEvery: Int, evaluationEpisodes: Int = 5, adaptationEpisodes: Int = 2
    ) {
        self.steps = steps
        self.evaluateEvery = evaluateEvery
        self.checkpointEvery = checkpointEvery
        self.evaluationEpisodes = evaluationEpisodes
        self.adaptationEpisodes = adaptationEpisodes
    }
}

/// `assets/budgets.yaml`: a budget for each preset and family; the entry `default` serves families that have none.
public struct Budgets: Sendable {
    public let path: String
    private let table: [String: [String: Budget]]

    /// Throws `ConfigurationError` with file, line and key, or `GaitError.input`.
    public init(contentsOf path: String) throws {
        self.path = path
        table = try ConfigurationValue(contentsOf: path).decode([String: [String: Budget]].self, origin: .file(path))
    }

    /// Throws `ConfigurationError` when neither the family nor `default` has an entry.
    public subscript(preset: Preset, family: String) -> Budget {
        get throws {
            let families = table[preset.rawValue] ?? [:]
            if let budget = families[family] ?? families["default"] { return budget }
            throw ConfigurationError(
                origin: .file(path), key: "\(preset.rawValue).\(family)",
                reason: "a budget for this family, or one called 'default', is missing")
        }
    }
}
