import Agents
import Runs

/// Runs of a preset on a family that are longer or shorter than the preset's, because they were told so.
struct OtherLength: Equatable {
    let preset: String
    let family: String
    let unit: String
    /// Of the runs, in `unit`.
    let length: Int
    /// Of the preset's runs.
    let usual: Int
    /// Whose runs they are; empty where all of the family's runs have this length.
    let agents: [String]

    var isShorter: Bool { length < usual }

    /// `half-cheetah-dir` or `pearl on half-cheetah-dir`
    var place: String { agents.isEmpty ? family : "\(Format.list(agents)) on \(family)" }

    /// `half-cheetah-dir: runs of 400,000 steps, where preset paper has 2,400,000.`
    var sentence: String {
        "\(place): runs of \(Format.count(length)) \(unit), where preset \(preset) has \(Format.count(usual))."
    }

    /// Of runs whose preset has a length of its own for their family, in their unit.
    static func all(_ runs: [RunRecord], _ budgets: Budgets) -> [OtherLength] {
        struct Kind: Hashable { let preset: String, family: String, unit: String, length: Int }
        func kindOf(_ run: RunRecord) -> Kind { Kind(preset: run.preset, family: run.family, unit: run.budgetUnit, length: run.totalSteps) }
        return runs.map(kindOf).unique.compactMap { kind in
            guard let preset = Preset(rawValue: kind.preset), let unit = BudgetUnit(rawValue: kind.unit),
                // A variant of a family has a name that no budget knows.
                budgets.names(kind.family, preset: preset),
                let usual = try? budgets.budget(preset: preset, family: kind.family, unit: unit).amount, usual != kind.length
            else { return nil }
            let own = runs.filter { $0.family == kind.family }, agents = own.filter { kindOf($0) == kind }.map(\.agent)
            return OtherLength(
                preset: kind.preset, family: kind.family, unit: kind.unit, length: kind.length, usual: usual,
                agents: agents.count == own.count ? [] : agents.unique)
        }
    }
}
