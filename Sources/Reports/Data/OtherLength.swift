import Agents
import Runs

/// Runs of a preset on a family that are longer or shorter than the preset's, because they were told so.
struct OtherLength: Hashable {
    let preset: String
    let family: String
    let unit: String
    /// Of the runs, in `unit`.
    let length: Int
    /// Of the preset's runs.
    let usual: Int

    var isShorter: Bool { length < usual }

    /// `half-cheetah-dir: runs of 400,000 steps, where preset paper has 2,400,000.`
    var sentence: String {
        "\(family): runs of \(Format.count(length)) \(unit), where preset \(preset) has \(Format.count(usual))."
    }

    /// Of runs whose preset is known and has a length in their unit; each once.
    static func all(_ runs: [RunRecord], _ budgets: Budgets) -> [OtherLength] {
        runs.compactMap { run in
            guard let preset = Preset(rawValue: run.preset), let unit = BudgetUnit(rawValue: run.budgetUnit),
                let usual = try? budgets.budget(preset: preset, family: run.family, unit: unit).amount, usual != run.totalSteps
            else { return nil }
            return OtherLength(preset: run.preset, family: run.family, unit: run.budgetUnit, length: run.totalSteps, usual: usual)
        }.unique
    }
}
