import Agents
import Core
import Environments

enum Exploration: String, Codable, CaseIterable { case constant, decaying }

struct TabularSettings: AgentSettings {
    var learningRate: Float = 0.4
    var discount = 0.9
    var exploration = Exploration.decaying
    var exploringShare = 0.4
    var sliceSteps = 7
    var averages = true
    var hiddenSizes = [8, 8]
    var note = "plain"
    var clip: Double?
    /// For tests of failures: the step at which a loss becomes NaN; 0 for never.
    var breaksAt = 0

    func validate() throws {
        if !(0...1).contains(learningRate) { throw SettingError("learningRate", "a number in 0...1 expected, found \(learningRate)") }
    }
}

/// Q-learning by table: one table a training task, and a meta table that is their mean. It adapts by learning on for a
/// few episodes. Slices end in the middle of episodes, so that a checkpoint has to carry the environments too.
final class TabularAgent: MetaAgent {
    static let name = "tabular"
    static let summary = "Q-learning by table."

    private let problem: MetaProblem
    private let settings: TabularSettings
    private var environments: [any Environment]
    private var batches: [StepBatch]
    private var tables: [[Float]]
    private var random: RandomStream
    private var task = 0
    private var needsReset: [Bool]
    private(set) var environmentSteps = 0
    private(set) var gradientUpdates = 0
    var unstableEpisodes: Int { 0 }

    init(problem: MetaProblem, settings: TabularSettings, random: RandomStreams) throws {
        self.problem = problem
        self.settings = settings
        environments = try problem.trainTasks.map { try problem.makeEnvironment($0, 1) }
        batches = problem.trainTasks.map { _ in StepBatch(copies: 1, observationColumns: 1) }
        tables = problem.trainTasks.map { _ in Array(repeating: 0, count: LineFamily.cells * 2) }
        needsReset = problem.trainTasks.map { _ in true }
        self.random = random["collection"]
    }

    /// Every third slice only: marks and evaluations do not coincide.
    var isEvaluationPoint: Bool { (environmentSteps / settings.sliceSteps) % 3 == 0 || environmentSteps == problem.totalSteps }

    func train() throws -> [String: Double] {
        var rewards = 0.0
        for _ in 0..<min(settings.sliceSteps, problem.totalSteps - environmentSteps) {
            if settings.breaksAt > 0, environmentSteps >= settings.breaksAt {
                throw TrainingError.nonFinite("criticLoss", update: gradientUpdates, task: task)
            }
            let done = Double(environmentSteps) / Double(problem.totalSteps)
            let share = settings.exploration == .constant ? settings.exploringShare : settings.exploringShare * (1 - done)
            try Self.step(
                environments[task], &batches[task], &tables[task], share, settings, needsReset: &needsReset[task], &random)
            rewards += Double(batches[task].rewards[0])
            environmentSteps += 1
            gradientUpdates += 1
        }
        task = (task + 1) % problem.trainTasks.count
        var metrics = ["reward": rewards / Double(settings.sliceSteps)]
        if environmentSteps > 50 { metrics["largestValue"] = Double(tables.flatMap { $0 }.max() ?? 0) }
        return metrics
    }

    private static func step(
        _ environment: any Environment, _ batch: inout StepBatch, _ table: inout [Float], _ share: Double, _ settings: TabularSettings,
        needsReset: inout Bool, _ random: inout RandomStream
    ) throws {
        if needsReset { try environment.reset(0, into: &batch, using: &random) }
        let cell = Int(batch.observations[0])
        let explores = Double(random.uniform()) < share
        let action = explores ? random.index(below: 2) : (table[2 * cell + 1] > table[2 * cell] ? 1 : 0)
        try environment.step([Float(action)], into: &batch)
        let next = Int(batch.observations[0])
        let future = batch.terminated[0] ? 0 : max(table[2 * next], table[2 * next + 1])
        let target = batch.rewards[0] + Float(settings.discount) * future
        table[2 * cell + action] += settings.learningRate * (target - table[2 * cell + action])
        needsReset = batch.terminated[0] || batch.truncated[0]
    }

    private var metaTable: [Float] {
        tables[0].indices.map { i in tables.map { $0[i] }.reduce(0, +) / Float(tables.count) }
    }

    func adapt(to environment: any Environment, episodes: Int, using random: inout RandomStream) throws -> Adaptation {
        var table = metaTable, returns: [Double] = [], steps = 0
        var batch = StepBatch(copies: 1, observationColumns: 1)
        for _ in 0..<episodes {
            var needsReset = true, total = 0.0
            repeat {
                try Self.step(environment, &batch, &table, settings.exploringShare, settings, needsReset: &needsReset, &random)
                total += Double(batch.rewards[0])
                steps += 1
            } while !needsReset
            returns.append(total)
        }
        return Adaptation(policy: Greedy(table: table), episodeReturns: returns, steps: steps)
    }

    func personalizedPolicy(task: Int) throws -> (any Policy)? { Greedy(table: tables[task]) }

    func saveState() -> StateDictionary {
        var state = StateDictionary()
        for (index, table) in tables.enumerated() {
            state.store(table, shape: [LineFamily.cells, 2], at: "networks/task-\(index)/table")
            state.store(environments[index], at: "task-\(index)/environment")
            state.store(batches[index].observations, at: "task-\(index)/observation")
        }
        state.store(needsReset.map { $0 ? 1 : 0 }, at: "needsReset")
        state.store([task, environmentSteps, gradientUpdates], at: "counters")
        state.store(random, at: "random/collection")
        return state
    }

    func restoreState(_ state: StateDictionary) throws {
        for index in tables.indices {
            tables[index] = try state.floats("networks/task-\(index)/table", count: LineFamily.cells * 2)
            try state.restore(environments[index], at: "task-\(index)/environment")
            batches[index].observations = try state.floats("task-\(index)/observation", count: 1)
        }
        needsReset = try state.integers("needsReset", count: tables.count).map { $0 == 1 }
        let counters = try state.integers("counters", count: 3)
        (task, environmentSteps, gradientUpdates) = (counters[0], counters[1], counters[2])
        random = try state.stream("random/collection")
    }
}

private final class Greedy: Policy {
    let table: [Float]
    init(table: [Float]) { self.table = table }
    func act(_ observation: [Float], into action: inout [Float]) {
        let cell = Int(observation[0])
        action[0] = table[2 * cell + 1] > table[2 * cell] ? 1 : 0
    }
}
