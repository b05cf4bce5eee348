import Agents
import Core
import Testing

/// Looks at an agent wherever it pauses.
final class Pauses: TrainingSession {
    struct Stopped: Error {}
    private(set) var count = 0
    private(set) var rounds = 0
    private let agent: any Agent
    private let budget: TrainingBudget
    private let condition: () throws -> Bool
    private var idle = 0
    private var before = AgentProgress()

    init(_ agent: any Agent, budget: TrainingBudget, _ condition: @escaping () throws -> Bool) {
        self.agent = agent
        self.budget = budget
        self.condition = condition
        before = agent.progress
    }

    func pause(_ metrics: [String: Double]) throws {
        #expect(metrics.values.allSatisfy { $0.isFinite }, "\(metrics)")
        count += 1
        let progress = agent.progress
        try #require(progress.spent(in: budget.unit) <= budget.amount, "more is spent than there is")
        idle = progress == before ? idle + 1 : 0
        try #require(idle < 20, "neither acts nor learns at step \(progress.environmentSteps)")
        before = progress
        if try condition() { throw Stopped() }
    }

    func endRound(_ metrics: [String: Double]) throws {
        rounds += 1
        try pause(metrics)
    }
}
