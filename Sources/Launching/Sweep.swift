import Agents
import Core
import Foundation
import Runs

/// One run of an experiment and how it stands.
public struct PlannedRun: Sendable, Equatable {
    public enum Action: String, Sendable {
        /// Finished before; nothing to do.
        case skip
        case resume, start
    }
    public var agent: String
    public var family: String
    public var seed: UInt64
    public var directory: RunDirectory
    public var totalSteps: Int
    public var action: Action

    /// `half-cheetah-dir/pmeta-rl/seed-0`
    public var label: String { "\(family)/\(agent)/seed-\(seed)" }
}

/// All runs of an experiment, several at a time, each a process of its own: one that dies takes no other with it, and
/// the result of each is the same bits whatever their number.
public struct Sweep {
    public var experiment: Experiment
    public var preset: Preset
    /// Seeds 0, 1, ...; by default the experiment's own number.
    public var seeds: Int
    /// Runs at a time.
    public var jobs: Int
    /// Cores that the runs share.
    public var cores: Int
    /// Holds FAMILY/AGENT/seed-N.
    public var folder: String
    /// Environment steps, where they depart from the preset's budget.
    public var steps: Int?
    /// The program that is started for every run, with the arguments of `gait train` or `gait resume`.
    public var executable: String

    public init(
        experiment: Experiment, preset: Preset, seeds: Int? = nil, jobs: Int? = nil,
        cores: Int = ProcessInfo.processInfo.activeProcessorCount, folder: String? = nil, steps: Int? = nil, executable: String? = nil
    ) throws {
        self.experiment = experiment
        self.preset = preset
        guard let seeds = seeds ?? experiment.seeds[preset.rawValue] else {
            throw GaitError.usage("experiment \(experiment.name) names no seeds for the preset \(preset.rawValue); give --seeds")
        }
        self.seeds = seeds
        self.cores = max(1, cores)
        self.jobs = jobs ?? self.cores
        self.folder = folder ?? experiment.standardFolder(preset: preset)
        self.steps = steps
        self.executable = executable ?? AssetsFolder.executablePath() ?? "gait"
        if self.seeds < 1 { throw GaitError.usage("--seeds: at least 1 expected, found \(self.seeds)") }
        if self.jobs < 1 { throw GaitError.usage("--jobs: at least 1 expected, found \(self.jobs)") }
    }

    /// Where its report goes: `FOLDER/report`, `FOLDER/report-NAME` where the folder is another experiment's.
    public var reportFolder: String { experiment.runs == nil ? "\(folder)/report" : "\(folder)/report-\(experiment.name)" }

    /// Every run, seed by seed. Throws `GaitError.input` where a folder holds a run that would come out differently,
    /// and what makes a configuration impossible.
    public func plan(budgets: Budgets, context: RunContext) throws -> [PlannedRun] {
        var runs: [PlannedRun] = []
        for seed in 0..<UInt64(seeds) {
            for family in experiment.families {
                for agent in experiment.agents {
                    let directory = RunDirectory("\(folder)/\(family)/\(agent)/seed-\(seed)")
                    var request = RunRequest(agent: agent, family: family, preset: preset)
                    request.seed = seed
                    request.steps = steps
                    let wanted = try Run.configuration(request, budgets: budgets, context: context)
                    runs.append(
                        PlannedRun(
                            agent: agent, family: family, seed: seed, directory: directory, totalSteps: wanted.budget.steps,
                            action: try action(directory, wanted)))
                }
            }
        }
        return runs
    }

    private func action(_ directory: RunDirectory, _ wanted: RunConfiguration) throws -> PlannedRun.Action {
        guard directory.hasRun else { return .start }
        if let difference = try directory.configuration().firstDifference(to: wanted) {
            throw GaitError.input(
                "\(directory.configurationFile): key '\(difference.key)': this run was made with \(difference.here), now it would be "
                    + "\(difference.there); choose another folder with --out, or move this one away")
        }
        return directory.status()?.state == .finished ? .skip : .resume
    }

    /// Threads of the next run to start: one where all cores have a run of their own, since runs side by side lose nothing to each other;
    /// where fewer runs than cores are left, or allowed, those share the cores that are free. No number of threads changes a result.
    ///
    /// - Parameters:
    ///   - waiting: runs not started yet, the next one included.
    ///   - running: threads of each run at work.
    public func threads(waiting: Int, running: [Int]) -> Int {
        let free = cores - running.reduce(0, +), next = min(waiting, jobs - running.count)
        return max(1, free / max(1, next))
    }

    /// The words that start a run.
    public func command(_ run: PlannedRun, threads: Int = 1) -> [String] {
        if run.action == .resume { return [executable, "resume", run.directory.path, "--threads", "\(threads)"] }
        let steps = steps.map { ["--steps", "\($0)"] } ?? []
        return [executable, "train", run.agent, run.family, "--preset", preset.rawValue, "--seed", "\(run.seed)"] + steps
            + ["--threads", "\(threads)", "--out", run.directory.path]
    }
}
