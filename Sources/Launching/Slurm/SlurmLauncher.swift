import Core
import Formats
import Foundation

/// Gives runs to Slurm: one array of jobs, and a job that writes the report after it. Nothing of Gait stays behind.
public struct SlurmLauncher: Sendable {
    /// A run and its command, which starts it or goes on with it.
    public struct Run: Sendable, Equatable {
        /// Its path below the folder of all runs.
        public var name: String
        public var directory: String
        public var command: [String]

        public init(name: String, directory: String, command: [String]) {
            self.name = name
            self.directory = directory
            self.command = command
        }
    }

    /// Of the experiment or suite; the jobs are called `gait-NAME`.
    public var name: String
    /// Holds all runs.
    public var folder: String
    public var options: SlurmOptions
    /// The command that writes the report.
    public var report: [String]
    /// For the scripts' first lines.
    public var command: String
    /// Variables that the jobs need, whether or not Slurm hands over the whole environment.
    public var exports: [String: String]

    public init(name: String, folder: String, options: SlurmOptions, report: [String], command: String, exports: [String: String]) {
        self.name = name
        self.folder = folder
        self.options = options
        self.report = report
        self.command = command
        self.exports = exports
    }

    /// Writes the scripts and the list of runs. Throws `FileError`, and `GaitError.usage` for names that the list can't hold.
    public func write(_ runs: [Run], current: String = FileManager.default.currentDirectoryPath) throws -> SlurmSubmission {
        for text in [current, folder] + runs.flatMap({ [$0.name, $0.directory] + $0.command })
        where text.unicodeScalars.contains(where: { $0 == "\t" || $0 == "\n" || $0 == "\r" }) {
            throw GaitError.usage("\(shellWord(text)): a name without tabs and line ends expected, which Slurm's scripts can't hold")
        }
        let place = try SlurmSubmission.newFolder(in: folder), absolute = place.hasPrefix("/") ? place : "\(current)/\(place)"
        try makeFolder(place + "/logs")
        let rows = ["name\tfolder\tcommand"] + runs.map { "\($0.name)\t\($0.directory)\t\(shellText($0.command))" }
        try writeAtomically(rows.map { $0 + "\n" }.joined(), to: place + "/runs.tsv")
        try writeAtomically(
            SlurmScript.array(name: name, command: command, folder: absolute, current: current, options: options, exports: exports),
            to: place + "/job.sh")
        try writeAtomically(
            SlurmScript.report(name: name, command: command, folder: absolute, current: current, options: options, exports: exports, report: report),
            to: place + "/report.sh")
        return SlurmSubmission(folder: place, script: absolute + "/job.sh", runs: runs.map(\.name))
    }

    /// The commands that submit it: an array for each piece of at most `largest` runs, then the report, where `ID` stands for numbers that
    /// only Slurm knows. With a limit the pieces come one after the other, because Slurm limits each array by itself.
    package func commands(_ submission: SlurmSubmission, largest: Int) -> [[String]] {
        let pieces = Self.pieces(submission.runs.count, largest: largest)
        return pieces.enumerated().map { index, piece in
            arrayCommand(submission, piece, after: index > 0 && options.limit != nil ? ["ID"] : [])
        } + [Self.reportCommand(submission, after: pieces.map { _ in "ID" })]
    }

    /// The same for the cluster's own limit, or Slurm's usual one where the cluster can't be asked.
    public func plannedCommands(_ submission: SlurmSubmission) -> [[String]] {
        commands(submission, largest: (try? SlurmPrograms.largestArray()) ?? SlurmPrograms.largestArray(in: ""))
    }

    /// First number and length of every piece of an array. Numbers of elements are below `largest`.
    package static func pieces(_ count: Int, largest: Int) -> [(first: Int, count: Int)] {
        stride(from: 0, to: count, by: max(1, largest)).map { ($0, min(max(1, largest), count - $0)) }
    }

    private func arrayCommand(_ submission: SlurmSubmission, _ piece: (first: Int, count: Int), after previous: [String]) -> [String] {
        let limit = options.limit.map { "%\($0)" } ?? ""
        var words = ["sbatch", "--parsable", "--array=0-\(piece.count - 1)\(limit)"]
        if !previous.isEmpty { words.append("--dependency=afterany:\(previous.joined(separator: ":"))") }
        return words + [submission.script] + (piece.first > 0 ? ["\(piece.first)"] : [])
    }

    private static func reportCommand(_ submission: SlurmSubmission, after ids: [String]) -> [String] {
        ["sbatch", "--parsable"] + (ids.isEmpty ? [] : ["--dependency=afterany:\(ids.joined(separator: ":"))"]) + [submission.reportScript]
    }

    /// Submits what was written: the runs, if there are any, and the report. Numbers of jobs are recorded one by one, so that none is lost.
    ///
    /// - Parameter others: jobs of earlier submissions. The report waits for them, too, and with a limit so do the runs.
    ///
    /// Throws `GaitError.failure` with Slurm's own message, or why a number could not be recorded, and with the numbers so far.
    public func submit(_ submission: SlurmSubmission, others: [String] = []) throws -> SlurmSubmission {
        var submission = submission
        do {
            try submission.write()  // a full disk shows before Slurm has anything
            let largest = submission.runs.isEmpty ? 1 : try SlurmPrograms.largestArray()
            for piece in Self.pieces(submission.runs.count, largest: largest) {
                let previous = options.limit == nil ? [] : submission.jobs.last.map { [$0.id] } ?? others
                let id = try submitted(arrayCommand(submission, piece, after: previous))
                submission.jobs.append(.init(id: id, first: piece.first, count: piece.count))
                try submission.write()
            }
            try submission.record(report: submitted(Self.reportCommand(submission, after: submission.jobs.map(\.id) + others)))
        } catch let error as SlurmError {
            let rest = submission.ids.isEmpty
                ? "nothing was submitted" : "submitted so far: \(submission.ids.joined(separator: ", ")); the same command submits the rest"
            throw GaitError.failure("\(error). The script is \(submission.folder)/job.sh; \(rest)")
        } catch let error as FileError where !submission.ids.isEmpty {
            let ids = submission.ids.joined(separator: " ")
            throw GaitError.failure(
                "\(error). Slurm has the jobs \(ids) of \(submission.script), not all of which could be recorded; `scancel \(ids)` takes them back")
        }
        return submission
    }

    /// Submits the report of a submission whose runs Slurm has, to be written when these jobs have ended. Throws `SlurmError` and `FileError`.
    public func submitReport(of submission: SlurmSubmission, after ids: [String]) throws -> SlurmSubmission {
        var submission = submission
        try submission.record(report: submitted(Self.reportCommand(submission, after: ids)))
        return submission
    }

    /// Slurm's number for what a command submits: `17`, or `17;cluster`. A cluster's own `sbatch` may print more before it.
    private func submitted(_ command: [String]) throws -> String {
        let answer = try SlurmPrograms.output(of: command, hiding: options.overruling), last = answer.split(whereSeparator: \.isNewline).last ?? ""
        let number = String(last.prefix { $0 != ";" })
        guard UInt64(number) != nil else {
            throw GaitError.failure(
                "sbatch accepted \(shellText(command)), but its answer '\(answer)' does not end with the job's number, so that Gait can't follow the job; "
                    + "`squeue --me` shows it")
        }
        return number
    }
}
