import Core
import Environments
import Formats
import Foundation

/// evaluations.csv: a row a number. Earlier versions of Gait wrote a row an episode, with the columns `return`, `length`,
/// `adaptation_steps` and `unstable`; such files are read as if each of these numbers had its own row.
///
/// What pandas and R write back is read, too: whole numbers as `200.0`, and an empty field or `NA` where there is no number.
extension MetricRecord {
    public static let columns = ["step", "spent", "task_set", "task", "policy", "phase", "episode", "metric", "value"]
    private static let earlierColumns = [
        "step", "task_set", "task", "policy", "phase", "episode", "return", "length", "adaptation_steps", "unstable",
    ]

    /// Fields by column.
    public var fields: [String: String] {
        [
            "step": "\(step)", "spent": "\(spent)", "task_set": taskSet.rawValue, "task": task, "policy": policy, "phase": phase.rawValue,
            "episode": episode.map { "\($0)" } ?? "", "metric": metric, "value": "\(value)",
        ]
    }

    /// Fields in the order of `columns`.
    package var row: [String] {
        [
            "\(step)", "\(spent)", taskSet.rawValue, task, policy, phase.rawValue, episode.map { "\($0)" } ?? "", metric, "\(value)",
        ]
    }

    /// Every number of a run's evaluations.csv, as far as its rows are whole: a last line without its line end, which a killed run may
    /// leave behind, is left out. Throws `TableError` naming file, line and column, `GaitError.input` where the file is no text, or
    /// `FileError`.
    public static func read(_ path: String) throws -> [MetricRecord] {
        let csv = try CSV(contentsOf: path, ignoringTornEnd: true)
        return try read(csv, file: path, runColumn: nil).flatMap(\.records)
    }

    /// Every number of a report's evaluations.csv, whose first column names the run. `line` is the row's in the file.
    package static func readRuns(_ path: String) throws -> [(run: String, line: Int, records: [MetricRecord])] {
        try read(CSV(contentsOf: path), file: path, runColumn: "run")
    }

    /// Throws `GaitError.input` where the table was begun by an earlier version: rows of two kinds can't stand in one table.
    package static func requireThisVersion(_ path: String) throws {
        guard try isEarlier(TableFile.columns(of: path)) else { return }
        throw GaitError.input(
            "\(path): this run was begun by an earlier version of Gait, whose evaluations have other columns; it can be reported and evaluated, "
                + "but not resumed. Begin it anew in another folder")
    }

    private static func isEarlier(_ columns: [String]) -> Bool { !columns.contains("metric") && columns.contains("return") }

    private static func read(_ csv: CSV, file: String, runColumn: String?) throws -> [(run: String, line: Int, records: [MetricRecord])] {
        let isEarlier = isEarlier(csv.header)
        let required = (runColumn.map { [$0] } ?? []) + (isEarlier ? earlierColumns : columns.filter { $0 != "spent" })
        let rows = try CSV.Reader(csv, file: file, required: required)
        var adapted: [String: Int] = [:]
        return try (0..<rows.count).map { row in
            let run = runColumn.map { rows.string(row, $0) } ?? ""
            let records = isEarlier ? try earlier(rows, row, run: run, &adapted) : [try record(rows, row)]
            return (run, rows.line(row), records)
        }
    }

    private static func record(_ rows: CSV.Reader, _ row: Int) throws -> MetricRecord {
        let step = try rows.count(row, "step"), metric = rows.string(row, "metric")
        guard !metric.isEmpty else { throw rows.fault(row, "metric", "a name expected, found nothing") }
        return MetricRecord(
            step: step, spent: try rows.optionalCount(row, "spent"), taskSet: try rows.choice(row, "task_set"), task: rows.string(row, "task"),
            policy: try policy(rows, row), phase: try rows.choice(row, "phase"), episode: try rows.optionalCount(row, "episode"),
            metric: metric, value: try rows.measured(row, "value"))
    }

    private static func policy(_ rows: CSV.Reader, _ row: Int) throws -> String {
        let name = rows.string(row, "policy")
        guard !name.isEmpty else { throw rows.fault(row, "policy", "a name expected, found nothing") }
        return name
    }

    /// A row of an earlier version: an episode. `adapted` holds the adaptation steps that were recorded already, by run, mark, task
    /// and policy.
    private static func earlier(_ rows: CSV.Reader, _ row: Int, run: String, _ adapted: inout [String: Int]) throws -> [MetricRecord] {
        let episode = MetricRecord(
            step: try rows.count(row, "step"), taskSet: try rows.choice(row, "task_set"), task: rows.string(row, "task"),
            policy: try policy(rows, row), phase: try rows.choice(row, "phase"), episode: try rows.count(row, "episode"),
            value: try rows.measured(row, "return"))
        var records: [MetricRecord] = []
        let steps = try rows.count(row, "adaptation_steps")
        let key = "\(run)\t\(episode.step)\t\(episode.taskSet.rawValue)\t\(episode.policy)\t\(episode.task)"
        if steps > 0, adapted.updateValue(steps, forKey: key) != steps {
            var once = episode.with(.adaptationSteps, Double(steps))
            once.phase = .adaptation
            once.episode = nil
            records.append(once)
        }
        records.append(episode)
        if let length = try rows.optionalCount(row, "length") { records.append(episode.with(.length, Double(length))) }
        if ["1", "1.0", "true"].contains(rows.string(row, "unstable").lowercased()) { records.append(episode.with(.unstable, 1)) }
        return records
    }
}

extension CSV.Reader {
    /// A number that may be none: an empty field and `NA` are NaN.
    fileprivate func measured(_ row: Int, _ column: String) throws -> Double {
        isBlank(row, column) ? .nan : try value(row, column)
    }
}
