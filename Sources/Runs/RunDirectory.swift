import Core
import Formats
import Foundation

/// The folder of one run and the names of its files.
public struct RunDirectory: Sendable, Equatable {
    public let path: String

    public init(_ path: String) {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = String(path)
    }

    /// `runs/EXPERIMENT/FAMILY/AGENT/seed-N`
    public static func standard(root: String = "runs", experiment: String, family: String, agent: String, seed: UInt64) -> RunDirectory {
        RunDirectory("\(root)/\(experiment)/\(family)/\(agent)/seed-\(seed)")
    }

    /// A folder's name for the name of an agent or family in tables: letters, digits and `-_.=+,` as they are, everything else as `-`.
    public static func folderName(_ name: String) -> String {
        let plain = name.map { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.=+,".contains($0)) ? $0 : "-" }
        return String(plain).split(separator: "-").joined(separator: "-").trimmingCharacters(in: CharacterSet(charactersIn: "."))
    }

    /// All runs in a folder and those below it, itself included, in the order of their paths. Of links to folders only those to
    /// runs and to sweeps are followed: others might lead anywhere. What several paths lead to is listed once.
    public static func all(below folder: String) -> [RunDirectory] {
        var seen: Set<[UInt64]> = []
        func runs(_ directory: RunDirectory, isBelow: Bool = true) -> [RunDirectory] {
            var status = stat(), link = stat()
            guard stat(directory.path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, lstat(directory.path, &link) == 0,
                !isBelow || link.st_mode & S_IFMT != S_IFLNK || directory.hasRun || access(directory.path + "/plan.csv", F_OK) == 0,
                seen.insert([UInt64(status.st_dev), UInt64(status.st_ino)]).inserted
            else { return [] }
            if directory.hasRun { return [directory] }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
            return names.sorted().filter { !$0.hasPrefix(".") }.flatMap { runs(RunDirectory(directory.path + "/" + $0)) }
        }
        return runs(RunDirectory(folder), isBelow: false)
    }

    public var configurationFile: String { path + "/config.yaml" }
    public var progressFile: String { path + "/progress.csv" }
    public var evaluationsFile: String { path + "/evaluations.csv" }
    /// Titles of the policies that only this agent has; written where there are any.
    var policiesFile: String { path + "/policies.csv" }
    public var statusFile: String { path + "/status.json" }
    public var videosFolder: String { path + "/videos" }
    public var checkpoints: CheckpointStore { CheckpointStore(folder: path + "/checkpoints") }

    /// Whether a run was started here.
    public var hasRun: Bool { access(configurationFile, F_OK) == 0 }

    /// Throws `GaitError.input` when there is no run here, `ConfigurationError` when its configuration can't be read.
    public func configuration() throws -> RunConfiguration {
        guard hasRun else {
            throw GaitError.input("\(path) is not a run directory: config.yaml is missing. `gait train` makes one")
        }
        return try RunConfiguration(contentsOf: configurationFile)
    }

    /// Removes files that a process left half-written when it was killed. Only for the holder of the lock.
    func discardPartialFiles() {
        for folder in [path, videosFolder] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.contains(partialFileMark) {
                unlink("\(folder)/\(name)")
            }
        }
    }

    /// The status of the run; if its process ended without writing one, the run counts as interrupted. Nil if no run was started here.
    public func status() -> RunStatus? {
        guard hasRun, var status = try? RunStatus(contentsOf: statusFile) else { return nil }
        if status.state == .running, !FolderLock.isHeld(folder: path) { status.state = .interrupted }
        return status
    }
}
