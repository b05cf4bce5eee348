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
    /// Throws `GaitError.input` where there is nothing, and what `queue` throws.
    public init(folder: String, queue: ([SlurmSubmission]) throws -> SlurmQueue = { try SlurmQueue(of: $0) }) throws {
        let folder = RunDirectory(folder).path
        guard FileManager.default.fileExists(atPath: folder) else { throw GaitError.input("there is no folder \(folder)") }
        let all = RunDirectory.all(below: folder)
        var items: [Item] = [], isPlanned: Set<String> = []
        let places = Self.places(below: folder)
        for place in places {
            for entry in PlanFile.entries(in: place) {
                let path = "\(place)/\(entry.run)"
                guard isPlanned.insert(Self.resolved(path)).inserted else { continue }
                let run = RunDirectory(path)
                items.append(Item(path: path, run: run.hasRun ? run : nil, entry: entry))
            }
        }
        items += all.filter { !isPlanned.contains(Self.resolved($0.path)) }.map { Item(path: $0.path, run: $0, entry: nil) }
        if items.isEmpty { throw GaitError.input("there are no runs in \(folder)") }
        runs = Self.standings(items, folder: folder)
        // A sweep of a suite is submitted with the suite.
        let above = Self.absolute(folder + "/..")
        let submissions = (places + [above]).map { (folder: $0, own: SlurmSubmission.all(in: $0)) }.filter { !$0.own.isEmpty }
        guard !submissions.isEmpty else { return }
        let queue = try queue(submissions.flatMap(\.own))
        var jobs: [String: SlurmQueue.Job] = [:]
        for (place, own) in submissions {
            for (name, job) in queue.jobs(of: own) { jobs[Self.absolute(name.hasPrefix("/") ? name : "\(place)/\(name)")] = job }
        }
        for (index, item) in items.enumerated() { if let job = jobs[Self.absolute(item.path)] { runs[index].take(job) } }
    }

    private static func absolute(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// The path without links, so that a run that several lead to is listed once.
    private static func resolved(_ path: String) -> String { URL(fileURLWithPath: path).resolvingSymlinksInPath().path }

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

    /// The folder itself, and the folders of sweeps below it: of a suite or of several experiments, and of several suites. They hold a plan or submissions.
    private static func places(below folder: String, depth: Int = 2) -> [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        let own = names.contains("plan.csv") || names.contains("slurm") ? [folder] : []
        guard depth > 0 else { return own }
        return own + names.filter { !$0.hasPrefix(".") && $0 != "slurm" }.flatMap { places(below: "\(folder)/\($0)", depth: depth - 1) }
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
