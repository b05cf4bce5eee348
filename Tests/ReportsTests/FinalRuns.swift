import Environments
import Reports
import Runs

/// Runs of which only the last evaluation matters, with returns given one by one.
enum FinalRuns {
    /// Returns by task, for the meta-policy and the personalized policies on training tasks and the meta-policy on test tasks.
    struct Returns {
        var meta: [String: Double] = [:]
        var personal: [String: Double] = [:]
        var test: [String: Double] = [:]
    }

    static func run(
        _ agent: String, on family: String = "half-cheetah-dir", seed: UInt64, _ returns: Returns, steps: Int = 1000, preset: String = "laptop",
        adaptationSteps: Int = 400, before: Double = -5
    ) -> RunRecord {
        var run = RunRecord(family: family, agent: agent, seed: seed, state: .finished, steps: steps, totalSteps: steps)
        run.preset = preset
        run.wallSeconds = 10
        run.updates = 50
        run.tasks = "train: some"
        func add(_ policy: String, _ set: TaskSet, _ tasks: [String: Double]) {
            for (task, value) in tasks.sorted(by: { $0.key < $1.key }) {
                let record = MetricRecord(
                    step: steps, taskSet: set, task: task, policy: policy, phase: .evaluation, episode: 0, value: value)
                if policy == PolicyName.meta { run.evaluations += adapting(record, steps: adaptationSteps, returns: [before]) }
                run.evaluations += [record, record.with(.length, 200)]
            }
        }
        add(PolicyName.meta, .train, returns.meta)
        add(PolicyName.personal, .train, returns.personal)
        add(PolicyName.meta, .test, returns.test)
        return run
    }

    /// A run a seed with one training task.
    static func runs(
        _ agent: String, on family: String = "half-cheetah-dir", meta: [Double], personal: [Double] = [], steps: Int = 1000
    ) -> [RunRecord] {
        meta.indices.map { index in
            run(agent, on: family, seed: UInt64(index), Returns(
                meta: ["task": meta[index]], personal: personal.isEmpty ? [:] : ["task": personal[index]]), steps: steps)
        }
    }
}

/// What adapting leaves behind before `evaluated`: the steps spent, then a return an episode.
func adapting(_ evaluated: MetricRecord, steps: Int, returns: [Double]) -> [MetricRecord] {
    var first = evaluated
    first.phase = .adaptation
    first.episode = nil
    return [first.with(.adaptationSteps, Double(steps))] + returns.enumerated().map { episode, value in
        var record = first
        record.episode = episode
        return record.with(.episodeReturn, value)
    }
}

extension Report {
    func table(_ name: String) -> Table? { document.tables.first { $0.name == name } }
}

extension Table {
    /// Texts of the row whose first cells are these.
    func row(_ start: String...) -> [Cell]? { rows.first { Array($0.prefix(start.count)).map(\.text) == start } }
    func texts(_ start: String...) -> [String]? { rows.first { Array($0.prefix(start.count)).map(\.text) == start }?.map(\.text) }
}
