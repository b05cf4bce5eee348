import Environments
import Formats
import Runs

/// What a finished run recorded, for studies.
package struct StudyRun {
    package let seed: UInt64
    private let records: [MetricRecord]
    /// Environment steps and updates, as training reported them.
    private let progress: [(step: Int, updates: Int)]

    package init(seed: UInt64, records: [MetricRecord], progress: [(step: Int, updates: Int)]) {
        self.seed = seed
        self.records = records.filter { $0.phase == .evaluation && $0.taskSet == .train }
        self.progress = progress
    }

    /// Throws what reading runs throws.
    init(_ directory: RunDirectory) throws {
        let table = try TableFile.read(directory.progressFile)
        let columns = ["step", "updates"].compactMap { table.columns.firstIndex(of: $0) }
        let progress = table.rows.map { row in columns.compactMap { Int(row[$0]) } }.filter { $0.count == 2 }.map { (step: $0[0], updates: $0[1]) }
        self.init(seed: try directory.configuration().seed, records: try MetricRecord.read(directory.evaluationsFile), progress: progress)
    }

    /// In all.
    package var updates: Int { progress.last?.updates ?? 0 }

    /// At which there is an evaluation, in ascending order.
    package var steps: [Int] { Set(records.map(\.step)).sorted() }

    /// The evaluation nearest to so many environment steps; nil where there is none within a tenth of them.
    package func step(nearest count: Int) -> Int? {
        steps.min { abs($0 - count) < abs($1 - count) }.flatMap { abs($0 - count) * 10 <= count ? $0 : nil }
    }

    /// The evaluation nearest to so many updates; nil where the run did not make as many.
    package func step(nearestToUpdates count: Int) -> Int? {
        progress.first { $0.updates >= count }.flatMap { step(nearest: $0.step) }
    }

    /// Mean over tasks and episodes; nil where there is none.
    package func mean(_ policy: String, _ metric: Metric, at step: Int) -> Double? {
        let values = records.filter { $0.step == step && $0.policy == policy && $0.metric == metric.name }.map(\.value)
        return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    }
}

extension StudyContext {
    /// What the finished runs of an experiment recorded that have an agent and family, in the order of seeds.
    func records(_ agent: String, on family: String, of experiment: String) throws -> [StudyRun] {
        try finishedRuns(of: experiment, with: agent, on: family).map(StudyRun.init).sorted { $0.seed < $1.seed }
    }
}
