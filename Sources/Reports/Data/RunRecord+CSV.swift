import Formats
import Foundation
import Runs

/// A report's raw data: `runs.csv` has a line a run, `evaluations.csv` a line an evaluated episode. The two files are
/// everything a report is made of.
extension RunRecord {
    private static let runColumns = [
        "run", "experiment", "preset", "family", "agent", "seed", "state", "steps", "total_steps", "updates", "wall_seconds",
        "unstable_episodes", "machine", "settings", "tasks",
    ]
    /// What earlier reports' `runs.csv` lacks.
    private static let laterRunColumns = ["software", "command"]
    private static let evaluationColumns = ["run"] + EvaluationRecord.columns

    /// Both files for `runs`, which are numbered in the order given.
    public static func csv(_ runs: [RunRecord]) -> (runs: CSV, evaluations: CSV) {
        var table = CSV(header: runColumns + laterRunColumns)
        var evaluations = CSV(header: evaluationColumns)
        for (number, run) in runs.enumerated() {
            table.rows.append([
                "\(number)", run.experiment, run.preset, run.family, run.agent, "\(run.seed)", run.state.rawValue, "\(run.steps)",
                "\(run.totalSteps)", "\(run.updates)", "\(run.wallSeconds)", "\(run.unstableEpisodes)", run.machine,
                run.settings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n"), run.tasks, run.software,
                run.command,
            ])
            for row in run.evaluations {
                let fields = row.fields
                evaluations.rows.append(["\(number)"] + EvaluationRecord.columns.map { fields[$0] ?? "" })
            }
        }
        return (table, evaluations)
    }

    /// The runs of a report's folder. Throws `TableError` naming file and line, or `ReportError`.
    static func read(report folder: URL) throws -> [RunRecord] {
        let file = folder.appendingPathComponent("runs.csv")
        let table = try CSV.Reader(CSV(read(file), file: file.path), file: file.path, required: runColumns)
        var runs: [RunRecord] = []
        var index: [String: Int] = [:]
        for row in 0..<table.count {
            let state: State = try table.choice(row, "state")
            var run = RunRecord(
                family: table.string(row, "family"), agent: table.string(row, "agent"), seed: try table.value(row, "seed"),
                state: state, steps: try table.count(row, "steps"), totalSteps: try table.count(row, "total_steps"))
            run.experiment = table.string(row, "experiment")
            run.preset = table.string(row, "preset")
            run.updates = try table.count(row, "updates")
            run.wallSeconds = try table.value(row, "wall_seconds")
            run.unstableEpisodes = try table.count(row, "unstable_episodes")
            run.machine = table.string(row, "machine")
            run.tasks = table.string(row, "tasks").replacingOccurrences(of: "\r\n", with: "\n")
            run.software = table.string(row, "software")
            run.command = table.string(row, "command")
            for line in table.string(row, "settings").split(whereSeparator: \.isNewline) {
                guard let colon = line.range(of: ": ") else { continue }
                run.settings[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
            }
            let number = table.string(row, "run")
            guard index.updateValue(runs.count, forKey: number) == nil else {
                throw TableError(file: file.path, line: table.line(row), "run \(number) stands on an earlier line, too")
            }
            runs.append(run)
        }
        guard !runs.isEmpty else { throw ReportError.nothingFound(folder.path) }
        try readEvaluations(folder.appendingPathComponent("evaluations.csv"), into: &runs, index: index)
        return runs
    }

    private static func readEvaluations(_ file: URL, into runs: inout [RunRecord], index: [String: Int]) throws {
        let rows = try CSV.Reader(CSV(read(file), file: file.path), file: file.path, required: evaluationColumns)
        for row in 0..<rows.count {
            guard let run = index[rows.string(row, "run")] else {
                throw TableError(
                    file: file.path, line: rows.line(row), "run \(rows.string(row, "run")) is not in runs.csv")
            }
            runs[run].evaluations.append(try evaluation(rows, row))
        }
    }

    /// One line of `evaluations.csv`, of a report or of a run: both have the same columns but for `run`.
    private static func evaluation(_ rows: CSV.Reader, _ row: Int) throws -> EvaluationRecord {
        EvaluationRecord(
            step: try rows.count(row, "step"), taskSet: try rows.choice(row, "task_set"), task: rows.string(row, "task"),
            policy: try rows.choice(row, "policy"), phase: try rows.choice(row, "phase"), episode: try rows.count(row, "episode"),
            episodeReturn: try rows.value(row, "return"),
            length: rows.string(row, "length").isEmpty ? nil : try rows.count(row, "length"),
            adaptationSteps: try rows.count(row, "adaptation_steps"), unstable: rows.string(row, "unstable") == "1")
    }

    /// All lines of a run's own `evaluations.csv`, as far as they are whole.
    static func evaluations(ofRun file: URL) throws -> [EvaluationRecord] {
        let csv = try CSV(read(file), file: file.path, ignoringTornEnd: true)
        let rows = try CSV.Reader(csv, file: file.path, required: EvaluationRecord.columns)
        return try (0..<rows.count).map { try evaluation(rows, $0) }
    }

    static func read(_ file: URL) throws -> String {
        do {
            return try String(contentsOf: file, encoding: .utf8)
        } catch {
            throw ReportError.unreadable(file: file.path, FileManager.default.fileExists(atPath: file.path)
                ? "can't be read as UTF-8 text" : "is missing")
        }
    }
}

extension CSV.Reader {
    /// A number of steps, episodes or updates.
    fileprivate func count(_ row: Int, _ column: String) throws -> Int {
        let number: Int = try value(row, column)
        guard (0...1_000_000_000_000_000).contains(number) else {
            throw TableError(file: file, line: line(row), "column '\(column)': a number from 0 to 1e15 expected, found \(number)")
        }
        return number
    }
}
