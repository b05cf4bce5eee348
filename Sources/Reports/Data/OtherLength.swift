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
    /// Whose runs they are; empty where all of the family's runs have this length.
    let agents: [String]

    var isShorter: Bool { length < usual }

    /// `half-cheetah-dir` or `pearl on half-cheetah-dir`
    var place: String { agents.isEmpty ? family : "\(Format.list(agents)) on \(family)" }

    /// `half-cheetah-dir: runs of 400,000 steps, where preset paper has 2,400,000.`
    var sentence: String {
        "\(place): runs of \(Format.count(length)) \(unit), where preset \(preset) has \(Format.count(usual))."
    }

    /// Nil where the run has the length of its preset, and where the preset has none of its own for the family in the run's unit.
    ///
    /// - Parameter runs: all of the report.
    private init?(_ run: RunRecord, among runs: [RunRecord], _ budgets: Budgets) {
        guard let preset = Preset(rawValue: run.preset), let unit = BudgetUnit(rawValue: run.budgetUnit),
            // A variant of a family has a name that no budget knows.
            budgets.names(run.family, preset: preset),
            let usual = try? budgets.budget(preset: preset, family: run.family, unit: unit).amount, usual != run.totalSteps
        else { return nil }
        let family = runs.filter { $0.family == run.family }
        let alike = family.filter { ($0.preset, $0.budgetUnit, $0.totalSteps) == (run.preset, run.budgetUnit, run.totalSteps) }
        self.preset = run.preset
        self.family = run.family
        self.unit = run.budgetUnit
        length = run.totalSteps
        self.usual = usual
        agents = alike.count == family.count ? [] : alike.map(\.agent).unique
    }

    /// Each once.
    static func all(_ runs: [RunRecord], _ budgets: Budgets) -> [OtherLength] {
        runs.compactMap { OtherLength($0, among: runs, budgets) }.unique
    }
}
