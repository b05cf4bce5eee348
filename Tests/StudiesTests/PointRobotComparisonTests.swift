import Environments
import Reports
import Runs
import Studies
import Testing

/// Figure 1c: which evaluation of a run is taken, and how seeds are compared.
@Suite struct PointRobotComparisonTests {
    /// Evaluated at steps 0, `first` and 400,000; `updates` at the last of them. Shares of goals by policy at `first`; twice as much at the end.
    private func run(seed: UInt64, first: Int = 50_000, updates: Int = 200_000, _ shares: [String: Double]) -> StudyRun {
        let records = [0, first, 400_000].enumerated().flatMap { index, step in
            shares.flatMap { policy, share in
                [Metric.goalReached, .episodeReturn, .finalDistance].flatMap { metric in
                    [0.5, 1.5].map { factor in  // two tasks
                        MetricRecord(
                            step: step, taskSet: .train, task: "goal-\(factor)", policy: policy, phase: .evaluation, episode: 0, metric: metric.name,
                            value: Double(index) * share * factor)
                    }
                }
            }
        }
        return StudyRun(seed: seed, records: records, progress: [(first, updates / 8), (2 * first, updates / 4), (400_000, updates)])
    }

    @Test func theNearestEvaluationIsTakenWithinATenth() {
        let near = run(seed: 1, first: 52_000, ["meta": 1]), far = run(seed: 1, first: 60_000, ["meta": 1])
        #expect(near.step(nearest: 50_000) == 52_000 && far.step(nearest: 50_000) == nil)
        #expect(near.mean("meta", .goalReached, at: 52_000) == 1 && near.mean("meta", .goalReached, at: 400_000) == 2)
        #expect(near.mean("other", .goalReached, at: 52_000) == nil)
        // 50,000 updates at step 104,000, where there is no evaluation; 25,000 at step 52,000.
        #expect(near.step(nearestToUpdates: 50_000) == nil && near.step(nearestToUpdates: 25_000) == 52_000)
        #expect(near.step(nearestToUpdates: 200_001) == nil)
    }

    @Test func seedsAreComparedInPairs() throws {
        let own = [10, 11, 12].map { run(seed: $0, ["personal": 0.5, "personal-k15": 0.4, "personal-k5": 0.1]) }
        // Seed 13 has no partner.
        let other = [(10, 0.2), (11, 0.6), (13, 0.9)].map { run(seed: $0.0, first: 52_000, ["meta-stored": $0.1, "meta-k15": 0.1, "meta-k5": 0.1]) }
        let claims = PointRobotComparison(runs: ["pmeta-rl": own, "pearl": other]).claims
        #expect(claims.map(\.agreement) == ["agrees in part: 1 of 2 seeds", "agrees", "does not agree"], "\(claims)")
        #expect(claims[0].ours.contains("0.50 ± 0.00 against 0.40 ± 0.28"), "\(claims[0].ours)")
        #expect(PointRobotComparison(runs: ["pmeta-rl": own]).claims.isEmpty)
    }

    /// An agent that makes too few updates is not in that table.
    @Test func aTableHasTheAgentsThatCameSoFar() throws {
        let own = run(seed: 10, first: 100_000, updates: 200_000, ["personal": 0.5]), other = run(seed: 10, updates: 40_000, ["meta-stored": 0.5])
        let tables = PointRobotComparison(runs: ["pmeta-rl": [own], "pearl": [other]]).tables
        #expect(tables.map(\.name) == ["point-robot-steps", "point-robot-end"])
        #expect(tables[0].rows.map { $0[0].text } == ["pearl"] && tables[1].rows.map { $0[0].text } == ["pmeta-rl", "pearl"])
        let few = PointRobotComparison(runs: ["pmeta-rl": [run(seed: 10, updates: 400_000, ["personal": 0.5])], "pearl": [other, run(seed: 11, updates: 400_000, ["meta": 1])]]).tables[1]
        #expect(few.name == "point-robot-updates" && few.notes.hasSuffix("is missing. pearl made 40,000 updates in all."), "\(few.notes)")
        // Learning each goal alone stands beside them, where it was run.
        let alone = PointRobotComparison(runs: ["pearl": [other], "sac-per-task": [run(seed: 10, ["personal": 0.5])], "pmeta-rl": []]).tables
        #expect(alone[0].rows.map { $0[0].text } == ["pearl", "sac-per-task"])
    }
}
