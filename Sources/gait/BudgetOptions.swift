import Agents
import ArgumentParser
import Runs

/// Lengths of runs where they depart from the preset's: agents count their budgets in different units.
struct BudgetOptions: ParsableArguments {
    @Option(parsing: .unconditional, help: "Length of a run in environment steps of all tasks together. Default: the preset's, or what a run has.")
    var steps: Int?

    @Option(parsing: .unconditional, help: "Length of a run in rounds, for agents that count rounds. Default: the preset's, or what a run has.")
    var rounds: Int?

    @Option(parsing: .unconditional, help: "Length of a run in trajectories, for agents that count trajectories. Default: the preset's, or what a run has.")
    var trajectories: Int?

    var amounts: [BudgetUnit: Int] {
        var amounts: [BudgetUnit: Int] = [:]
        amounts[.steps] = steps
        amounts[.rounds] = rounds
        amounts[.trajectories] = trajectories
        return amounts
    }

    /// As they were given.
    var words: [String] {
        BudgetUnit.allCases.flatMap { unit in amounts[unit].map { ["--\(unit.rawValue)", "\($0)"] } ?? [] }
    }
}
