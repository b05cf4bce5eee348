import Agents
import Core
import Environments
import Foundation
import Grids
import Launching
import Runs
import TestEnvironments
import Testing

private let registry = Registry(agents: [AgentEntry(AveragingAgent.self)], families: [FamilyEntry(Gridworld.self)])

/// Experiments whose seeds have tasks of their own.
@Suite struct TaskSeedTests {
    private let folder: TemporaryFolder
    private let budgets: Budgets

    init() throws {
        folder = try TemporaryFolder()
        budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {rounds: 4, evaluateEvery: round, checkpointEvery: 0, evaluationEpisodes: 1, adaptationEpisodes: 0}}", "budgets.yaml"))
    }

    private var context: RunContext { RunContext(registry: registry, versions: testVersions, command: "gait") }

    private func experiment(_ more: String) throws -> Experiment {
        let agents = "[averaging, {agent: averaging, name: other}]"
        return try Experiment(
            contentsOf: folder.write("name: demo\ntitle: A\nagents: \(agents)\nfamilies: [gridworld]\nseeds: {quick: 4-5}\n\(more)", "demo.yaml"),
            registry: registry)
    }

    @Test func everySeedHasTasksOfItsOwnTheSameForAllAgents() throws {
        let sweep = try Sweep(experiment: experiment("taskSeed: perSeed"), preset: .quick, folder: folder.path + "/runs", executable: "gait")
        let plan = try sweep.plan(budgets: budgets, context: context)
        for run in plan { #expect(sweep.command(run).joined(separator: " ").contains("--task-seed perSeed")) }
        func configuration(_ seed: UInt64, _ taskSeed: TaskSeed) throws -> RunConfiguration {
            var request = RunRequest(agent: "averaging", family: "gridworld", preset: .quick)
            (request.seed, request.taskSeed) = (seed, taskSeed)
            return try Run.configuration(request, budgets: budgets, context: context)
        }
        let four = try configuration(4, .perSeed), five = try configuration(5, .perSeed)
        #expect(four.taskSeed == 4 && four.tasksPerSeed && four.trainTasks != five.trainTasks)
        #expect(try four.trainTasks == Gridworld().tasks(.train, seed: 4))
        // Kept in the file, and a difference between runs even where the tasks are the same.
        let file = try folder.write(four.yaml(), "config.yaml")
        let read = try RunConfiguration(contentsOf: file)
        #expect(read == four && read.firstDifference(to: four) == nil)
        let fixed = try configuration(4, .fixed(4))
        #expect(fixed.trainTasks == four.trainTasks && fixed.firstDifference(to: four)?.key == "tasksPerSeed")
        #expect(try !fixed.yaml().contains("tasksPerSeed"))
    }

    @Test func anExperimentMayNameTheSeedOfItsTasks() throws {
        #expect(try experiment("").taskSeed == .standard && experiment("taskSeed: 7").taskSeed == .fixed(7))
        let found = problem { try experiment("taskSeed: perRun") }
        #expect(found.text.contains("'taskSeed'") && found.text.contains("a whole number or 'perSeed' expected, found 'perRun'"))
        let sweep = try Sweep(experiment: experiment("taskSeed: 7"), preset: .quick, folder: folder.path + "/runs", executable: "gait")
        let plan = try sweep.plan(budgets: budgets, context: context)
        #expect(sweep.command(plan[0]).joined(separator: " ").contains("--task-seed 7"))
        let plain = try Sweep(experiment: experiment(""), preset: .quick, folder: folder.path + "/runs", executable: "gait")
        #expect(try !plain.command(plain.plan(budgets: budgets, context: context)[0]).contains("--task-seed"))
    }
}

/// What evaluations record beside episodes.
@Suite struct EvaluationMeasureTests {
    private final class Walker: Agent {
        static let name = "walker"
        static let summary = "Walks right."
        let progress = AgentProgress()
        init(problem: Problem, settings: TabularSettings, random: RandomStreams) {}
        func train(_ session: any TrainingSession) throws {}
        func codeState(_ coder: StateCoder) throws {}
        var policies: [AgentPolicy] { [.ready("right", title: "right", on: .all) { _ in [Right()] }] }

        final class Right: MeasuredPolicy {
            func act(_ observation: [Float], into action: inout [Float], mode: ActingMode, using random: inout RandomStream) { action[0] = 2 }
            var measures: [String: Double] { ["courage": 0.5] }
        }
    }

    @Test func theBestReturnAndAPolicysOwnNumbersAreRecordedOnce() throws {
        let family = try Gridworld()
        var configuration = try smallRun()
        configuration.trainTasks = [TaskDescription(name: "4x4", parameters: ["size": [4], "landmark": [3, 2], "slip": [0]])]
        configuration.testTasks = configuration.trainTasks
        let agent = Walker(
            problem: Problem(
                environment: family.description, trainTasks: configuration.trainTasks, budget: TrainingBudget(1, .steps), threads: 1,
                makeEnvironment: { try family.makeEnvironment($0, copies: $1) }),
            settings: TabularSettings(), random: RandomStreams(seed: 1))
        let records = try #require(try Evaluation(configuration: configuration, family: family).run(agent, step: 3, episodes: 2))
        #expect(records.map(\.metric) == ["return", "length", "return", "length", "courage", "bestReturn"])
        // Distances 4, 3, 2 on the first row, then 2 to the end after 16 steps; at best 4, 3, 2, 1, 0.
        #expect(records[0].value == -(4 + 3 + 2 * 14) && records[4].value == 0.5 && records[5].value == -10)
        #expect(records[4].episode == nil && records[5].phase == .evaluation)
    }
}
