import Agents
import ArgumentParser
import Core
import Environments
import Foundation
import Launching
import Reports
import Runs

struct ReproduceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce", abstract: "Trains all runs of an experiment and writes its report.",
        discussion: """
            Runs that are finished are skipped, so the same command continues after an interruption. A run that fails does not stop the \
            others.
            """)

    @Argument(help: "Name of an experiment (see `gait list experiments`), or a file like those in assets/experiments.")
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

    @Option(
        help: ArgumentHelp(
            "Folder of earlier runs. Finished runs with the same configuration are copied instead of trained again.", valueName: "dir"))
    var from: String?

    @Option(parsing: .unconditional, help: "Number of runs at the same time. Default: the number of cores.")
    var jobs: Int?

    @OptionGroup var length: BudgetOptions

    @Option(help: ArgumentHelp("Folder of the runs. Default: runs/EXPERIMENT.", valueName: "dir"))
    var out: String?

    @OptionGroup var output: OutputOptions

    /// The experiment's own file, where it is none of the assets folder.
    private var experimentFile: String? { experiment.contains("/") || experiment.hasSuffix(".yaml") ? experiment : nil }

    /// The command that makes the same runs again.
    private func command(_ sweep: Sweep) -> String {
        let name = experiment.contains("/") ? (experiment as NSString).lastPathComponent : experiment
        return (["gait", "reproduce", name, "--preset", preset.rawValue, "--seeds", sweep.seeds.text] + length.words).joined(separator: " ")
    }

    func run() throws {
        let workplace = try Workplace()
        let context = try workplace.context { _ in }
        let experiment = try Experiment.named(experiment, assets: workplace.assets, registry: workplace.registry)
        var sweep = try Sweep(
            experiment: experiment, preset: preset, seeds: seeds, jobs: jobs, folder: out, budget: length.amounts)
        sweep.only = (agents, families)
        sweep.source = from
        let plan = try sweep.plan(budgets: workplace.budgets(), context: context)

        let display = ProgressDisplay()
        let count = "\(plan.count) run\(plan.count == 1 ? "" : "s")"
        display.line("\(experiment.title): \(count), \(sweep.seeds.title), in \(sweep.folder), \(sweep.jobs) at a time")
        let outcome = sweep.run(plan, interruption: context.interruption) { event in
            if output.json, let line = event.json { print(line) }
            display.show(event)
        }
        if outcome.interruptedBy != nil {
            display.line("stopped, everything is saved; the same command continues")
            throw ExitCode(outcome.exitCode)
        }
        // Runs that were not asked for this time belong to the report, too.
        let begun = sweep.directories.filter(\.hasRun)
        if begun.isEmpty {
            display.line("no run was started, so there is nothing to report")
        } else {
            var runs = try ReportInput.read(begun.map(\.path))
            for index in runs.indices {  // whoever trained them
                runs[index].experiment = experiment.name
                runs[index].command = command(sweep)
            }
            let claims = try experimentFile.map { [try ExperimentClaims(contentsOf: $0)] }
                ?? ReportInput.claims([], runs, assets: workplace.assets)
            let report = try Report(runs, claims: claims, plan: sweep.planned, page: PageFiles(assets: workplace.assets))
                .write(to: URL(fileURLWithPath: sweep.reportFolder))
            ReportCommand.announce(report, json: output.json)
        }
        throw ExitCode(outcome.exitCode)
    }
}

extension Sweep {
    /// Every run of the experiment, as reports name it.
    var planned: [RunPlan] { all.map { RunPlan(agent: $0.agent.name, family: $0.family.name, seed: $0.seed) } }
}
