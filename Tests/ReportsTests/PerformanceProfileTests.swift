import Reports
import Runs
import Testing

@Suite struct PerformanceProfileTests {
    /// Three tasks of four seeds.
    private let scores = [[0.1, 0.4, 0.3, 0.8], [0.9, 1.1, 0.7, 1.0], [0.5, 0.5, -0.2, 0.6]]
    private let thresholds = [-0.5, 0, 0.3, 0.5, 0.75, 1]

    /// Counted by hand: of twelve scores, those greater than the threshold.
    @Test func aTaskOfManyRunsWeighsNoMoreThanOneOfFew() {
        let profile = PerformanceProfile(scores: [[1], [0, 0, 0.6]], thresholds: [0.5, 0.8])
        let first = 2.0 / 3
        #expect(profile.points.count == 2 && abs(profile.points[0].fraction - first) < 1e-12 && profile.points[1].fraction == 0.5)
    }

    @Test func itIsTheShareOfScoresAboveTheThreshold() {
        let profile = PerformanceProfile(scores: scores, thresholds: thresholds, replicates: 10)
        #expect(profile.points.map { ($0.fraction * 12).rounded() } == [12, 11, 9, 6, 4, 1])
        #expect(profile.points.map(\.threshold) == thresholds)
    }

    /// rliable 1.2's create_performance_profile on the same scores, 50,000 resamples.
    @Test func bandsAreRliables() {
        let low = [1, 0.75, 0.5, 0.33333333, 0.16666667, 0], high = [1, 1, 0.91666667, 0.75, 0.5, 0.25]
        let points = PerformanceProfile(scores: scores, thresholds: thresholds, replicates: 20_000).points
        for (point, ends) in zip(points, zip(low, high)) {
            #expect(abs(point.low - ends.0) < 1e-6 && abs(point.high - ends.1) < 1e-6, "\(point)")
        }
    }

    @Test func singleSeedsHaveNoBand() {
        let points = PerformanceProfile(scores: [[0.2], [0.6]], thresholds: [0, 0.5, 1]).points
        #expect(points.map(\.fraction) == [1, 0.5, 0] && points.allSatisfy { $0.low == $0.fraction && $0.high == $0.fraction })
    }

    private func run(_ agent: String, _ family: String, seed: UInt64, _ returns: [String: (first: Double, last: Double)]) -> RunRecord {
        var run = RunRecord(family: family, agent: agent, seed: seed, state: .finished, steps: 100, totalSteps: 100)
        for (task, value) in returns.sorted(by: { $0.key < $1.key }) {
            for (step, episodeReturn) in [(0, value.first), (100, value.last)] {
                run.evaluations.append(MetricRecord(
                    step: step, taskSet: .train, task: task, policy: "meta", phase: .evaluation, episode: 0, value: episodeReturn))
            }
        }
        return run
    }

    /// Untrained: pearl (0 + 20) / 2 = 10, rl2 30, so 0 is 20. Best: rl2's (180 + 260) / 2, so 1 is 220.
    @Test func zeroIsUntrainedAndOneTheBestFinalMean() {
        let scores = NormalizedScores(Comparison([
            run("pearl", "f", seed: 1, ["t": (0, 120)]), run("pearl", "f", seed: 2, ["t": (20, 20)]), run("rl2", "f", seed: 1, ["t": (30, 180)]),
            run("rl2", "f", seed: 2, ["t": (30, 260)]),
        ]))
        #expect(scores.lines.map(\.label) == ["pearl", "rl2"])
        #expect(scores.lines.map(\.scores) == [[[0.5, 0]], [[0.8, 1.2]]])
        #expect(scores.families == ["f"] && scores.tasks == 1)
    }

    @Test func onlyFamiliesAndTasksThatAllShareCount() {
        let scores = NormalizedScores(Comparison([
            run("pearl", "f", seed: 1, ["good": (0, 10), "hopeless": (5, 4)]), run("rl2", "f", seed: 1, ["good": (0, 5), "hopeless": (5, 3)]),
            run("pearl", "g", seed: 1, ["t": (0, 10)]),
        ]))
        #expect(scores.families == ["f"] && scores.otherFamilies == ["g"] && scores.withoutScale == ["f hopeless"])
        #expect(scores.lines.map(\.scores) == [[[1]], [[0.5]]])
    }

    @Test func oneAgentAloneHasNoScale() {
        #expect(NormalizedScores(Comparison([run("pearl", "f", seed: 1, ["t": (0, 10)])])).lines.isEmpty)
        var stopped = run("rl2", "f", seed: 1, ["t": (0, 10)])
        stopped.state = .stopped
        #expect(NormalizedScores(Comparison([run("pearl", "f", seed: 1, ["t": (0, 10)]), stopped])).lines.isEmpty)
        let late = [run("pearl", "f", seed: 1, ["t": (0, 10)]), run("rl2", "f", seed: 1, ["t": (0, 12)])].map { run in
            var run = run
            run.evaluations.removeAll { $0.step == 0 }
            return run
        }
        #expect(NormalizedScores(Comparison(late)).tasks == 0 && Report(late).files["profiles.svg"] == nil)
    }
}
