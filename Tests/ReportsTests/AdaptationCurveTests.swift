import Reports
import Runs
import Testing

@Suite struct AdaptationCurveTests {
    /// Two tasks, the last of two marks counts; `extra` is one more adaptation episode on the second task.
    private func run(_ seed: UInt64, adapting: [[Double]], adapted: [Double], extra: Bool = false) -> RunRecord {
        var run = RunRecord(family: "f", agent: "a", seed: seed, state: .finished, steps: 100, totalSteps: 100)
        for step in [0, 100] {
            for (task, episodes) in adapting.enumerated() {
                let steps = 300 + task
                run.evaluations.append(MetricRecord(
                    step: step, taskSet: .train, task: "\(task)", policy: PolicyName.meta, phase: .adaptation, episode: nil,
                    metric: Metric.adaptationSteps.name, value: Double(steps)))
                for (episode, value) in (episodes + (extra && task == 1 ? [77] : [])).enumerated() {
                    run.evaluations.append(MetricRecord(
                        step: step, taskSet: .train, task: "\(task)", policy: PolicyName.meta, phase: .adaptation, episode: episode,
                        value: step == 0 ? -5000 : value))
                }
                for (episode, offset) in [-1.0, 1].enumerated() {
                    run.evaluations.append(MetricRecord(
                        step: step, taskSet: .train, task: "\(task)", policy: PolicyName.meta, phase: .evaluation, episode: episode,
                        value: step == 0 ? -5000 : adapted[task] + offset))
                }
            }
        }
        return run
    }

    private func curve(_ runs: [RunRecord]) throws -> AdaptationCurve {
        AdaptationCurve(try #require(Comparison(runs).groups.first), .train)
    }

    @Test func itGoesFromTheFirstEpisodeToTheAdaptedPolicy() throws {
        let curve = try curve([
            run(1, adapting: [[10, 20], [30, 40]], adapted: [100, 200]), run(2, adapting: [[0, 10], [20, 50]], adapted: [60, 100]),
        ])
        #expect(curve.points.map(\.episodes) == [0, 1, 2])
        #expect(curve.points.map(\.mean) == [15, 30, 115])
        #expect(curve.points.map(\.low) == [10, 30, 80])
        #expect(curve.points.map(\.high) == [20, 30, 150])
        #expect(curve.seeds == 2 && curve.steps == 300...301 && curve.unfinished.isEmpty)
    }

    @Test func anEpisodeThatNotAllTasksHaveEntersNoMean() throws {
        let curve = try curve([run(1, adapting: [[10, 20], [30, 40]], adapted: [100, 200], extra: true)])
        #expect(curve.points.map(\.episodes) == [0, 1, 3])
        #expect(curve.points.map(\.mean) == [20, 30, 150])
    }

    @Test func anAgentThatDoesNotAdaptHasOnlyItsLevel() throws {
        let curve = try curve([run(1, adapting: [[], []], adapted: [100, 200])])
        #expect(curve.points.map(\.episodes) == [0] && curve.points.map(\.mean) == [150])
    }

    @Test func aRunThatStoppedIsInNoMean() throws {
        var stopped = run(1, adapting: [[10], [30]], adapted: [100, 200])
        stopped.state = .stopped
        let curve = try curve([stopped])
        #expect(curve.points.isEmpty && curve.steps == nil)
        #expect(curve.unfinished.count == 1 && curve.unfinished[0].map(\.value) == [20, 150])
    }
}
