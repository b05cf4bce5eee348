import Agents

/// How long a run is and how often it is evaluated and saved: the same for every agent on a family.
public struct Budget: Codable, Sendable, Equatable {
    /// Environment steps of the whole run, all training tasks together.
    public var steps: Int
    /// Environment steps between two evaluations, or every round.
    public var evaluateEvery: EvaluationInterval
    /// Environment steps between two checkpoints; 0 for one at the end only.
    public var checkpointEvery: Int
    /// Deterministic episodes a task and evaluation.
    public var evaluationEpisodes: Int
    /// Episodes an agent may adapt for.
    public var adaptationEpisodes: Int

    public init(
        steps: Int, evaluateEvery: EvaluationInterval, checkpointEvery: Int, evaluationEpisodes: Int = 5, adaptationEpisodes: Int = 2
    ) {
        self.steps = steps
        self.evaluateEvery = evaluateEvery
        self.checkpointEvery = checkpointEvery
        self.evaluationEpisodes = evaluationEpisodes
        self.adaptationEpisodes = adaptationEpisodes
    }

    /// More steps than any machine can take; sums and products of them still fit into an integer.
    static let mostSteps = 1_000_000_000_000
    private static let mostEpisodes = 100_000

    /// The first number that can't be meant: its key and what was expected; nil where all are fine.
    public var fault: (key: String, reason: String)? {
        for (key, value, least, most) in [
            ("steps", steps, 1, Self.mostSteps), ("evaluateEvery", evaluateEvery.number ?? 0, 0, Self.mostSteps),
            ("checkpointEvery", checkpointEvery, 0, Self.mostSteps),
            ("evaluationEpisodes", evaluationEpisodes, 1, Self.mostEpisodes),
            ("adaptationEpisodes", adaptationEpisodes, 0, Self.mostEpisodes),
        ] {
            if value < least { return (key, "at least \(least) expected, found \(value)") }
            if value > most { return (key, "at most \(grouped(most)) expected, found \(value)") }
        }
        return nil
    }
}

/// `assets/budgets.yaml`: a budget for each preset and family; the entry `default` serves families that have none.
public struct Budgets: Sendable {
    public let path: String
    private let table: [String: [String: Budget]]

    /// Throws `ConfigurationError` with file, line and key, or `GaitError.input`.
    public init(contentsOf path: String) throws {
        self.path = path
        let root = try ConfigurationValue(contentsOf: path)
        table = try root.decode([String: [String: Budget]].self, origin: .file(path))
        for (preset, families) in table.sorted(by: { $0.key < $1.key }) {
            for (family, budget) in families.sorted(by: { $0.key < $1.key }) {
                guard let fault = budget.fault else { continue }
                throw ConfigurationError(
                    origin: .file(path), line: root[preset]?[family]?[fault.key]?.line, key: "\(preset).\(family).\(fault.key)",
                    reason: fault.reason)
            }
        }
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
