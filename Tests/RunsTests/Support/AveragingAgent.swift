import Agents
import Core
import Environments

struct AveragingSettings: AgentSettings {
    var learningRate: Float = 0.4
    var stepsPerRound = 30
    /// For tests of faults: `returns` with budget left, `silent` never pauses, `idle` pauses and does nothing, `wasteful` takes a round too many.
    var fault = Fault.none

    enum Fault: String, Codable, CaseIterable { case none, returns, silent, idle, wasteful }

    func validate() throws {}
}

/// Q-learning by table whose budget is counted in rounds: every task learns by itself, and at a round's end the tables are averaged.
/// It does not adapt: its policies are the mean, on every task, and each task's own table on the training tasks.
final class AveragingAgent: Agent {
    static let name = "averaging"
    static let summary = "Q-learning by table, averaged at every round's end."
    static let budgetUnit = BudgetUnit.rounds

    private let problem: Problem
    private let settings: AveragingSettings
    private let environments: [any Environment]
    private var average = [Float](repeating: 0, count: LineFamily.cells * 2)
    private var tables: [[Float]]
    private var random: RandomStream
    private var task = 0
    private(set) var progress = AgentProgress()

    init(problem: Problem, settings: AveragingSettings, random: RandomStreams) throws {
        self.problem = problem
        self.settings = settings
        environments = try problem.trainTasks.map { try problem.makeEnvironment($0, 1) }
        tables = problem.trainTasks.map { _ in Array(repeating: 0, count: LineFamily.cells * 2) }
        self.random = random["collection"]
    }

    var policies: [AgentPolicy] {
        [
            .ready("average", title: "averaged table", on: .all) { [self] _ in [GreedyTable(average)] },
            .ready("own", title: "each task's table", on: .training) { [self] task in task.map { [GreedyTable(tables[$0])] } ?? [] },
            .ready("others", title: "all tables", on: .all) { [self] _ in tables.map(GreedyTable.init) },
        ]
    }

    func train(_ session: any TrainingSession) throws {
        let rounds = problem.budget.amount + (settings.fault == .wasteful ? 1 : 0)
        while progress.rounds < rounds {
            if settings.fault == .returns, progress.rounds == 2 { return }
            if settings.fault == .idle { try session.pause([:]) }
            while settings.fault != .idle, task < tables.count {
                try learn(task)
                task += 1
                if task < tables.count, settings.fault != .silent { try session.pause([:]) }
            }
            guard settings.fault != .idle else { continue }
            task = 0
            average = average.indices.map { i in tables.reduce(0) { $0 + $1[i] } / Float(tables.count) }
            progress.rounds += 1
            if settings.fault != .silent { try session.endRound(["largestValue": Double(average.max() ?? 0)]) }
        }
    }

    /// Whole episodes of at least `stepsPerRound` steps together.
    private func learn(_ task: Int) throws {
        var batch = StepBatch(copies: 1, observationColumns: 1), steps = 0
        while steps < settings.stepsPerRound {
            try environments[task].reset(0, into: &batch, using: &random)
            repeat {
                let cell = Int(batch.observations[0]), action = random.index(below: 2)
                try environments[task].step([Float(action)], into: &batch)
                let next = Int(batch.observations[0])
                let future = batch.terminated[0] ? 0 : max(tables[task][2 * next], tables[task][2 * next + 1])
                tables[task][2 * cell + action] += settings.learningRate * (batch.rewards[0] + 0.9 * future - tables[task][2 * cell + action])
                steps += 1
            } while !batch.terminated[0] && !batch.truncated[0]
        }
        progress.environmentSteps += steps
        progress.gradientUpdates += steps
    }

    func codeState(_ coder: StateCoder) throws {
        try coder.floats("networks/average", &average, shape: [LineFamily.cells * 2])
        for index in tables.indices { try coder.floats("networks/task-\(index)/table", &tables[index], shape: [LineFamily.cells * 2]) }
        try coder.count("task", &task, most: tables.count - 1)
        try coder.count("rounds", &progress.rounds, most: problem.budget.amount)
        try coder.count("environmentSteps", &progress.environmentSteps)
        try coder.count("gradientUpdates", &progress.gradientUpdates)
        try coder.stream("random/collection", &random)
    }
}

/// The better choice of a table at every cell.
final class GreedyTable: Policy {
    private let table: [Float]
    init(_ table: [Float]) { self.table = table }
    func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) {
        let cell = Int(observation[0])
        action[0] = table[2 * cell + 1] > table[2 * cell] ? 1 : 0
    }
}
