import Core
import Environments
import Runs
import TestEnvironments
import Testing

/// Evaluation on tasks that a run does not have.
@Suite struct OwnTasksTests {
    @Test func parametersAreReadAsTablesShowThem() throws {
        #expect(try OwnTasks.task("velocity=2.2") == TaskDescription(name: "velocity=2.2", parameters: ["velocity": [2.2]]))
        let text = "force=20 goal=[0.3,-1e-1]"
        #expect(try OwnTasks.task(text) == TaskDescription(name: text, parameters: ["force": [20], "goal": [0.3, -0.1]]))
    }

    @Test(arguments: [
        ("", "nothing"), ("2.2", "'2.2' is no parameter"), ("velocity=fast", "'fast' is no number"), ("a=nan", "'nan' is no number"),
        ("a=[]", "'[]' is no number"), ("a=1 a=2", "'a' appears twice"),
    ])
    func whatIsNoTaskIsNamed(text: String, message: String) {
        let found = problem { try OwnTasks.task(text) }
        #expect(found.exitCode == 64 && found.text.hasPrefix("--task: \(message) in '\(text)'"), "\(found.text)")
    }

    @Test func aFileHasATaskALine() throws {
        let folder = try TemporaryFolder()
        let tasks = try OwnTasks.tasks(contentsOf: folder.write("slow: {velocity: 0.5}\nup: {goal: [1, 2], force: 3}\n", "tasks.yaml"))
        #expect(tasks == [
            TaskDescription(name: "slow", parameters: ["velocity": [0.5]]), TaskDescription(name: "up", parameters: ["goal": [1, 2], "force": [3]]),
        ])
        for (text, message) in [
            ("slow: 2\n", "line 1: key 'slow': parameters expected"), ("a: {b: 1}\nslow: {velocity: fast}\n", "line 2: key 'slow.velocity'"),
            ("[1]\n", "names of tasks expected"),
        ] {
            let found = problem { try OwnTasks.tasks(contentsOf: folder.write(text, "tasks.yaml")) }
            #expect(found.exitCode == 65 && found.text.contains(message), "\(found.text)")
        }
    }

    @Test func anAgentIsEvaluatedOnThemAsOnUnseenTasks() throws {
        let folder = try TemporaryFolder(), run = RunDirectory(folder.path)
        _ = try Run.train(smallRun(), in: run, context: Recorder().context)
        func records(_ goal: Int, adapting: Int? = nil) throws -> [MetricRecord] {
            let own = try [OwnTasks.task("goal=\(goal)")]
            let result = try Run.evaluate(run, own: own, episodes: 4, adaptationEpisodes: adapting, context: Recorder().context)
            return try #require(result).records
        }
        let found = try records(4)
        #expect(Set(found.map(\.task)) == ["goal=4"] && Set(found.map(\.taskSet)) == [.test])
        #expect(!found.contains { $0.policy == PolicyName.personal })
        #expect(found.filter { $0.phase == .evaluation && $0.policy == PolicyName.meta && $0.metric == "return" }.count == 4)
        // Every episode begins in the goal cell or beside it.
        #expect(try records(4).map(\.value) != records(0).map(\.value))
        func adaptations(_ records: [MetricRecord]) -> Int { records.filter { $0.phase == .adaptation && $0.metric == "return" }.count }
        #expect(try adaptations(records(4, adapting: 3)) == 3 && adaptations(found) == 2 && adaptations(records(4, adapting: 0)) == 0)
        // The name of a task of the run stands for that one alone.
        let name = try #require(run.configuration().trainTasks.first).name
        let other = problem {
            try Run.evaluate(run, own: [TaskDescription(name: name, parameters: ["goal": [0.5]])], context: Recorder().context)
        }
        #expect(other.exitCode == 64 && other.text.contains("task '\(name)': the run's own task of this name has other parameters, goal="), "\(other.text)")
        let wrong = problem { try Run.evaluate(run, adaptationEpisodes: -1, context: Recorder().context) }
        #expect(wrong.exitCode == 64 && wrong.text.contains("--adaptation-episodes"))
    }
}
