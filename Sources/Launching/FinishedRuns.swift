import Core
import Formats
import Foundation
import Runs

/// Finished runs of other folders, which a sweep copies where it would make the same ones.
struct FinishedRuns {
    private struct Key: Hashable {
        var agent: String
        var family: String
        var seed: UInt64
    }
    private let runs: [Key: [RunDirectory]]

    /// Looks through folders. Cost: reads each run's configuration and status.
    init(below folders: [String]) {
        let all = folders.flatMap(RunDirectory.all)
        var runs: [Key: [RunDirectory]] = [:]
        for directory in all where directory.status()?.state == .finished {
            guard let configuration = try? directory.configuration() else { continue }
            runs[Key(agent: configuration.agent, family: configuration.family, seed: configuration.seed), default: []].append(directory)
        }
        self.runs = runs
    }

    /// One that was made with the same configuration and had its length from the beginning; nil where there is none. Those of another version of MuJoCo
    /// count only where that is accepted.
    func run(like wanted: RunConfiguration, acceptsOtherEngine: Bool, _ context: RunContext) throws -> RunDirectory? {
        try runs[Key(agent: wanted.agent, family: wanted.family, seed: wanted.seed)]?.first { directory in
            let configuration = try directory.configuration()
            guard configuration.earlierLengths.isEmpty, acceptsOtherEngine || Run.engineOfItsOwn(configuration, context) == nil else { return false }
            // A run that depends on a setting that is gone is like no run of this version.
            do { return try configuration.completed(by: context.registry).firstDifference(to: wanted) == nil } catch is ConfigurationError { return false }
        }
    }
}

extension RunDirectory {
    /// Copies a finished run to `target`, under the names that it has there, unless another process has finished it meanwhile: then it returns false.
    /// Checkpoints and videos, which never change again, share their space on disk where the file system allows it. A copy cut short is no run, as long
    /// as the configuration is missing, and then one without a status, which can be resumed: until the configuration is there, checkpoints have names by
    /// which they count as half-written.
    /// Throws `FolderInUse`, `FileError`, or what reading the configuration throws.
    package func copy(to target: RunDirectory, variant agent: Variant, family: Variant, experiment: String) throws -> Bool {
        try makeFolder(target.path)
        let lock = try FolderLock(folder: target.path)
        defer { withExtendedLifetime(lock) {} }
        if target.hasRun, target.status()?.state == .finished { return false }
        for file in [target.statusFile, target.configurationFile] { unlink(file) }
        try? FileManager.default.removeItem(atPath: target.checkpoints.folder)
        let names = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
        func copyFile(_ from: String, to: String) throws { try readFile(from).withUnsafeBytes { try writeAtomically($0, to: to) } }
        for name in names.sorted() where !name.hasPrefix(".") && !["config.yaml", "status.json"].contains(name)
            && !name.hasPrefix("checkpoints/\(CheckpointStore.damagedMark)")
        {
            let from = "\(path)/\(name)", to = "\(target.path)/" + name.replacing("checkpoints/step-", with: "checkpoints/\(Checkpoint.halfWrittenMark)step-")
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: from, isDirectory: &isFolder) else { continue }
            if isFolder.boolValue {
                try makeFolder(to)
                continue
            }
            unlink(to)
            let isFixed = name.hasPrefix("checkpoints/") || name.hasPrefix("videos/")
            if !isFixed || link(from, to) != 0 { try copyFile(from, to: to) }
        }
        var configuration = try configuration()
        configuration.variant = agent.ownName
        configuration.familyVariant = family.ownName
        configuration.experiment = experiment
        try writeAtomically(configuration.yaml(), to: target.configurationFile)
        for (_, checkpoint) in checkpoints.list() {
            let name = (checkpoint as NSString).lastPathComponent, place = "\(target.checkpoints.folder)/\(name)"
            if rename("\(target.checkpoints.folder)/\(Checkpoint.halfWrittenMark)\(name)", place) != 0 { throw FileError(.renaming, place) }
        }
        try copyFile(statusFile, to: target.statusFile)
        return true
    }
}
