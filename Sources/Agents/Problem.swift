import Core
import Environments

/// What the budget of an agent's training is counted in.
public enum BudgetUnit: String, Codable, Sendable, CaseIterable {
    /// Environment steps, all training tasks together.
    case steps
    /// Rounds or iterations of the agent's algorithm.
    case rounds
    /// Whole trajectories, all training tasks together.
    case trajectories
}

/// How long an agent trains.
public struct TrainingBudget: Codable, Sendable, Equatable {
    public var unit: BudgetUnit
    /// At least 1.
    public var amount: Int
    /// The amounts that there were before, in their order: the user gave the run another length while it was stopped.
    public var earlier: [EarlierBudget]

    public init(_ amount: Int, _ unit: BudgetUnit = .steps, earlier: [EarlierBudget] = []) {
        self.amount = amount
        self.unit = unit
        self.earlier = earlier
    }
}

/// A budget that a run had until it got another one.
public struct EarlierBudget: Codable, Sendable, Equatable {
    public var amount: Int
    /// How much of it was spent when the run got the next one.
    public var spent: Int

    public init(amount: Int, spent: Int) {
        self.amount = amount
        self.spent = spent
    }
}

/// The problem that an agent solves: tasks to train on, how to make their environments, how long it may train and on how many threads.
public struct Problem: Sendable {
    /// Spaces and episode limit, the same for all tasks (but see `EnvironmentDescription.episodeLimit`).
    public var environment: EnvironmentDescription
    /// At least one.
    public var trainTasks: [TaskDescription]
    /// Of the whole run, in the agent's own unit (`Agent.budgetUnit`).
    public var budget: TrainingBudget
    /// Threads that the agent may use; results are the same bits for every number.
    public var threads: Int
    /// Makes an environment of a task with so many copies; called on any thread.
    public var makeEnvironment: @Sendable (_ task: TaskDescription, _ copies: Int) throws -> any Environment

    public init(
        environment: EnvironmentDescription, trainTasks: [TaskDescription], budget: TrainingBudget, threads: Int,
        makeEnvironment: @escaping @Sendable (TaskDescription, Int) throws -> any Environment
    ) {
        self.environment = environment
        self.trainTasks = trainTasks
        self.budget = budget
        self.threads = threads
        self.makeEnvironment = makeEnvironment
    }

    /// Environment steps of the whole run, for agents whose budget is counted in them.
    public var totalSteps: Int {
        precondition(budget.unit == .steps, "the budget is in \(budget.unit.rawValue), not in environment steps")
        return budget.amount
    }

    /// A training task's share of `totalSteps` where all tasks get equally many. Earlier versions gave the steps that remain to other tasks: the checkpoints
    /// of such a run have one step more in some.
    public func steps(ofTask index: Int) -> Int { share(of: totalSteps, task: index) }

    /// The shares of all tasks add up to `amount` exactly: the first tasks get one more where it does not divide. No share of a larger amount is smaller, so
    /// that a run can be made longer.
    func share(of amount: Int, task index: Int) -> Int {
        amount / trainTasks.count + (index < amount % trainTasks.count ? 1 : 0)
    }
}

extension Problem {
    /// Throws `UnsupportedSpace` unless observations are vectors and actions vectors in -1...1, `SettingError` where there is no training task:
    /// what every agent with a Gaussian policy needs.
    public func requireContinuousSpaces(agent: String) throws {
        guard case .box(_, -1, 1) = environment.action, case .box = environment.observation else {
            throw UnsupportedSpace(agent: agent, needs: "continuous observations and continuous actions in -1...1")
        }
        guard !trainTasks.isEmpty else { throw SettingError("tasks", "at least one training task expected") }
    }
}
