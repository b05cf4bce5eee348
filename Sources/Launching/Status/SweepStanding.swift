import Core
import Formats
import Foundation
import Runs

/// Where all runs of a folder stand: of one run, a sweep, a suite, or any folder of runs.
public struct SweepStanding: Sendable, Equatable {
    /// Runs of plans in the order of the plans, then all others by their paths.
    public var runs: [RunStanding]

    /// Reads plans and status files. Cost: one small file for each run, several at a time. `queue` is asked for Slurm's jobs where
    /// something was submitted.
    ///
    /// Throws `GaitError.usage` where there is nothing, and what `queue` throws.
    public init(folder: String, queue: ([SlurmSubmission]) throws -> SlurmQueue = { try SlurmQueue(of: $0) }) throws {
        let folder = RunDirectory(folder).path
        guard FileManager.default.fileExists(atPath: folder) else { throw GaitError.usage("there is no folder \(folder)") }
        var found: [String: RunDirectory] = [:]
        let all = RunDirectory.all(below: folder)
        for run in all { found[run.path] = run }
        var items: [Item] = [], isPlanned: Set<String> = []
        for place in Self.foldersWithPlans(below: folder) {
            for entry in PlanFile.entries(in: place) {
                let path = "\(place)/\(entry.run)"
                guard isPlanned.insert(path).inserted else { continue }
                items.append(Item(path: path, run: found[path], entry: entry))
            }
        }
        items += all.filter { !isPlanned.contains($0.path) }.map { Item(path: $0.path, run: $0, entry: nil) }
        if items.isEmpty { throw GaitError.usage("there are no runs in \(folder)") }
        let submissions = SlurmSubmission.all(in: folder)
        let jobs = submissions.isEmpty ? [:] : try queue(submissions).jobs(of: submissions)
        runs = Self.standings(items, folder: folder)
        for index in runs.indices { if let job = jobs[runs[index].name] { runs[index].take(job) } }
    }

    private struct Item {
        var path: String
        var run: RunDirectory?
        var entry: PlanFile.Entry?
    }

    /// Status files are small, so that opening them is what takes time: several threads do it.
    private static func standings(_ items: [Item], folder: String) -> [RunStanding] {
        @Sendable func standing(_ item: Item) -> RunStanding {
            let name = item.path == folder ? (folder as NSString).lastPathComponent : String(item.path.dropFirst(folder.count + 1))
            if let run = item.run { return RunStanding(run, name: name, planned: item.entry) }
            // Every item has a run or an entry.
            return RunStanding(planned: item.entry ?? PlanFile.Entry(run: name, length: 0, unit: ""), name: name, directory: item.path)
        }
        return mapInParallel(items, threads: AvailableResources.own.cores, standing)
    }

    /// The folder itself, and those in it that are sweeps of a suite.
    private static func foldersWithPlans(below folder: String) -> [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return ([folder] + names.filter { !$0.hasPrefix(".") }.map { "\(folder)/\($0)" }).filter { access(PlanFile.path($0), F_OK) == 0 }
    }

    public func count(_ state: RunStanding.State) -> Int { runs.count { $0.state == state } }

    /// Mean progress of all runs, 0...1.
    public var progress: Double { runs.isEmpty ? 1 : runs.reduce(0) { $0 + $1.progress } / Double(runs.count) }

    /// `24 runs: 10 finished, 3 running, 11 queued`
    public var text: String {
        let parts = RunStanding.State.allCases.reversed().compactMap { state -> String? in
            let count = count(state)
            return count > 0 ? "\(count) \(state.rawValue)" : nil
        }
        return "\(runs.count) run\(runs.count == 1 ? "" : "s"): \(parts.joined(separator: ", "))"
    }
}
