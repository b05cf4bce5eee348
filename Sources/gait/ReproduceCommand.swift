import Agents
import ArgumentParser
import Core
import Environments
import Foundation
import Launching
import Reports
import Runs
import Studies

struct ReproduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce", abstract: "Trains all runs of an experiment, or of a suite of experiments, and writes the report.",
        discussion: """
            Runs that are finished are skipped, so the same command continues after an interruption. A run that fails does not stop the \
            others. The same command may work on one folder from several machines at once: they share the runs. With --launcher slurm the runs \
            become jobs of a cluster, and the command returns at once; `gait status DIR` shows where they stand.
            """)

    @Argument(help: "Name of an experiment or suite (see `gait list`), or a file like those in assets/experiments.")
    var experiment: String

    @Option(choice: "Size of the runs")
    var preset = Preset.quick

    @Option(
        parsing: .unconditional,
        help: "Seeds: one (3), a range (10-14) or several of these (0-2,7). Default: the experiment's.", transform: { try SeedList($0) })
    var seeds: SeedList?

    @Option(help: ArgumentHelp(
        "Train only these agents of the experiment, separated by commas. Default: all.", valueName: "names"))
    var agents: [String] = []

    @Option(help: ArgumentHelp(
        "Train only on these families of the experiment, separated by commas. Default: all.", valueName: "names"))
    var families: [String] = []

    @Option(help: ArgumentHelp(
        "Only these parts of a suite, separated by commas; the report shows all parts. Default: all.", valueName: "names"))
    var parts: [String] = []

    @Option(
        help: ArgumentHelp(
            "Folder of earlier runs. Finished runs with the same configuration are copied instead of trained again.", valueName: "dir"),
        transform: nonEmptyPath)
    var from: String?

    @Option(
        parsing: .unconditional,
        help: "Number of runs at the same time. Default: the number of cores; with --launcher slurm as many as there is room for.")
    var jobs: Int?

    @OptionGroup var length: BudgetOptions

    @Option(
        name: .customLong("set"),
        help: ArgumentHelp(
            "Change a setting of all chosen agents that have it, or of families: family.key=value. Can be repeated.", valueName: "key=value"))
    var settings: [String] = []

    @Option(help: ArgumentHelp("Folder of the runs. Default: runs/EXPERIMENT, or runs/EXPERIMENT-PRESET where the first has runs of another preset; of a suite runs/SUITE-PRESET, without the preset if it is quick.", valueName: "dir"), transform: nonEmptyPath)
    var out: String?

    @Flag(help: "Train nothing: write the report of the runs that are there.")
    var reportOnly = false

    @OptionGroup var engine: EngineOption

    @OptionGroup var launching: LauncherOptions

    @OptionGroup var output: OutputOptions

    func validate() throws {
        if reportOnly, launching.launcher == .slurm { throw ValidationError("--report-only trains nothing, so that there is nothing for --launcher slurm") }
    }

    func run() throws {
        let workplace = try Workplace()
        let context = try workplace.context { _ in }
        let exit: Int32
        if Suite.names(assets: workplace.assets).contains(experiment) {
            let suite = try Suite.named(
                experiment, assets: workplace.assets, registry: workplace.registry, studies: Studies.all.map { $0.name })
            exit = try run(suite, workplace, context)
        } else {
            if !parts.isEmpty { throw GaitError.usage("--parts: only a suite has parts, and \(experiment) is none") }
            let named = try Self.experiment(experiment, workplace)
            exit = try run(named, workplace, context)
        }
        throw ExitCode(exit)
    }

    /// Throws `GaitError.usage` with the nearest name of an experiment or a suite.
    private static func experiment(_ name: String, _ workplace: Workplace) throws -> Experiment {
        let experiments = Experiment.names(assets: workplace.assets)
        if !name.contains("/"), !name.hasSuffix(".yaml"), !experiments.contains(name) {
            let known = experiments + Suite.names(assets: workplace.assets)
            throw GaitError.usage(unknownNameMessage(kind: "experiment", name: name, known: known))
        }
        return try Experiment.named(name, assets: workplace.assets, registry: workplace.registry)
    }

    /// One experiment and its report. Returns the exit status.
    private func run(_ experiment: Experiment, _ workplace: Workplace, _ context: RunContext) throws -> Int32 {
        var sweep = try Sweep(experiment: experiment, preset: preset, seeds: seeds, jobs: jobs, folder: out, budget: length.amounts)
        sweep.only = (agents, families)
        try sweep.set(settings.map(SettingOverride.init(option:)), registry: workplace.registry)
        sweep.source = from
        (sweep.acceptsOtherEngine, sweep.trains) = (engine.otherEngine, !reportOnly)
        var plan = try sweep.plan(budgets: workplace.budgets(), context: context)
        let display = ProgressDisplay()
        if let note = Sweep.note(of: plan, context) { display.line("note: \(note)") }
        if launching.launcher == .slurm {
            display.line("\(experiment.title): \(sweep.extent(plan))")
            return try submit([(sweep, plan)], name: experiment.name, folder: sweep.folder, reportFolder: sweep.reportFolder, context, display)
        }
        if reportOnly { plan = plan.copies }
        try Sweep.requireNoObstacle(plan)
        if !plan.isEmpty { display.line("\(experiment.title): \(sweep.outline(plan))") }
        let outcome = carryOut(sweep, plan, context, display)
        if outcome.interruptedBy != nil { return outcome.exitCode }
        if let report = try report(sweep, workplace) {
            ReportCommand.announce(try report.write(to: URL(fileURLWithPath: sweep.reportFolder)), json: output.json)
        } else if reportOnly {
            throw GaitError.usage("--report-only: there are no runs in \(sweep.folder)")
        } else {
            display.line(outcome.failed.isEmpty ? "no run was started, so there is nothing to report" : "no run has begun, so there is nothing to report")
        }
        return outcome.exitCode
    }

    /// Trains the runs of a plan on this machine.
    func carryOut(_ sweep: Sweep, _ plan: [PlannedRun], _ context: RunContext, _ display: ProgressDisplay) -> SweepOutcome {
        let outcome = sweep.run(plan, interruption: context.interruption) { event in
            if output.json, let line = event.json { print(line) }
            display.show(event)
        }
        guard outcome.interruptedBy != nil else { return outcome }
        for (run, reason) in outcome.unsaved { display.line("not saved: \(run.directory.path): \(reason)") }
        let extent = outcome.unsaved.isEmpty ? "everything is saved" : "what is not saved begins again at its last checkpoint"
        display.line("stopped, \(extent); the same command continues")
        return outcome
    }

    /// The report of all runs that were begun; those that were not asked for this time belong to it, too. Nil where there is none.
    func report(_ sweep: Sweep, _ workplace: Workplace) throws -> Report? {
        let begun = sweep.directories.filter(\.hasRun)
        guard !begun.isEmpty else { return nil }
        var runs = try ReportInput.read(begun.map(\.path), registry: workplace.registry)
        let names = begunNames(sweep, runs)
        for index in runs.indices {  // whoever trained them
            runs[index].experiment = sweep.experiment.name
            let isAsked = try sweep.asks(for: runs[index].agent, on: runs[index].family)
            runs[index].command = command(sweep, changes: names + length.words + (isAsked ? settingWords : []))
        }
        let claims = try experimentFile.map { [try ExperimentClaims(contentsOf: $0)] }
            ?? ReportInput.claims([], runs, assets: workplace.assets)
        return Report(
            runs, claims: claims, plan: sweep.planned, budgets: try workplace.budgets(), page: try PageFiles(assets: workplace.assets))
    }

    /// The experiment's own file, where it is none of the assets folder.
    private var experimentFile: String? { experiment.contains("/") || experiment.hasSuffix(".yaml") ? experiment : nil }

    /// The options that name the agents and families of `runs`, where the experiment has others, too.
    private func begunNames(_ sweep: Sweep, _ runs: [RunRecord]) -> [String] {
        options("--agents", sweep.experiment.agents, begun: runs.map(\.agent))
            + options("--families", sweep.experiment.families, begun: runs.map(\.family))
    }

    private func options(_ option: String, _ all: [Variant], begun: [String]) -> [String] {
        let own = all.map(\.name).filter(begun.contains)
        // A registered name stands for all its variants, begun or not: then the option would say too much.
        let isExact = all.allSatisfy { begun.contains($0.name) || !own.contains($0.base) }
        if own.count == all.count || !isExact { return [] }
        return own.contains { $0.contains(",") } ? own.flatMap { [option, $0] } : [option, own.joined(separator: ",")]
    }

    /// The command that makes the same runs again.
    private func command(_ sweep: Sweep, changes: [String]) -> String {
        let name = experimentFile.map { ($0 as NSString).lastPathComponent } ?? sweep.experiment.name
        return shellText(["gait", "reproduce", name, "--preset", sweep.preset.rawValue, "--seeds", sweep.seeds.text] + changes)
    }

    /// As they were given.
    var settingWords: [String] { settings.flatMap { ["--set", $0] } }
}

extension [PlannedRun] {
    /// Those that are copied from other folders.
    var copies: Self { filter { if case .copy = $0.action { true } else { false } } }
}

extension Sweep {
    /// Every run of the experiment, as reports name it.
    var planned: [RunPlan] { all.map { RunPlan(agent: $0.agent.name, family: $0.family.name, seed: $0.seed) } }

    /// `24 runs, seeds 10 to 14, in runs/fig4, 2 at a time`
    func outline(_ plan: [PlannedRun]) -> String { "\(extent(plan)), \(jobs) at a time" }

    /// `24 runs, seeds 10 to 14, in runs/fig4`
    func extent(_ plan: [PlannedRun]) -> String {
        "\(plan.count) run\(plan.count == 1 ? "" : "s"), \(seeds.title), in \(folder)"
    }
}
