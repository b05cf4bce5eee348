import Core

/// The position of an off-policy agent in its iterations. Each iteration collects from some tasks and then takes gradient steps. Before the
/// first one the agent collects from every task once.
public struct OffPolicyIterations: Sendable {
    /// Iterations begun; 0 while the initial steps are collected.
    public private(set) var iteration = 0
    /// Tasks of this iteration that are yet to be collected from.
    public private(set) var waiting: [Int]
    /// Gradient steps of this iteration that are yet to be taken.
    public private(set) var updatesLeft = 0
    private var random: RandomStream
    private let tasks: Int
    private let tasksPerIteration: Int
    private let updatesPerIteration: Int

    /// Of `tasks` tasks, `tasksPerIteration` are collected from in each iteration, evenly drawn.
    public init(tasks: Int, tasksPerIteration: Int, updatesPerIteration: Int, random: RandomStream) {
        self.tasks = tasks
        self.tasksPerIteration = tasksPerIteration
        self.updatesPerIteration = updatesPerIteration
        self.random = random
        waiting = Array(0..<tasks)
    }

    /// Whether this iteration is complete.
    public var isOver: Bool { waiting.isEmpty && updatesLeft == 0 }
    /// Whether the initial steps are being collected.
    public var isInitial: Bool { iteration == 0 }

    /// Begins the next iteration: draws its tasks.
    public mutating func begin() {
        precondition(isOver, "an iteration begins when the one before is over")
        iteration += 1
        waiting = drawEvenly(tasksPerIteration, of: tasks, using: &random)
    }

    /// The first waiting task was collected from. The gradient steps come after the last one.
    public mutating func didCollect() {
        waiting.removeFirst()
        if waiting.isEmpty && !isInitial { updatesLeft = updatesPerIteration }
    }

    /// Gives up the tasks that are still waiting, because the budget is spent.
    public mutating func stopCollecting() {
        guard !waiting.isEmpty else { return }
        waiting = []
        if !isInitial { updatesLeft = updatesPerIteration }
    }

    /// Records that so many gradient steps were taken.
    public mutating func didUpdate(_ count: Int) { updatesLeft -= count }
}

extension OffPolicyIterations: Stateful {
    public mutating func codeState(_ coder: StateCoder) throws {
        try coder.count("iteration", &iteration)
        try coder.count("updatesLeft", &updatesLeft, most: updatesPerIteration)
        try coder.integers("collecting", &waiting, in: 0...tasks - 1)
        guard waiting.isEmpty || updatesLeft == 0 else {
            throw coder.invalid("collecting", "no task expected while \(updatesLeft) updates are left, found \(waiting)")
        }
        try coder.stream("random", &random)
    }
}
