import Agents
import Core
import Environments
import TabularPMetaRL
import TestEnvironments
import Testing

private let streams = RandomStreams(seed: 3)

@Suite struct TabularAgentTests {
    @Test func personalizedTablesFindTheShortestWays() throws {
        let problem = try gridworld(rounds: 40)
        let agent = try PMetaQ(problem: problem, settings: PMetaQSettings(), random: streams)
        let before = try agent.regrets("personal", problem)
        try agent.finish()
        let regrets = try agent.regrets("personal", problem)
        #expect(regrets.allSatisfy { (0..<10).contains($0) } && regrets.reduce(0, +) < 0.1 * before.reduce(0, +), "\(regrets) of \(before)")
        #expect(agent.progress.rounds == 40 && agent.progress.gradientUpdates == agent.progress.environmentSteps)
    }

    /// One table is enough where tasks agree.
    @Test func theAveragedTableSolvesTasksThatDoNotConflict() throws {
        let problem = try gridworld(rounds: 10, landmark: .corner)
        let agent = try QAveraging(problem: problem, settings: QLearningSettings(), random: streams)
        try agent.finish()
        #expect(try agent.regrets("average", problem) == [0, 0, 0, 0, 0])
    }

    /// Learning alone is pMeta-RL without the pull and with kept tables, to the bit.
    @Test func withoutThePullKeptTablesAreThoseOfLearningAlone() throws {
        var settings = PMetaQSettings()
        settings.proximalWeight = 0
        let tied = try PMetaQ(problem: gridworld(rounds: 4), settings: settings, random: streams)
        let alone = try QPerTask(problem: gridworld(rounds: 4), settings: QLearningSettings(), random: streams)
        try tied.finish()
        try alone.finish()
        for task in 0..<5 { #expect(try tied.table("personalized-\(task)") == alone.table("personalized-\(task)")) }
        #expect(try tied.table("meta") == Array(repeating: 0, count: 256), "without the pull nothing reaches the meta table")
        let averaged = try QAveraging(problem: gridworld(rounds: 4), settings: QLearningSettings(), random: streams)
        try averaged.finish()
        #expect(try averaged.table("personalized-0") != alone.table("personalized-0"))
    }

    @Test func whereThereIsARewardForLearningTablesLearnFromIt() throws {
        func tables(_ make: (Problem) throws -> any Agent) throws -> [[[Double]]] {
            let problem = try gridworld(rounds: 3)
            return try [problem, problem.withRewardsForLearning].map { problem in
                let agent = try make(problem)
                try agent.finish()
                return try (0..<5).map { try agent.table("personalized-\($0)") }
            }
        }
        for tables in [
            try tables { try PMetaQ(problem: $0, settings: PMetaQSettings(), random: streams) },
            try tables { try QAveraging(problem: $0, settings: QLearningSettings(), random: streams) },
            try tables { try QPerTask(problem: $0, settings: QLearningSettings(), random: streams) },
        ] { #expect(tables[0] == tables[1]) }
    }

    @Test func statesThatNoTaskHasKeepTheirValues() throws {
        let agent = try PMetaQ(problem: gridworld(rounds: 3, sizes: [3, 4]), settings: PMetaQSettings(), random: streams)
        try agent.finish()
        let meta = try agent.table("meta"), first = try agent.table("personalized-0")
        #expect(meta.count == 64 && meta.contains { $0 != 0 })
        // The first task has 3 x 3 of the 4 x 4 cells.
        for x in 0..<4 {
            for y in 0..<4 where x == 3 || y == 3 {
                #expect(first[(x * 4 + y) * 4..<(x * 4 + y + 1) * 4].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test func theAverageIsTheMeanOfTheLocalTables() throws {
        let agent = try QAveraging(problem: gridworld(rounds: 2, sizes: [4, 4, 4]), settings: QLearningSettings(), random: streams)
        try agent.finish()
        let local = try (0..<3).map { try agent.table("personalized-\($0)") }, average = try agent.table("average")
        for cell in average.indices { #expect(abs(average[cell] - (local[0][cell] + local[1][cell] + local[2][cell]) / 3) < 1e-12) }
        #expect(local[0] != local[1] && agent.policies.map(\.name) == ["average", "local"])
    }

    @Test(arguments: [0, 1, 2]) func restoringWithinARoundGivesTheSameBits(agent kind: Int) throws {
        func make(_ seed: UInt64, threads: Int = 1) throws -> any Agent {
            let problem = try gridworld(rounds: 3, threads: threads), random = RandomStreams(seed: seed)
            switch kind {
            case 0: return try PMetaQ(problem: problem, settings: PMetaQSettings(), random: random)
            case 1: return try QAveraging(problem: problem, settings: QLearningSettings(), random: random)
            default: return try QPerTask(problem: problem, settings: QLearningSettings(), random: random)
            }
        }
        let whole = try make(1, threads: 3)
        try whole.finish()
        for pauses in [1, 3, 5] {
            let first = try make(1), second = try make(2)
            try first.train(pauses: pauses)
            try StateCoder.restore(StateCoder.save(first), second)
            try second.finish()
            #expect(StateCoder.save(second).entries == StateCoder.save(whole).entries)
        }
    }

    /// Lambda 50 diverges with the default learning rates.
    @Test func divergentSettingsWarnAndRun() throws {
        final class Warned: TrainingSession {
            var warnings: [String] = [], metrics: [String: Double] = [:]
            func pause(_ metrics: [String: Double]) { self.metrics = metrics }
            func endRound(_ metrics: [String: Double]) { self.metrics = metrics }
            func warn(_ message: String) { warnings.append(message) }
        }
        var settings = PMetaQSettings()
        (settings.proximalWeight, settings.metaRate) = (50, 2)
        let agent = try PMetaQ(problem: gridworld(rounds: 5), settings: settings, random: streams), session = Warned()
        try agent.train(session)
        #expect(session.warnings.count == 4, "\(session.warnings)")
        for part in ["is 5.1; from 2 on", "is 5.0; above 1", "metaRate is 2.0", "have diverged in round 1"] {
            #expect(session.warnings.contains { $0.contains(part) }, "\(part)")
        }
        #expect(session.metrics["largestValue"] == 1e6 && session.metrics["divergedTasks"] == 5)
        #expect(try agent.table("meta").allSatisfy { abs($0) <= 1e6 })
        for name in ["meta", "personal"] { #expect((try agent.policy(name, task: 0) as? any MeasuredPolicy)?.measures == ["diverged": 1]) }
        let calm = try PMetaQ(problem: gridworld(rounds: 5), settings: PMetaQSettings(), random: streams), quiet = Warned()
        try calm.train(quiet)
        #expect(quiet.warnings.isEmpty)
        #expect((try calm.policy("personal", task: 0) as? any MeasuredPolicy)?.measures == [:])
    }

    @Test func spacesWithoutTablesAreRefused() throws {
        var problem = try gridworld(rounds: 1)
        problem.environment.masksActions = true
        #expect(throws: UnsupportedSpace.self) { try PMetaQ(problem: problem, settings: PMetaQSettings(), random: streams) }
        problem.environment.masksActions = false
        problem.environment.observation = .multiDiscrete(counts: [1000, 1000])
        #expect(throws: UnsupportedSpace.self) { try QAveraging(problem: problem, settings: QLearningSettings(), random: streams) }
        problem.environment.observation = .unbounded(2)
        #expect(throws: UnsupportedSpace.self) { try QPerTask(problem: problem, settings: QLearningSettings(), random: streams) }
    }
}
