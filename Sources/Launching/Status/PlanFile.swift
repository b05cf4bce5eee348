import Agents
import Formats
import Foundation
import Runs

/// `plan.csv` in a sweep's folder: all runs that were ever asked for there, so that `gait status` can list those that are not begun yet, and runs of another
/// preset get a folder of their own. It may be deleted; the next sweep writes it again.
public enum PlanFile {
    public struct Entry: Sendable, Equatable {
        /// FAMILY/AGENT/seed-N
        public var run: String
        /// Length, in `unit`.
        public var length: Int
        public var unit: String
        /// Empty in files of earlier versions.
        public var preset: String

        public init(run: String, length: Int, unit: String, preset: String = "") {
            self.run = run
            self.length = length
            self.unit = unit
            self.preset = preset
        }
    }

    static func path(_ folder: String) -> String { folder + "/plan.csv" }

    /// The entries of a folder; none where there is no such file, or where it can't be read.
    public static func entries(in folder: String) -> [Entry] {
        let file = path(folder)
        guard access(file, F_OK) == 0, let csv = try? CSV(contentsOf: file),
            let rows = try? CSV.Reader(csv, file: file, required: ["run", "length", "unit"])
        else { return [] }
        return (0..<rows.count).compactMap { row in
            (try? rows.count(row, "length")).map {
                Entry(run: rows.string(row, "run"), length: $0, unit: rows.string(row, "unit"), preset: rows.string(row, "preset"))
            }
        }
    }

    /// Adds a plan to what is there, one process at a time. Throws `FileError`.
    public static func add(_ plan: [PlannedRun], preset: Preset, folder: String) throws {
        let new = plan.map { Entry(run: $0.label, length: $0.budget, unit: $0.unit.rawValue, preset: preset.rawValue) }
        let before = entries(in: folder)
        guard merged(before, new) != before else { return }
        try makeFolder(folder)
        let lock = try lock(folder)
        try withExtendedLifetime(lock) {
            let all = merged(entries(in: folder), new)
            let csv = CSV(header: ["run", "length", "unit", "preset"], rows: all.map { [$0.run, "\($0.length)", $0.unit, $0.preset] })
            try writeAtomically(csv.text, to: path(folder))
        }
    }

    private static func merged(_ before: [Entry], _ new: [Entry]) -> [Entry] {
        let replaced = Dictionary(new.map { ($0.run, $0) }, uniquingKeysWith: { $1 }), present = Set(before.map(\.run))
        return before.map { replaced[$0.run] ?? $0 } + new.filter { !present.contains($0.run) }
    }

    /// The lock is held only while the file is written. Without it after ten seconds: a process that hangs there must not keep others from training.
    private static func lock(_ folder: String) throws -> FolderLock? {
        for _ in 0..<30 {
            do { return try FolderLock(folder: folder) } catch is FolderInUse { usleep(100_000) }
        }
        return nil
    }
}
