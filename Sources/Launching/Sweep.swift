import Agents
import Core
import Foundation
import Runs

/// All runs of an experiment, several at a time, each a process of its own: a crash of one does not affect the others, and
/// the results do not depend on their number.
public struct Sweep {
    public var experiment: Experiment
    public var preset: Preset
    public var seeds: SeedList
    /// Runs at a time.
    public var jobs: Int
    /// Cores that the runs share.
    public var cores: Int
    /// Holds FAMILY/AGENT/seed-N.
    public var folder: String
    /// Lengths of the runs by the unit that their agents count in, if they differ from the preset's budget.
    public var budget: [BudgetUnit: Int]
    /// Names of the agents and families to run; empty for all. The name of a registered agent stands for all its variants.
    public var only: (agents: [String], families: [String]) = ([], [])
    /// Folder whose finished runs are copied instead of trained again. It must hold some.
    public var source: String?
    /// Folder of the suite that the experiment is a part of: finished runs of other parts are copied, too.
    public var suiteFolder: String?
    /// The program that is started for every run, with the arguments of `gait train` or `gait resume`.
    public var executable: String
    /// Runs are continued and copied also where another version of MuJoCo trained them.
    public var acceptsOtherEngine = false
    /// False where runs are only copied and reported: then it is no error that some can't be continued.
    public var trains = true

    /// Throws `GaitError.usage` where a number is out of range or the experiment has no seeds for the preset and none are given.
    public init(
        experiment: Experiment, preset: Preset, seeds: SeedList? = nil, jobs: Int? = nil,
        cores: Int = AvailableResources.own.cores, folder: String? = nil, budget: [BudgetUnit: Int] = [:],
        executable: String? = nil
    ) throws {
        self.experiment = experiment
        self.preset = preset
        guard let seeds = seeds ?? experiment.seeds[preset.rawValue] else {
            throw GaitError.usage("experiment \(experiment.name) has no seeds for the preset \(preset.rawValue); give --seeds")
        }
        self.seeds = seeds
        self.cores = max(1, cores)
        self.jobs = jobs ?? self.cores
        self.folder = folder ?? experiment.standardFolder(preset: preset)
        self.budget = budget
        self.executable = executable ?? RunningProgram.starter ?? "gait"
        if self.jobs < 1 { throw GaitError.usage("--jobs: at least 1 expected, found \(self.jobs)") }
    }

    /// Where its report goes: `FOLDER/report`, `FOLDER/report-NAME` where the folder is another experiment's.
    public var reportFolder: String { experiment.runs == nil ? "\(folder)/report" : "\(folder)/report-\(experiment.name)" }

    /// Every run that is asked for, seed by seed. Throws `GaitError.usage` for an agent or family that the experiment does not have,
    /// `GaitError.input` where a folder holds a run that would come out differently, `GaitError.usage` for an unfinished one of another version of
    /// MuJoCo unless that is accepted, and what makes a configuration impossible.
    public func plan(budgets: Budgets, context: RunContext) throws -> [PlannedRun] {
        let (agents, families) = try chosen()
        try checkUnits(agents, context)
        if RunDirectory(folder).hasRun { throw GaitError.usage("--out: \(folder) is the folder of one run; choose another, such as the one above it") }
        if let source, RunDirectory.all(below: source).isEmpty { throw GaitError.usage("--from: there are no runs in \(source)") }
        let asked = combinations(agents, families), folders = [source, suiteFolder].compactMap { $0 }
        // Read only where something may be copied.
        let mayCopy = !folders.isEmpty && asked.contains { !directory($0.agent, $0.family, $0.seed).hasRun }
        let finished = mayCopy ? FinishedRuns(below: folders) : nil
        return try asked.map { agent, family, seed in
            let directory = directory(agent, family, seed)
            let wanted = try Run.configuration(request(agent, family, seed), budgets: budgets, context: context)
            let (action, otherEngine) = try action(directory, wanted, finished, context)
            return PlannedRun(
                agent: agent, family: family, seed: seed, directory: directory, budget: wanted.budget.amount, unit: wanted.budget.unit,
                action: action, obstacle: action == .start || action == .resume ? wanted.obstacle : nil,
                otherEngine: otherEngine)
        }
    }

    /// Throws `GaitError.usage` with the first run of a plan that this machine can't train, before the first one begins.
    public static func requireNoObstacle(_ plan: [PlannedRun]) throws {
        for run in plan { if let obstacle = run.obstacle { throw GaitError.usage("\(run.label): \(obstacle)") } }
    }

    /// What a user has to know of a plan's finished runs that another version of MuJoCo made; nil where there are none.
    public static func note(of plan: [PlannedRun], _ context: RunContext) -> String? {
        // Parts of a suite may have the same run.
        let plan = Dictionary(plan.map { ($0.directory.path, $0) }, uniquingKeysWith: { first, _ in first }).values
        let kept = plan.compactMap(\.otherEngine)
        guard !kept.isEmpty else { return nil }
        return "\(kept.count) of \(plan.count) runs are finished and stay as MuJoCo \(Set(kept).sorted().joined(separator: " or ")) made them; this program "
            + "has \(context.versions.mujoco). For runs with it alone choose another folder with --out"
    }

    /// Directories of all runs of the experiment with the sweep's seeds, those that are not asked for included: what a report is made of.
    public var directories: [RunDirectory] { all.map(directory) }

    /// Every run of the experiment with the sweep's seeds, those that are not asked for included.
    public var all: [(agent: Variant, family: Variant, seed: UInt64)] { combinations(experiment.agents, experiment.families) }

    private func combinations(_ agents: [Variant], _ families: [Variant]) -> [(agent: Variant, family: Variant, seed: UInt64)] {
        seeds.seeds.flatMap { seed in
            families.flatMap { family in
                agents.filter { $0.families?.contains(family.name) ?? true }.map { ($0, family, seed) }
            }
        }
    }

    private func directory(_ agent: Variant, _ family: Variant, _ seed: UInt64) -> RunDirectory {
        RunDirectory("\(folder)/\(family.folder)/\(agent.folder)/seed-\(seed)")
    }

    private func request(_ agent: Variant, _ family: Variant, _ seed: UInt64) -> RunRequest {
        var request = RunRequest(agent: agent.base, family: family.base, preset: preset)
        request.seed = seed
        request.taskSeed = experiment.taskSeed
        request.budget = budget
        request.ignoresOtherUnits = true
        request.overrides = agent.settings
        request.familyOverrides = family.settings
        request.variant = agent.ownName
        request.familyVariant = family.ownName
        request.experiment = experiment.owner
        return request
    }

    /// Those of `only`. Throws `GaitError.usage` for names that the experiment does not have.
    func chosen() throws -> (agents: [Variant], families: [Variant]) {
        (
            try Self.chosen(only.agents, of: experiment.agents, option: "--agents", kind: "agent", plural: "agents"),
            try Self.chosen(only.families, of: experiment.families, option: "--families", kind: "family", plural: "families")
        )
    }

    /// Variants of these names, or all where there are none.
    private static func chosen(
        _ names: [String], of variants: [Variant], option: String, kind: String, plural: String
    ) throws -> [Variant] {
        let names = variants.names(in: names)
        for name in names where !variants.has(name) {
            let known = variants.map(\.name)
            throw GaitError.usage("\(option): " + unknownNameMessage(kind: kind, plural: "\(plural) of this experiment", name: name, known: known))
        }
        return names.isEmpty ? variants : variants.filter { names.contains($0.name) || names.contains($0.base) }
    }

    /// A length in a unit that no agent counts in would be ignored.
    private func checkUnits(_ agents: [Variant], _ context: RunContext) throws {
        let units = try Set(agents.flatMap { try context.registry.agent(named: $0.base).budgetUnits })
        for unit in budget.keys where !units.contains(unit) {
            let known = units.map { "--\($0.rawValue)" }.sorted().joined(separator: " or ")
            throw GaitError.usage("--\(unit.rawValue): no agent of this experiment counts its budget in \(unit.rawValue); give \(known)")
        }
    }

    /// What is to be done for a run, and `PlannedRun.otherEngine`.
    private func action(
        _ directory: RunDirectory, _ wanted: RunConfiguration, _ finished: FinishedRuns?, _ context: RunContext
    ) throws -> (PlannedRun.Action, otherEngine: String?) {
        guard directory.hasRun else {
            let same = try finished?.run(like: wanted, acceptsOtherEngine: acceptsOtherEngine, context)
            return (same.map { .copy(from: $0) } ?? .start, nil)
        }
        let found = try directory.configuration().completed(by: context.registry, origin: .file(directory.configurationFile))
        if let difference = found.firstDifference(to: wanted) {
            if !trains { return (.skip, nil) }  // the report says that it differs
            throw GaitError.input(
                "\(directory.configurationFile): key '\(difference.key)': this run was made with \(difference.here), but the experiment now has "
                    + "\(difference.there); choose another folder with --out, or move this one away")
        }
        if directory.status()?.state == .finished { return (.skip, Run.engineOfItsOwn(found, context)) }
        if trains, !acceptsOtherEngine, let refusal = Run.otherEngine(found, directory, context) { throw refusal }
        return (.resume, nil)
    }

    /// Threads of the next run to start: one if each core has a run of its own, which is most efficient. If there
    /// are fewer runs than cores, they share the free cores. The number of threads does not change a result.
    ///
    /// - Parameters:
    ///   - waiting: runs not started yet, the next one included.
    ///   - running: threads of each running process.
    public func threads(waiting: Int, running: [Int]) -> Int {
        let free = cores - running.reduce(0, +), next = min(waiting, jobs - running.count)
        return max(1, free / max(1, next))
    }

    /// The command that starts a run or goes on with it.
    public func command(_ run: PlannedRun, threads: Int = 1) -> [String] {
        if run.action == .resume { return [executable, "resume", run.directory.path, "--threads", "\(threads)"] + engineOption }
        return trainCommand(run, threads: threads)
    }

    /// The command that starts a run, and goes on with it when it is given again.
    public func trainCommand(_ run: PlannedRun, threads: Int = 1) -> [String] {
        var words = [executable, "train"] + identity(run)
        if let name = run.agent.ownName { words += ["--variant", name] }
        if let name = run.family.ownName { words += ["--family-variant", name] }
        words += ["--experiment", experiment.owner]
        return words + ["--threads", "\(threads)", "--out", run.directory.path] + engineOption
    }

    private var engineOption: [String] { acceptsOtherEngine ? ["--other-engine"] : [] }

    /// What a run's result depends on, as arguments of `gait train`: the same for two runs that come out the same under other names.
    public func identity(_ run: PlannedRun) -> [String] {
        var words = [run.agent.base, run.family.base, "--preset", preset.rawValue, "--seed", "\(run.seed)"]
        if experiment.taskSeed != .standard { words += ["--task-seed", experiment.taskSeed.text] }
        if budget[run.unit] != nil { words += ["--\(run.unit.rawValue)", "\(run.budget)"] }
        for setting in run.agent.settings { words += ["--set", "\(setting.key)=\(setting.value.yamlOnOneLine)"] }
        for setting in run.family.settings { words += ["--set", "family.\(setting.key)=\(setting.value.yamlOnOneLine)"] }
        return words
    }
}
