import Core
import Formats
import Foundation

/// Runs that were given to Slurm together: the folder `slurm/submission-N` in that of the runs.
///
/// | file | contents |
/// |---|---|
/// | `job.sh` | the array's script |
/// | `runs.tsv` | the runs, one a line: name, folder, command |
/// | `report.sh` | the script that writes the report afterwards |
/// | `jobs.json` | the numbers that Slurm gave them |
/// | `logs/` | what the scripts print; a run's own output is in its folder |
public struct SlurmSubmission: Sendable, Equatable {
    /// An array of jobs, which has the runs from number `first` on.
    public struct Piece: Codable, Sendable, Equatable {
        public var id: String
        public var first: Int
        public var count: Int

        public init(id: String, first: Int, count: Int) {
            self.id = id
            self.first = first
            self.count = count
        }
    }

    public var folder: String
    /// The array's script, as Slurm knows it.
    public var script: String
    /// The report's script, likewise.
    var reportScript: String { (script as NSString).deletingLastPathComponent + "/report.sh" }
    /// Names of the runs, their paths below the folder of all runs.
    public var runs: [String]
    public var jobs: [Piece] = []
    /// The report's job.
    public var report: String?

    private struct Record: Codable {
        var script: String
        var jobs: [Piece]
        var report: String?
    }

    package init(folder: String, script: String, runs: [String], jobs: [Piece] = [], report: String? = nil) {
        self.folder = folder
        self.script = script
        self.runs = runs
        self.jobs = jobs
        self.report = report
    }

    /// Reads one. Nil where nothing was submitted from it.
    private init?(contentsOf folder: String) {
        guard let data = try? readFile(folder + "/jobs.json"), let record = try? decodeJSON(Record.self, from: data),
            let list = try? String(contentsOfFile: folder + "/runs.tsv", encoding: .utf8)
        else { return nil }
        if record.jobs.isEmpty, record.report == nil { return nil }
        self.folder = folder
        script = record.script
        jobs = record.jobs
        report = record.report
        runs = list.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "\t" }) }
    }

    /// Those of a folder of runs that were submitted, in their order.
    public static func all(in folder: String) -> [SlurmSubmission] {
        numbers(in: folder).compactMap { SlurmSubmission(contentsOf: "\(folder)/slurm/submission-\($0)") }
    }

    private static func numbers(in folder: String) -> [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/slurm")) ?? []
        return names.compactMap { $0.hasPrefix("submission-") ? Int($0.dropFirst("submission-".count)) : nil }.sorted()
    }

    /// Keeps other processes from submitting runs of this folder. Throws `FolderInUse` and `FileError`.
    public static func lock(_ folder: String) throws -> FolderLock {
        try makeFolder(folder + "/slurm")
        return try FolderLock(folder: folder + "/slurm")
    }

    /// A folder for the next one, which is made. Throws `FileError`.
    static func newFolder(in folder: String) throws -> String {
        var number = (numbers(in: folder).last ?? 0) + 1
        try makeFolder(folder + "/slurm")
        while true {
            let path = "\(folder)/slurm/submission-\(number)"
            if mkdir(path, 0o755) == 0 { return path }
            guard errno == EEXIST else { throw FileError(.creating, path) }
            number += 1  // another process was quicker
        }
    }

    /// Records the numbers of jobs. Throws `FileError`.
    func write() throws {
        try writeAtomically(jsonText(Record(script: script, jobs: jobs, report: report)), to: folder + "/jobs.json")
    }

    /// Records the report's number. Throws `FileError`.
    mutating func record(report id: String) throws {
        report = id
        try write()
    }

    /// When the last of its jobs was submitted; nil where that can't be known.
    public var submitted: Date? { modificationDate(folder + "/jobs.json") }

    /// Numbers of all its jobs.
    public var ids: [String] { jobs.map(\.id) + [report].compactMap { $0 } }
}
