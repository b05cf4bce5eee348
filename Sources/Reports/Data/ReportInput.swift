import Foundation
import Runs

/// Finds and reads the runs that a report is made of.
public enum ReportInput {
    /// All runs below `paths`. Each path is a run directory, a folder of run directories at any depth, or a folder with an
    /// earlier report's `runs.csv` and `evaluations.csv`.
    ///
    /// - Parameter registry: see `RunRecord.init`.
    /// - Throws: `ReportError` when there is no run below a path, a file can't be read, or two runs are the same one.
    public static func read(_ paths: [String], registry: Registry? = nil) throws -> [RunRecord] {
        var seen: Set<String> = [], found: [(run: RunRecord, path: String)] = []
        for path in paths {
            let folder = URL(fileURLWithPath: path).resolvingSymlinksInPath()
            if isFile(folder.appendingPathComponent("runs.csv")) {
                guard seen.insert(folder.path).inserted else { continue }
                found += try RunRecord.read(report: folder, registry: registry).map { ($0, path) }
                continue
            }
            let directories = RunDirectory.all(below: folder.path)
            guard !directories.isEmpty else { throw ReportError.nothingFound(path) }
            for directory in directories where seen.insert(directory.path).inserted {
                found.append((try RunRecord(directory, registry: registry), directory.path))
            }
        }
        try rejectDuplicates(found)
        return found.map(\.run)
    }

    /// What the experiments of `runs` claim and declare: from the claims.yaml of each report among `paths`; for runs that have none there,
    /// from the experiments of the assets folder.
    ///
    /// Throws `ConfigurationError` naming file, line and key.
    public static func claims(_ paths: [String], _ runs: [RunRecord], assets: String) throws -> [ExperimentClaims] {
        var found: [ExperimentClaims] = []
        var isKept = false
        for path in paths {
            let file = URL(fileURLWithPath: path).appendingPathComponent(ExperimentClaims.fileName)
            guard isFile(file), isFile(file.deletingLastPathComponent().appendingPathComponent("runs.csv")) else { continue }
            isKept = true
            for experiment in try ExperimentClaims.read(file.path) where !found.contains(where: { $0.experiment == experiment.experiment }) {
                found.append(experiment)
            }
        }
        if isKept, paths.count == 1 { return found }
        let names = found.map(\.experiment)
        found += try ExperimentClaims.shipped(runs, assets: assets).filter { !names.contains($0.experiment) }
        return found.sorted { $0.experiment < $1.experiment }
    }

    /// The plans that reports among `paths` keep; empty where none has one. Throws `TableError` naming file and line.
    public static func plan(_ paths: [String]) throws -> [RunPlan] {
        try paths.flatMap { path -> [RunPlan] in
            let folder = URL(fileURLWithPath: path), file = folder.appendingPathComponent(RunPlan.fileName)
            return isFile(file) && isFile(folder.appendingPathComponent("runs.csv")) ? try RunPlan.read(file.path) : []
        }.unique
    }

    private static func rejectDuplicates(_ found: [(run: RunRecord, path: String)]) throws {
        var earlier: [String: [(run: RunRecord, path: String)]] = [:]
        for item in found {
            if let other = earlier[item.run.title]?.first(where: { same(item.run, $0.run) }) {
                throw ReportError.duplicate(item.run.title, first: other.path, second: item.path)
            }
            earlier[item.run.title, default: []].append(item)
        }
    }

    /// The same run, perhaps at another moment.
    private static func same(_ a: RunRecord, _ b: RunRecord) -> Bool {
        a.settings == b.settings && a.preset == b.preset && a.totalSteps == b.totalSteps
            && a.budgetUnit == b.budgetUnit && a.tasks == b.tasks
    }

    private static func isFile(_ url: URL) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: url.path, isDirectory: &folder) && !folder.boolValue
    }
}
