import Agents
import ArgumentParser
import Core
import Foundation
import Launching
import Reports
import Runs

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Writes a report of runs: tables, learning curves, statistics.",
        discussion: """
            Runs that are missing, unfinished or made with other settings are listed in the report and are not included in averages. If DIR is the \
            folder of an earlier report, the report is made again from its runs.csv and evaluations.csv.
            """)

    @Argument(help: ArgumentHelp("Run directories, folders that contain some, or folders of earlier reports.", valueName: "dir"), transform: nonEmptyPath)
    var directories: [String]

    @Option(
        help: ArgumentHelp("Folder of the report. Default: DIR/report, or DIR itself if it is a report.", valueName: "dir"),
        transform: nonEmptyPath)
    var out: String?

    @Flag(help: "Also write each figure as PNG. Needs rsvg-convert (Debian package librsvg2-bin).")
    var png = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        if let out { try Self.requireNoRuns(in: out) }
        if let only = directories.first, directories.count == 1, SuiteReport.isReport(only) {
            let assets = try AssetsFolder.find()
            let report = try SuiteReport(
                contentsOf: only, assets: assets, registry: Registry.withoutAssets, budgets: Budgets(contentsOf: Workplace.budgetsFile(assets)))
            let folder = URL(fileURLWithPath: out ?? only)
            Self.announce(try report.write(to: folder), json: output.json)
            if png { Self.announce(try report.writePNG(to: folder), json: output.json) }
            return
        }
        let folder = URL(fileURLWithPath: try out ?? standardFolder())
        let assets = try AssetsFolder.find(), runs = try ReportInput.read(directories, registry: Registry.withoutAssets)
        let report = try Report(
            runs, claims: ReportInput.claims(directories, runs, assets: assets), plan: plan(runs),
            budgets: Budgets(contentsOf: Workplace.budgetsFile(assets)), page: PageFiles(assets: assets))
        let paths = try report.write(to: folder)
        report.document.cautions.forEach { Console.note("note: \($0)") }
        Self.announce(paths, json: output.json)
        guard png else { return }
        let pictures = try report.writePNG(to: folder)
        if output.json { Self.announce(pictures, json: true) }
    }

    /// A report has files of the same names as a run and a sweep, and is what `report` reads of a folder that has one. Throws `GaitError.usage`.
    private static func requireNoRuns(in folder: String) throws {
        guard let run = RunDirectory.all(below: folder).first else { return }
        let advice = "choose another folder with --out, such as \(RunDirectory(folder).path)/report"
        throw GaitError.usage("--out \(folder): there are runs (\(run.path)), whose place a report would take; \(advice)")
    }

    private static func isReport(_ directory: String) -> Bool { FileManager.default.fileExists(atPath: directory + "/runs.csv") }

    /// What earlier reports keep; for run directories the plan of the shipped experiment that all runs belong to, empty where there is none.
    private func plan(_ runs: [RunRecord]) throws -> [RunPlan] {
        if directories.contains(where: Self.isReport) { return try ReportInput.plan(directories) }
        guard let first = runs.first, let preset = Preset(rawValue: first.preset),
            runs.allSatisfy({ $0.experiment == first.experiment && $0.preset == first.preset }), let workplace = try? Workplace(),
            let experiment = try? Experiment.named(first.experiment, assets: workplace.assets, registry: workplace.registry),
            var sweep = try? Sweep(experiment: experiment, preset: preset, folder: first.experiment) else { return [] }
        let seeds = Set(runs.map(\.seed))
        // Seeds that were asked for with --seeds are the plan's.
        if !seeds.isSubset(of: sweep.seeds.seeds) { sweep.seeds = SeedList(seeds.sorted()) }
        return sweep.planned
    }

    /// Throws `GaitError.usage` if other runs would be added to the raw data of a report.
    private func standardFolder() throws -> String {
        let first = directories.first ?? "."
        guard Self.isReport(first) else { return first + "/report" }
        if directories.count == 1 { return first }
        throw GaitError.usage("\(first) is a report and would be overwritten with all of these runs; choose another folder with --out")
    }

    /// Says what was written; to people only which report to open, not those of its parts.
    static func announce(_ paths: [URL], json: Bool) {
        let names = paths.map { $0.path.hasPrefix(here) ? String($0.path.dropFirst(here.count)) : $0.path }
        if json {
            names.forEach { Console.json(["event": "written", "path": $0]) }
        } else {
            let own = (paths.first?.deletingLastPathComponent()).map { folder in paths.map { $0.deletingLastPathComponent() == folder } } ?? []
            for (name, isOwn) in zip(names, own) where isOwn && (name.hasSuffix("/report.md") || name.hasSuffix("/report.html")) {
                print("report: \(name)")
            }
        }
    }

    private static let here = FileManager.default.currentDirectoryPath + "/"
}
