import Formats
import Foundation
import Runs

/// A report's raw data: `runs.csv` has one line for each run, `evaluations.csv` (or `evaluations.csv.gz`) a line a measured number. With
/// `claims.yaml` and `plan.csv`, where there are such, they are everything a report is made of.
extension RunRecord {
    private static let runColumns = [
        "run", "experiment", "preset", "family", "agent", "seed", "state", "steps", "total_steps", "updates", "wall_seconds",
        "unstable_episodes", "machine", "settings", "tasks",
    ]
    /// What earlier reports' `runs.csv` lacks.
    private static let laterRunColumns = ["software", "command", "budget_unit", "spent", "policies", "base_agent"]
    /// Only where a run has any.
    private static let warningsColumn = "warnings"
    /// Where a report's measured values may be: compressed where there are many of them.
    static let evaluationsFiles = ["evaluations.csv", "evaluations.csv.gz"]
    private static let evaluationColumns = ["run"] + MetricRecord.columns

    /// Both files for `runs`, which are numbered in the order given.
    public static func csv(_ runs: [RunRecord]) -> (runs: CSV, evaluations: CSV) {
        let warns = runs.contains { !$0.warnings.isEmpty }
        var table = CSV(header: runColumns + laterRunColumns + (warns ? [warningsColumn] : []))
        var evaluations = CSV(header: evaluationColumns)
        for (number, run) in runs.enumerated() {
            table.rows.append([
                "\(number)", run.experiment, run.preset, run.family, run.agent, "\(run.seed)", run.state.rawValue, "\(run.steps)",
                "\(run.totalSteps)", "\(run.updates)", "\(run.wallSeconds)", "\(run.unstableEpisodes)", run.machine,
                text(run.settings), run.tasks, run.software,
                run.command, run.budgetUnit, "\(run.spent)", text(run.policyTitles), run.baseAgent,
            ] + (warns ? [run.warnings.joined(separator: "\n")] : []))
            evaluations.rows += run.evaluations.map { ["\(number)"] + $0.row }
        }
        return (table, evaluations)
    }

    /// A line a pair: `batchSize: 256`.
    private static func text(_ pairs: [String: String]) -> String {
        pairs.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "\n")
    }

    private static func pairs(_ text: String) -> [String: String] {
        var pairs: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            guard let colon = line.range(of: ": ") else { continue }
            pairs[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
        }
        return pairs
    }

    /// The runs of a report's folder. Throws `TableError` naming file and line, or `ReportError`.
    ///
    /// - Parameter registry: see `RunRecord.init`.
    static func read(report folder: URL, registry: Registry? = nil) throws -> [RunRecord] {
        let file = folder.appendingPathComponent("runs.csv")
        try requireFile(file)
        let table = try CSV.Reader(CSV(contentsOf: file.path), file: file.path, required: runColumns)
        var runs: [RunRecord] = []
        var index: [String: Int] = [:]
        for row in 0..<table.count {
            let state: State = try table.choice(row, "state")
            var run = RunRecord(
                family: table.string(row, "family"), agent: table.string(row, "agent"), seed: try table.whole(row, "seed"),
                state: state, steps: try table.count(row, "steps"), totalSteps: try table.count(row, "total_steps"))
            run.experiment = table.optionalString(row, "experiment")
            run.preset = table.optionalString(row, "preset")
            run.updates = try table.count(row, "updates")
            run.wallSeconds = try table.value(row, "wall_seconds")
            run.unstableEpisodes = try table.count(row, "unstable_episodes")
            run.machine = table.optionalString(row, "machine")
            run.tasks = table.optionalString(row, "tasks").replacingOccurrences(of: "\r\n", with: "\n")
            run.software = table.optionalString(row, "software")
            run.command = table.optionalString(row, "command")
            if !table.optionalString(row, "budget_unit").isEmpty { run.budgetUnit = table.optionalString(row, "budget_unit") }
            run.spent = try table.optionalCount(row, "spent") ?? run.steps
            if !table.optionalString(row, "base_agent").isEmpty { run.baseAgent = table.optionalString(row, "base_agent") }
            run.policyTitles = pairs(table.optionalString(row, "policies"))
            run.warnings = table.optionalString(row, warningsColumn).split(whereSeparator: \.isNewline).map(String.init)
            run.settings = pairs(table.optionalString(row, "settings"))
            // A setting that was removed can't be filled in: then all stay as they are.
            if let registry, !run.isOfProgram, let current = try? registry.agent(named: run.baseAgent).upToDate(run.settings) {
                run.settings = current
            }
            let number = table.string(row, "run")
            guard index.updateValue(runs.count, forKey: number) == nil else {
                throw TableError(file: file.path, line: table.line(row), "run \(number) is also on an earlier line")
            }
            runs.append(run)
        }
        guard !runs.isEmpty else { throw ReportError.nothingFound(folder.path) }
        let files = evaluationsFiles.map(folder.appendingPathComponent).filter { FileManager.default.fileExists(atPath: $0.path) }
        guard files.count < 2 else { throw ReportError.ambiguousMeasurements(folder: folder.path) }
        guard let file = files.first else { throw ReportError.withoutMeasurements(folder: folder.path, origin: origin(runs)) }
        try readEvaluations(file, into: &runs, index: index)
        return runs
    }

    /// What made the runs: the command, where it is the same for all.
    static func origin(_ runs: [RunRecord]) -> String {
        let commands = Set(runs.map(\.command))
        if commands.count == 1, let command = commands.first, !command.isEmpty { return "`\(command)`" }
        return commands == [""] ? "the commands that made them" : "the commands in the column `command` of runs.csv"
    }

    private static func readEvaluations(_ file: URL, into runs: inout [RunRecord], index: [String: Int]) throws {
        for row in try MetricRecord.readRuns(file.path) {
            guard let run = index[row.run] else {
                throw TableError(file: file.path, line: row.line, "run \(row.run) is not in runs.csv")
            }
            runs[run].evaluations += row.records
        }
    }

    private static func requireFile(_ file: URL) throws {
        if !FileManager.default.fileExists(atPath: file.path) { throw ReportError.unreadable(file: file.path, "is missing") }
    }
}
