import Environments
import Foundation
import Reports
import Runs

/// Runs with made-up returns that look like training: rising towards a level with some noise, a level a task.
enum SyntheticRuns {
    typealias Line = (policy: String, set: TaskSet, task: String, level: Double)

    static func run(
        agent: String = "pmeta-rl", family: String = "half-cheetah-dir", seed: UInt64, marks: Int = 12, every: Int = 10_000,
        levels: [Line], state: RunRecord.State = .finished,
        stoppedAt: Int? = nil, episodes: Int = 2
    ) -> RunRecord {
        var run = RunRecord(
            family: family, agent: agent, seed: seed, state: state, steps: (stoppedAt ?? marks) * every, totalSteps: marks * every)
        run.experiment = "fig4"
        run.preset = "laptop"
        run.wallSeconds = 812.5 + Double(seed) * 3
        run.settings = ["batchSize": "256", "proximalWeight": "15"]
        run.tasks = "train: forward [1], backward [-1]"
        for mark in 1...(stoppedAt ?? marks) {
            let time = Double(mark) / Double(marks)
            for (index, line) in levels.enumerated() {
                for episode in 0..<episodes {
                    let wobble = sin(Double(mark * 7 + episode * 3 + index * 5) + Double(seed) * 1.7) * 0.09 * abs(line.level)
                    let level = line.level + (Double(seed) - 2) * 0.08 * abs(line.level)
                    let value = level * (1 - exp(-3 * time)) + wobble * (1 - 0.5 * time) - 120 * (1 - time)
                    let record = MetricRecord(
                        step: mark * every, taskSet: line.set, task: line.task, policy: line.policy, phase: .evaluation, episode: episode,
                        value: value)
                    var before = record
                    before.phase = .adaptation
                    if line.policy == PolicyName.meta, episode == 0 {
                        run.evaluations += adapting(record, steps: 400, returns: [])
                    }
                    run.evaluations += [before.with(.episodeReturn, -9999), record, record.with(.length, 200)]
                }
            }
        }
        return run
    }

    static let conflicting: [Line] = [
        ("meta", .train, "forward", -310), ("meta", .train, "backward", 640),
        ("personal", .train, "forward", 720), ("personal", .train, "backward", 1080),
        ("meta", .test, "forward", -300), ("meta", .test, "backward", 620),
    ]

    /// Two tasks that conflict, three seeds, one of another family with ten tasks, and a run that was stopped.
    static var example: [RunRecord] {
        var velocity: [Line] = []
        for task in 0..<10 {
            velocity.append(("meta", .train, "v=0.\(task)", -40 - 6 * Double(task)))
            velocity.append(("personal", .train, "v=0.\(task)", -30 - 3 * Double(task)))
        }
        for task in 0..<3 { velocity.append(("meta", .test, "v=2.\(task)", -70 - 9 * Double(task))) }
        let slow = run(family: "half-cheetah-vel", seed: 3, marks: 40, every: 50_000, levels: velocity, state: .stopped, stoppedAt: 22)
        return (1...3).map { run(seed: $0, levels: conflicting) }
            + (1...2).map { run(family: "half-cheetah-vel", seed: $0, marks: 40, every: 50_000, levels: velocity) }
            + [slow]
    }
}
