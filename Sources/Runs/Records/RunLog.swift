import Formats

/// The files that a run writes during training: progress.csv, evaluations.csv and TensorBoard's events.
final class RunLog {
    private var progressTable: TableFile
    private var evaluationTable: TableFile
    private let events: EventWriter

    private static let progressColumns = [
        "step", "updates", "unstable_episodes", "training_seconds", "evaluation_seconds", "steps_per_second", "updates_per_second",
    ]

    /// Starts new files, or continues them from `progress`: later rows are removed.
    /// Throws `FileError`, or `GaitError.input` if a table has fewer rows than it had.
    init(directory: RunDirectory, progress: RunProgress?) throws {
        if let progress {
            let columns = progress.progressColumns.isEmpty ? Self.progressColumns : progress.progressColumns
            progressTable = try TableFile(truncating: directory.progressFile, columns: columns, rows: progress.progressRows)
            try MetricRecord.requireThisVersion(directory.evaluationsFile)
            evaluationTable = try TableFile(
                truncating: directory.evaluationsFile, columns: MetricRecord.columns, rows: progress.evaluationRows)
            events = try EventWriter(folder: directory.path, resumingAfter: progress.steps)
        } else {
            progressTable = try TableFile(creating: directory.progressFile, columns: Self.progressColumns)
            evaluationTable = try TableFile(creating: directory.evaluationsFile, columns: MetricRecord.columns)
            events = try EventWriter(folder: directory.path, resumingAfter: -1)
        }
    }

    /// A row of progress.csv. An agent's metric that is called like a column of this table stands there as `agent_NAME`.
    func append(metrics: [String: Double], pace: RunPace, progress: inout RunProgress) throws {
        func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
        var metrics = metrics
        for name in Self.progressColumns {
            guard let value = metrics.removeValue(forKey: name) else { continue }
            metrics["agent_" + name] = metrics["agent_" + name] ?? value
        }
        var row = metrics.mapValues { "\($0)" }
        row["step"] = "\(progress.steps)"
        row["updates"] = "\(progress.updates)"
        row["unstable_episodes"] = "\(progress.unstableEpisodes)"
        row["training_seconds"] = rounded(progress.trainingSeconds)
        row["evaluation_seconds"] = rounded(progress.evaluationSeconds)
        row["steps_per_second"] = rounded(pace.stepsPerSecond)
        row["updates_per_second"] = rounded(pace.updatesPerSecond)
        try progressTable.append([row])
        progress.progressRows = progressTable.rows
        progress.progressColumns = progressTable.columns
        var scalars = metrics.reduce(into: [String: Double]()) { $0["train/" + $1.key] = $1.value }
        scalars["time/steps_per_second"] = pace.stepsPerSecond
        scalars["time/updates_per_second"] = pace.updatesPerSecond
        scalars["train/unstable_episodes"] = Double(progress.unstableEpisodes)
        try events.write(scalars, step: progress.steps)
    }

    /// The rows of one evaluation.
    func append(_ records: [MetricRecord], progress: inout RunProgress) throws {
        try evaluationTable.append(records.map(\.fields))
        progress.evaluationRows = evaluationTable.rows
        var scalars: [String: Double] = [:]
        for (name, value) in records.meanReturns.merging(records.otherMeans, uniquingKeysWith: { first, _ in first }) {
            scalars["evaluation/" + name] = value
        }
        let byTask = Dictionary(grouping: records.filter { $0.phase == .evaluation && $0.metric == Metric.episodeReturn.name }) {
            "evaluation/\($0.taskSet.rawValue)/\($0.policy)/\($0.task)"
        }
        for (tag, records) in byTask {
            scalars[tag] = records.map(\.value).reduce(0, +) / Double(records.count)
        }
        try events.write(scalars, step: progress.steps)
    }

    /// Waits until both tables are on the disk.
    func synchronize() throws {
        try progressTable.synchronize()
        try evaluationTable.synchronize()
    }
}
