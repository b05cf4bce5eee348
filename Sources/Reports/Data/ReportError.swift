import Core

/// Errors of the input of a report; errors in the lines of a table are `TableError`s.
public enum ReportError: Error, CustomStringConvertible, ExitCodeProviding, Equatable {
    /// Neither a run directory, nor a report's folder, nor a folder with run directories below it.
    case nothingFound(String)
    /// A file that can't be read.
    case unreadable(file: String, String)
    /// The same run given twice.
    case duplicate(String, first: String, second: String)

    public var description: String {
        switch self {
        case .nothingFound(let path):
            "\(path): no run found; a run directory (with config.yaml), a folder of run directories or a report's folder (with runs.csv) "
                + "expected"
        case .unreadable(let file, let reason): "\(file): \(reason)"
        case .duplicate(let run, let first, let second):
            "\(run) was given twice, in \(first) and \(second); leave one of them out"
        }
    }

    public var exitCode: Int32 { 65 }
}
