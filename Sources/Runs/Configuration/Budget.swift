import Agents
import Core

/// How long a run is and how often it is evaluated and saved: the same for every agent of a unit on a family.
public struct Budget: Sendable, Equatable {
    /// What `amount`, `evaluateEvery` and `checkpointEvery` count.
    public var unit: BudgetUnit
    /// Length of the whole run; of environment steps, those of all training tasks together.
    public var amount: Int
    /// Distance between two evaluations.
    public var evaluateEvery: EvaluationInterval
    /// Distance between two checkpoints; 0 for one at the end only.
    public var checkpointEvery: Int
    /// Deterministic episodes per task and evaluation.
    public var evaluationEpisodes: Int
    /// Episodes that an agent may adapt for.
    public var adaptationEpisodes: Int

    public init(
        unit: BudgetUnit = .steps, amount: Int, evaluateEvery: EvaluationInterval, checkpointEvery: Int, evaluationEpisodes: Int = 5,
        adaptationEpisodes: Int = 2
    ) {
        self.unit = unit
        self.amount = amount
        self.evaluateEvery = evaluateEvery
        self.checkpointEvery = checkpointEvery
        self.evaluationEpisodes = evaluationEpisodes
        self.adaptationEpisodes = adaptationEpisodes
    }

    /// A budget of environment steps.
    public init(
        steps: Int, evaluateEvery: EvaluationInterval, checkpointEvery: Int, evaluationEpisodes: Int = 5, adaptationEpisodes: Int = 2
    ) {
        self.init(
            amount: steps, evaluateEvery: evaluateEvery, checkpointEvery: checkpointEvery,
            evaluationEpisodes: evaluationEpisodes, adaptationEpisodes: adaptationEpisodes)
    }

    /// More than any machine can do; sums and products of such numbers still fit into an integer.
    static let most = 1_000_000_000_000
    package static let mostEpisodes = 100_000

    /// The first number that is out of range: its key and what was expected; nil where all are fine.
    public var fault: (key: String, reason: String)? {
        for (key, value, least, most) in [
            (unit.rawValue, amount, 1, Self.most), ("evaluateEvery", evaluateEvery.number ?? 0, 0, Self.most),
            ("checkpointEvery", checkpointEvery, 0, Self.most), ("evaluationEpisodes", evaluationEpisodes, 1, Self.mostEpisodes),
            ("adaptationEpisodes", adaptationEpisodes, 0, Self.mostEpisodes),
        ] {
            if let reason = Self.fault(value, least, most) { return (key, reason) }
        }
        return nil
    }

    package static func fault(_ value: Int, _ least: Int, _ most: Int) -> String? {
        if value < least { return "at least \(least) expected, found \(value)" }
        if value > most { return "at most \(grouped(most)) expected, found \(value)" }
        return nil
    }

    /// The same with another amount; the distances between evaluations and between checkpoints keep their proportion to it.
    func scaled(to amount: Int, unit: BudgetUnit) -> Budget {
        var result = self
        let proportion = Double(amount) / Double(max(1, self.amount))
        func scaled(_ every: Int) -> Int {
            every == 0 ? 0 : Int(min(Double(Self.most), max(1, (Double(every) * proportion).rounded())))
        }
        if let every = evaluateEvery.number { result.evaluateEvery = EvaluationInterval(scaled(every)) }
        result.checkpointEvery = scaled(checkpointEvery)
        result.amount = amount
        result.unit = unit
        return result
    }
}

/// `assets/budgets.yaml`: a budget for each preset and family; the entry `default` is for families without an entry.
public struct Budgets: Sendable {
    public let path: String
    private let table: [String: [String: Entry]]
    private let root: ConfigurationValue

    /// What a budget says in the file: lengths in one or several units. `evaluateEvery` and `checkpointEvery` are in the first of the units
    /// that the entry has, in the order steps, rounds, trajectories; in another unit they keep their proportion to the budget.
    private struct Entry: Codable {
        var steps: Int?
        var rounds: Int?
        var trajectories: Int?
        var evaluateEvery: EvaluationInterval
        var checkpointEvery: Int
        var evaluationEpisodes: Int
        var adaptationEpisodes: Int

        subscript(unit: BudgetUnit) -> Int? {
            switch unit {
            case .steps: steps
            case .rounds: rounds
            case .trajectories: trajectories
            }
        }

        var units: [BudgetUnit] { BudgetUnit.allCases.filter { self[$0] != nil } }

        func budget(_ unit: BudgetUnit) -> Budget {
            Budget(
                unit: unit, amount: self[unit] ?? 0, evaluateEvery: evaluateEvery, checkpointEvery: checkpointEvery,
                evaluationEpisodes: evaluationEpisodes, adaptationEpisodes: adaptationEpisodes)
        }
    }

    /// Throws `ConfigurationError` with file, line and key, or `GaitError.input`.
    public init(contentsOf path: String) throws {
        self.path = path
        root = try ConfigurationValue(contentsOf: path)
        table = try root.decode([String: [String: Entry]].self, origin: .file(path))
        for (preset, families) in table.sorted(by: { $0.key < $1.key }) {
            for (family, entry) in families.sorted(by: { $0.key < $1.key }) {
                guard !entry.units.isEmpty else {
                    throw ConfigurationError(
                        origin: .file(path), line: root[preset]?[family]?.line, key: "\(preset).\(family)",
                        reason: "a length expected: one or several of \(BudgetUnit.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                guard let fault = entry.units.compactMap({ entry.budget($0).fault }).first else { continue }
                throw ConfigurationError(
                    origin: .file(path), line: root[preset]?[family]?[fault.key]?.line, key: "\(preset).\(family).\(fault.key)",
                    reason: fault.reason)
            }
        }
    }

    /// The unit of a run of an agent that can count in several: the first of `units` that the budget of the preset and family is given in, of those
    /// for which a length is `given` elsewhere if there are any. The first of all where there is none, which `budget` then refuses.
    public func unit(preset: Preset, family: String, among units: [BudgetUnit], given: [BudgetUnit: Int] = [:]) -> BudgetUnit {
        let families = table[preset.rawValue] ?? [:], entry = families[family] ?? families["default"]
        let asked = units.filter { given[$0] != nil }, candidates = asked.isEmpty ? units : asked
        return candidates.first { entry?[$0] != nil } ?? candidates.first ?? .steps
    }

    /// Whether the preset has an entry for this family, other than `default`.
    public func names(_ family: String, preset: Preset) -> Bool { table[preset.rawValue]?[family] != nil }

    /// The budget of a preset and family in an agent's unit; `amount` where its length is given elsewhere.
    /// Throws `ConfigurationError` when neither the family nor `default` has an entry, or the entry has no length in that unit.
    public func budget(preset: Preset, family: String, unit: BudgetUnit, amount: Int? = nil) throws -> Budget {
        let families = table[preset.rawValue] ?? [:], name = families[family] == nil ? "default" : family
        guard let entry = families[name], let first = entry.units.first else {
            throw ConfigurationError(
                origin: .file(path), key: "\(preset.rawValue).\(family)",
                reason: "a budget for this family, or one called 'default', is missing")
        }
        guard let amount = amount ?? entry[unit] else {
            throw ConfigurationError(
                origin: .file(path), line: root[preset.rawValue]?[name]?.line, key: "\(preset.rawValue).\(name)",
                reason: "a budget in \(unit.rawValue) is missing, which this agent counts in: add `\(unit.rawValue): N`, or give "
                    + "--\(unit.rawValue) N")
        }
        let budget = entry.budget(first)
        return unit == first && amount == budget.amount ? budget : budget.scaled(to: amount, unit: unit)
    }

    /// The budget in environment steps.
    public subscript(preset: Preset, family: String) -> Budget {
        get throws { try budget(preset: preset, family: family, unit: .steps) }
    }
}
