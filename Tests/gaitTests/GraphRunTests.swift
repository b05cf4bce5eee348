import Foundation
import TestEnvironments
import Testing

/// Runs on graphs, whose evaluations count trajectories from the first one on.
@Suite(.serialized) struct GraphRunTests {
    private func training(_ run: String) -> [String] {
        [
            "train", "pgflow-meta", "frozen-lake", "--preset", "quick", "--trajectories", "48000", "--checkpoint-every", "1600",
            "--evaluate-every", "round", "--out", run,
        ]
    }

    /// PEARL counts trajectories on graphs, and both its policies have every number that the others have but a flow's loss.
    @Test func anAgentThatCountsStepsElsewhereCountsTrajectoriesHere() throws {
        let place = try Place()
        #expect(try place.gait("train", "pearl", "frozen-lake", "--preset", "quick", "--trajectories", "2000", "--out", "run").status == 0)
        #expect(try place.text("run/config.yaml").contains("trajectories: 2000"))
        let rows = try place.text("run/evaluations.csv").split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let header = try #require(rows.first).map(String.init), last = rows.filter { $0[1] == "2000" }
        func column(_ name: String) throws -> Int { try #require(header.firstIndex(of: name)) }
        let (metric, policy, set) = (try column("metric"), try column("policy"), try column("task_set"))
        #expect(try column("spent") == 1)
        for name in ["return", "sampledReward", "l1", "empiricalL1", "empiricalReward", "modesFound", "bestFound"] {
            for own in ["meta", "meta-stored"] { #expect(last.contains { $0[metric] == name && $0[policy] == own }, "\(name) of \(own)") }
            #expect(last.contains { $0[metric] == name && $0[policy] == "meta" && $0[set] == "test" }, "\(name) on unseen tasks")
        }
    }

    @Test func aStoppedRunCountsModesAndTrajectoriesAsOneThatWasNot() throws {
        let place = try Place()
        #expect(try GaitProcess(training("whole"), in: place).result().status == 0)
        let stopped = try GaitProcess(training("stopped"), in: place)
        #expect(stopped.wait { place.checkpoints("stopped").count > 1 })
        stopped.send(SIGINT)
        #expect(try stopped.result().status == 130)
        #expect(try place.gait("resume", "stopped").status == 0)
        let lines = try ["stopped", "whole"].map { try place.text("\($0)/evaluations.csv").split(separator: "\n") }
        let different = zip(lines[0], lines[1]).first { $0.0 != $0.1 }
        #expect(different == nil && lines[0].count == lines[1].count, "\(String(describing: different))")

        let rows = try place.text("whole/evaluations.csv").split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
        let header = try #require(rows.first).map(String.init)
        func column(_ name: String) throws -> Int { try #require(header.firstIndex(of: name)) }
        let (metric, value, policy) = (try column("metric"), try column("value"), try column("policy"))
        for name in ["return", "sampledReward", "l1", "empiricalL1", "empiricalReward", "modesFound", "bestFound", "testLoss"] {
            #expect(rows.contains { $0[metric] == name && $0[policy] == "personal" }, "\(name)")
        }
        // What was found is never lost.
        let (task, set) = (try column("task"), try column("task_set"))
        let first = try #require(rows.dropFirst().first { $0[metric] == "modesFound" && $0[policy] == "personal" && $0[set] == "train" })
        let found = rows.filter { $0[metric] == "modesFound" && $0[policy] == "personal" && $0[task] == first[task] }.compactMap { Double($0[value]) }
        #expect(found.count == 30 && found == found.sorted() && found[29] > found[0], "\(found)")
        for adapted in ["meta-u1", "meta-u5", "meta-u20"] { #expect(rows.contains { $0[policy] == adapted && $0[set] == "test" }, "\(adapted)") }
    }

    private func rows(_ place: Place, _ file: String) throws -> [[String: String]] {
        let lines = try place.text(file).split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
        return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
    }

    private func objects(_ result: FinishedProgram) throws -> [[String: Any]] {
        try result.lines.map { try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
    }

    /// A million cells: nothing is enumerated, what needs it is left out, and the user, the run's folder and the report say so.
    @Test func aGraphTooLargeForExactMetricsIsTrainedAndSaysWhatIsLeftOut() throws {
        let place = try Place()
        let result = try place.gait(
            "train", "pgflow-meta", "hyper-grid", "--preset", "quick", "--set", "family.dimension=6", "--set", "family.size=10",
            "--trajectories", "160", "--evaluate-every", "round", "--out", "run")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.error.components(separatedBy: "2000000 states").count == 2 && result.error.contains("at most 262144"), "\(result.error)")
        let metrics = Set(try rows(place, "run/evaluations.csv").compactMap { $0["metric"] })
        #expect(metrics.isSuperset(of: ["return", "empiricalReward", "modesFound", "testLoss"]))
        #expect(metrics.isDisjoint(with: ["sampledReward", "l1", "empiricalL1", "bestFound"]))
        #expect(try place.text("run/status.json").components(separatedBy: "2000000 states").count == 2)
        #expect(try place.gait("report", "run", "--out", "report").status == 0)
        #expect(try place.text("report/report.md").contains("exact metrics (sampledReward, l1, empiricalL1, bestFound) are left out"))
    }

    /// `render` draws flows of the policies that evaluations measure.
    @Test func flowsAreDrawnAndTheirErrorIsTheEvaluations() throws {
        let place = try Place()
        let trained = try place.gait("train", "pgflow-meta", "cliff-walking", "--preset", "quick", "--trajectories", "800", "--out", "run")
        #expect(trained.status == 0 && !trained.error.contains("left out"), "\(trained.error)")
        let picture = try place.gait(
            "render", "run", "--task", "1", "--policy", "personal", "--policy", "meta-u5", "--size", "320x240", "--out", "a.png", "--json")
        guard picture.status == 0 else {
            #expect(picture.error.contains("ffmpeg is needed"), "\(picture.error)")
            return
        }
        let line = try #require(try objects(picture).last), drawn = try #require(line["policies"] as? [[String: Any]])
        let measured = try rows(place, "run/evaluations.csv").filter { $0["metric"] == "l1" && $0["task"] == drawn[0]["task"] as? String }
        for (policy, name) in zip(drawn, ["personal", "meta-u5"]) {
            let last = try #require(measured.last { $0["policy"] == name }?["value"].flatMap(Double.init))
            #expect(policy["policy"] as? String == name && abs((policy["l1"] as? Double ?? 1) - last) < 1e-12, "\(name)")
        }
        #expect(line["width"] as? Int == 320 && line["height"] as? Int == 480)
        #expect(place.exists("a.png"))
        let film = try objects(try place.gait("render", "run", "--size", "160x120", "--out", "a.gif", "--json"))
        let tasks = (film.last?["policies"] as? [[String: Any]] ?? []).compactMap { $0["task"] as? String }
        #expect(film.last?["pictures"] as? Int == 5 && Set(tasks).count == 5)
        let episodes = try objects(try place.gait("render", "run", "--show", "episodes", "--size", "64x48", "--out", "e.gif", "--json"))
        #expect(episodes.last?["frames"] as? Int ?? 0 > 0)
    }

    @Test func aBoardTooLargeToDrawNamesTheOtherPicture() throws {
        let place = try Place()
        let trained = try place.gait(
            "train", "gflownet", "hyper-grid", "--preset", "quick", "--set", "family.size=40", "--trajectories", "80", "--out", "run")
        #expect(trained.status == 0, "\(trained.error)")
        let result = try place.gait("render", "run", "--out", "a.png")
        #expect(result.status == 64 && result.error.contains("40 x 40") && result.error.contains("--show episodes"), "\(result.error)")
    }
}
