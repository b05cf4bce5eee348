import Foundation
import TestEnvironments
import Testing

/// Commands as users run them, whose parts have tests of their own elsewhere.
@Suite struct CommandTests {
    private func objects(_ result: FinishedProgram) throws -> [[String: Any]] {
        try result.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    /// A finished run of an agent that adapts, in a moment.
    private func placeWithRun() throws -> Place {
        let place = try Place()
        #expect(try place.gait("train", "pmeta-q", "gridworld", "--preset", "quick", "--rounds", "2", "--out", "run").status == 0)
        return place
    }

    @Test func presetsAreShownAsATableAndAsJSONLines() throws {
        let place = try Place()
        let table = try place.gait("presets", "pearl")
        #expect(table.status == 0 && table.output.hasPrefix("### pearl\n\n| setting | `paper` |"), "\(table.output)")
        let lines = try place.gait("presets", "pearl", "--json")
        #expect(lines.status == 0 && lines.lines.count > 5, "\(lines.error)")
        for line in try objects(lines) {
            let setting = try #require(line["setting"] as? String), values = try #require(line["values"] as? [String: Any])
            #expect(line["name"] as? String == "pearl" && !setting.isEmpty && values.keys.contains("paper"), "\(line)")
        }
        let unknown = try place.gait("presets", "perl")
        #expect(unknown.status == 64 && unknown.error.contains("did you mean 'pearl'?"), "\(unknown.error)")
    }

    @Test func watchingEndsWhereAllRunsAreFinished() throws {
        let place = try placeWithRun()
        let watched = try place.gait("status", "run", "--watch", "--every", "0.1")
        #expect(watched.status == 0 && watched.output.contains("1 finished"), "\(watched.text)")
        let once = try place.gait("status", "run", "--every", "0.1")
        #expect(once.status == 64 && once.error.contains("--every is for --watch"), "\(once.error)")
    }

    /// The slower of the two takes about five seconds.
    @Test(arguments: [
        ["bench", "physics", "--family", "cart-pole", "--json"], ["bench", "train", "--agent", "q-per-task", "--family", "gridworld", "--json"],
    ])
    func everyLineOfABenchmarkHasANameAndANumber(arguments: [String]) throws {
        let result = try GaitProcess(arguments, in: Place()).result()
        #expect(result.status == 0 && !result.lines.isEmpty, "\(result.error)")
        for line in try objects(result) {
            let name = try #require(line["name"] as? String), value = try #require(line["value"] as? Double)
            #expect(!name.isEmpty && value > 0, "\(line)")
        }
    }

    @Test func aRunIsEvaluatedOnTasksOfTheCommandLineAndOfAFile() throws {
        let place = try placeWithRun(), task = "landmark=[2,2] size=4 slip=0"
        try place.write("near: {landmark: [1, 2], size: 4, slip: 0}\nfar: {landmark: [3, 3], size: 4, slip: 0}\n", to: "own.yaml")
        func tasks(_ arguments: [String]) throws -> Set<String> {
            let result = try GaitProcess(["evaluate", "run", "--episodes", "1", "--json"] + arguments, in: place).result()
            #expect(result.status == 0, "\(result.error)")
            let returns = try objects(result).filter { $0["metric"] as? String == "return" && $0["taskSet"] as? String == "test" }
            return Set(returns.compactMap { $0["task"] as? String })
        }
        #expect(try tasks(["--task", task]) == [task])
        #expect(try tasks(["--task-file", "own.yaml"]) == ["near", "far"])
        #expect(try tasks(["--task", task, "--task-file", "own.yaml"]) == [task, "near", "far"])
        for (arguments, message) in [
            (["--task", task, "--tasks", "test"], "--tasks test: these are the run's tasks"),
            (["--task", task, "--task", task], "--task: '\(task)' appears twice"),
        ] {
            let result = try GaitProcess(["evaluate", "run"] + arguments, in: place).result()
            #expect(result.status == 64 && result.error.contains(message) && result.output.isEmpty, "\(result.error)")
        }
    }
}
