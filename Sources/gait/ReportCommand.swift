import ArgumentParser
import Core
import Foundation
import Reports
import Runs

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Tables and learning curves of runs.",
        discussion: """
            Runs that are missing, stopped or made with other settings are named and never averaged in. From a report's folder, \
            with its runs.csv and evaluations.csv, the same report is made again.
            """)

    @Argument(help: ArgumentHelp("Run directories, folders of them, or folders of earlier reports.", valueName: "dir"))
    var directories: [String]

    @Option(help: ArgumentHelp(
        "Folder of the report.", discussion: "DIR/report unless told; an earlier report is made anew in its place.", valueName: "dir"))
    var out: String?

    @Flag(help: "Write each figure as PNG, too, by rsvg-convert (Debian's librsvg2-bin).")
    var png = false

    @OptionGroup var output: OutputOptions

    func run() throws {
        let folder = URL(fileURLWithPath: try out ?? standardFolder())
        let report = Report(try ReportInput.read(directories))
        let paths = try report.write(to: folder)
        report.comparison.cautions.forEach { Console.note("note: \($0)") }
        Self.announce(paths, json: output.json)
        guard png else { return }
        let pictures = try report.writePNG(to: folder)
        if output.json { Self.announce(pictures, json: true) }
    }

    /// Throws `GaitError.usage` where that would put other runs into a report's own raw data.
    private func standardFolder() throws -> String {
        let first = directories.first ?? "."
        guard FileManager.default.fileExists(atPath: first + "/runs.csv") else { return first + "/report" }
        if directories.count == 1 { return first }
        throw GaitError.usage("\(first) is a report, which would be overwritten with all of these runs; choose a folder for theirs with --out")
    }

    /// Says what was written.
    static func announce(_ paths: [URL], json: Bool) {
        let names = paths.map { $0.path.hasPrefix(here) ? String($0.path.dropFirst(here.count)) : $0.path }
        if json {
            names.forEach { Console.json(["event": "written", "path": $0]) }
        } else {
            for name in names where name.hasSuffix("/report.md") || name.hasSuffix("/report.html") { print("report: \(name)") }
        }
    }

    private static let here = FileManager.default.currentDirectoryPath + "/"
}
