import Foundation
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
}
