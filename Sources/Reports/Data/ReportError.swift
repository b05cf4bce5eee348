import Core

/// Errors of the input of a report; errors in the lines of a table are `TableError`s.
public enum ReportError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    /// Neither a run directory, nor a report's folder, nor a folder with run directories below it.
    case nothingFound(String)
    /// A file that can't be read.
    case unreadable(file: String, String)
    /// A report's folder without the file of its measured values; `origin` is what made the runs.
    case withoutMeasurements(folder: String, origin: String)
    /// A report's folder with two files of measured values, of which one must be older.
    case ambiguousMeasurements(folder: String)
    /// The same run given twice.
    case duplicate(String, first: String, second: String)

    public var description: String {
        switch self {
        case .nothingFound(let path):
            "\(path): no run found; a run directory (with config.yaml), a folder of run directories or a report's folder (with runs.csv) "
                + "expected"
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .withoutMeasurements(let folder, let origin):
            "\(folder): this report has no \(RunRecord.evaluationsFiles.joined(separator: " or ")), from which it could be made again; "
                + "committed reports often lack it because of its size. Put the file there, or make the runs again with \(origin)"
        case .ambiguousMeasurements(let folder):
            "\(folder): the measured values are there twice, as \(RunRecord.evaluationsFiles.joined(separator: " and ")); remove the one that is out of date"
        case .duplicate(let run, let first, let second):
            first == second ? "\(run) is there twice in \(first); remove one of them"
                : "\(run) was given twice, in \(first) and \(second); leave one of them out"
        }
    }

    public var exitCode: Int32 { 65 }
}
