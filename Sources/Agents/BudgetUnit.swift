/// What an agent's budget counts: environment steps of all training tasks together, the rounds of its algorithm, or trajectories.
public enum BudgetUnit: String, Codable, Sendable, CaseIterable {
    case steps, rounds, trajectories
}
