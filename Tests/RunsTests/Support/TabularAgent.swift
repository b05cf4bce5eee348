import Agents
import Core
import Environments

enum Exploration: String, Codable, CaseIterable { case constant, decaying }

struct TabularSettings: AgentSettings {
    var learningRate: Float = 0.4
    var discount = 0.9
    var exploration = Exploration.decaying
    var exploringShare = 0.4
    var blockSteps = 7
    var averages = true
    var hiddenSizes = [8, 8]
    var note = "plain"
    var clip: Double?
    /// For tests of failures: the step at which a loss becomes NaN; 0 for never.
    var breaksAt = 0

    static var changes: [SettingChange] {
        [.removed("greedy", value: "false", instead: "use another agent"), .added("blockSteps", value: "7")]
    }

    func validate() throws {
        if !(0...1).contains(learningRate) { throw SettingError("learningRate", "a number in 0...1 expected, found \(learningRate)") }
    }
}

/// Q-learning by table: one table a training task, and a meta table that is their mean. It adapts by learning on for a
/// few episodes. It pauses in the middle of episodes, so that a checkpoint has to carry the environments too.
final class TabularAgent: MetaAgent {
    static let name = "tabular"
    static let summary = "Q-learning by table."

    private let problem: Problem
    private let settings: TabularSettings
    private var environments: [any Environment]
    private var batches: [StepBatch]
    private var tables: [[Float]]
    private var random: RandomStream
    private var task = 0
    private var needsReset: [Bool]
    private(set) var progress = AgentProgress()
    private var blocks = 0

    init(problem: Problem, settings: TabularSettings, random: RandomStreams) throws {
        self.problem = problem
        self.settings = settings
        environments = try problem.trainTasks.map { try problem.makeEnvironment($0, 1) }
        batches = problem.trainTasks.map { _ in StepBatch(copies: 1, observationColumns: 1) }
        tables = problem.trainTasks.map { _ in Array(repeating: 0, count: LineFamily.cells * 2) }
        needsReset = problem.trainTasks.map { _ in true }
        self.random = random["collection"]
    }

    var policies: [AgentPolicy] { [.meta, .personal { [self] in GreedyTable(tables[$0]) }] }

    /// A round is three blocks: marks and evaluations do not coincide.
    func train(_ session: any TrainingSession) throws {
        while progress.environmentSteps < problem.totalSteps {
            let metrics = try trainBlock()
            blocks += 1
            let isRoundEnd = blocks % 3 == 0 || progress.environmentSteps == problem.totalSteps
            if isRoundEnd { progress.rounds += 1 }
            try session.pause(metrics, endsRound: isRoundEnd)
        }
    }

    private func trainBlock() throws -> [String: Double] {
        var rewards = 0.0
        for _ in 0..<min(settings.blockSteps, problem.totalSteps - progress.environmentSteps) {
            if settings.breaksAt > 0, progress.environmentSteps >= settings.breaksAt {
                throw TrainingError.nonFinite("criticLoss", update: progress.gradientUpdates, task: task)
            }
            let done = Double(progress.environmentSteps) / Double(problem.totalSteps)
            let share = settings.exploration == .constant ? settings.exploringShare : settings.exploringShare * (1 - done)
            try Self.step(
                environments[task], &batches[task], &tables[task], share, settings, needsReset: &needsReset[task], &random)
            rewards += Double(batches[task].rewards[0])
            progress.environmentSteps += 1
            progress.gradientUpdates += 1
        }
        task = (task + 1) % problem.trainTasks.count
        var metrics = ["reward": rewards / Double(settings.blockSteps)]
        if progress.environmentSteps > 50 { metrics["largestValue"] = Double(tables.flatMap { $0 }.max() ?? 0) }
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

    func adapt(
        to environment: any Environment, as policy: String, episodes: Int, using random: inout RandomStream
    ) throws -> Adaptation {
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
        return Adaptation(policy: GreedyTable(table), episodeReturns: returns, steps: steps)
    }

    func codeState(_ coder: StateCoder) throws {
        for index in tables.indices {
            try coder.floats("networks/task-\(index)/table", &tables[index], shape: [LineFamily.cells * 2])
            try coder.object("task-\(index)/environment", environments[index])
            try coder.floats("task-\(index)/observation", &batches[index].observations, shape: [1])
        }
        try coder.flags("needsReset", &needsReset, count: tables.count)
        try coder.count("task", &task, most: tables.count - 1)
        try coder.count("environmentSteps", &progress.environmentSteps, most: problem.totalSteps)
        try coder.count("gradientUpdates", &progress.gradientUpdates)
        try coder.count("rounds", &progress.rounds)
        try coder.count("blocks", &blocks)
        try coder.stream("random/collection", &random)
    }
}
