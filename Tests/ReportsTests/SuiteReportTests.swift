import Environments
import Foundation
import Reports
import Runs
import TestEnvironments
import Testing

@Suite struct SuiteReportTests {
    private static let picture: Environments.Picture = {
        var picture = Environments.Picture(world: .init(minX: 0, minY: 0, maxX: 4, maxY: 2))
        picture.add(.rectangle(.init(minX: 1, minY: 0, maxX: 2, maxY: 1)), fill: .init(1, 0, 0))
        picture.add(.arrow(from: .init(0, 1), to: .init(2, 1), head: 0.5), stroke: .init(0, 0, 1, alpha: 0.5), lineWidth: 0.1)
        picture.add(.circle(center: .init(3, 1), radius: 0.25), fill: .white, stroke: .black, lineWidth: 0.1)
        picture.add(.text("3 < 4", at: .init(2, 1), height: 0.36, anchor: .center), fill: .black)
        return picture
    }()

    private static let study = StudyResult(
        name: "bound", title: "A bound", blocks: [
            .text("What was done."),
            .plot(LinePlot(
                name: "bound", title: "Error against iterations", caption: "Line: the error.", xTitle: "iterations", yTitle: "error",
                xScale: .logarithmic, yScale: .logarithmic, panels: [
                    .init(title: "lambda 10", series: [
                        .init("measured", [.init(1, 0.15), .init(100, 0.0077, low: 0.006, high: 0.009), .init(10_000, 0.0008)], diverged: [20]),
                        .init("slope −1/2", [.init(1, 0.1), .init(10_000, 0.001)], isReference: true),
                    ]),
                ])),
            .maps(MapPlot(
                name: "actions", title: "Greedy actions", caption: "Colour: the action.", kind: .choices(["left", "none", "right"]),
                xTitle: "position", yTitle: "velocity", x: [-1.2, 0.6], y: [-0.07, 0.07], panels: [
                    .init(
                        title: "task 1", cells: .init(columns: 3, rows: 2, values: [0, 0, 2, 1, 1, 1]),
                        paths: [.init("trajectory", [[-0.5, 0], [-0.4, 0.01]])], circles: [.init(x: 0, y: 0, radius: 0.2, isTarget: true)]),
                ])),
            .pictures(PicturePlot(name: "board", title: "A board", caption: "Red: the end.", pictures: [picture, picture])),
        ],
        claims: [.init(
            source: "Theorem 1", place: "6 x 6 grid", claim: "the error's slope", paper: "-0.5", ours: "-0.50", agreement: "agrees", certainty: "")])

    private static func suite() throws -> SuiteReport {
        let page = try PageFiles(assets: assetsFolder.path)
        return SuiteReport(
            name: "both", title: "Everything", introduction: ["One paragraph."], parts: [
                .init(name: "fig4", title: "Figure 4", text: "First.", content: .report(try Report.claimed(SyntheticRuns.example))),
                .init(name: "bound", title: "Theorem 1", content: .study(study)),
                .init(name: "fig9", title: "Figure 9", content: .missing("No run of this part was started.")),
            ], page: page)
    }

    @Test func aSuitesReportFromItsOwnFilesIsTheSameBytes() throws {
        let folder = try TemporaryFolder(), first = try Self.suite()
        try first.write(to: folder.url)
        #expect(SuiteReport.isReport(folder.url.path))
        let second = try SuiteReport(contentsOf: folder.url.path, assets: assetsFolder.path)
        #expect(try second.files() == first.files())
        // With the presets' lengths it says that these runs are shorter, as the report of a part alone does.
        let budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        let third = try SuiteReport(contentsOf: folder.url.path, assets: assetsFolder.path, budgets: budgets)
        #expect(try #require(try third.files()["fig4/report.md"]).contains("runs of 120,000 steps, where preset laptop has 400,000"))
        if let place = ProcessInfo.processInfo.environment["GAIT_REPORT_EXAMPLE"] { try first.write(to: URL(fileURLWithPath: place + "-suite")) }
    }

    @Test func itHasTheClaimsOfAllPartsTheirMainFiguresAndWhatIsMissing() throws {
        let files = try Self.suite().files(), text = try #require(files["report.md"])
        #expect(text.contains("| Theorem 1 | 6 x 6 grid | the error's slope | -0.5 | -0.50 | agrees |"))
        #expect(text.contains("| Figure 4 and its text | half-cheetah-dir |"))
        #expect(text.contains("claims. "))
        #expect(text.contains("](fig4/report.md)"))
        #expect(text.contains("](fig4/curves.svg)") && files["fig4/curves.svg"] != nil)
        #expect(text.contains("](bound.svg)") && files["bound.svg"] != nil)
        #expect(text.contains("Figure 9: No run of this part was started."))
        #expect(!text.contains("## Performance profiles"))
        #expect(files["fig4/runs.csv"] != nil && files["studies/bound.json"] != nil)
    }

    /// The second picture lies below the first; y goes up in a picture and down in SVG.
    @Test func aStudysPicturesAreDrawnBelowEachOther() throws {
        let svg = try #require(try Self.suite().files()["board.svg"])
        #expect(svg.contains("<rect x=\"220\" y=\"220\" width=\"220\" height=\"220\" fill=\"#ff0000\"/>"))
        #expect(svg.contains("<rect x=\"220\" y=\"678\" width=\"220\" height=\"220\" fill=\"#ff0000\"/>"))
        #expect(svg.contains("<circle cx=\"660\" cy=\"220\" r=\"55\" fill=\"#ffffff\" stroke=\"#000000\" stroke-width=\"22\"/>"))
        #expect(svg.contains("<polygon points=\"0,231 330,231 330,264 440,220 330,176 330,209 0,209\" fill=\"#0000ff\" fill-opacity=\"0.50\"/>"))
        #expect(svg.contains("text-anchor=\"middle\">3 &lt; 4</text>"))
    }

    @Test func aDamagedStudyIsNamed() throws {
        let folder = try TemporaryFolder()
        try Self.suite().write(to: folder.url)
        let file = folder.url.appendingPathComponent("studies/bound.json")
        try Data("{\"name\": \"bound\"}".utf8).write(to: file)
        #expect(throws: (any Error).self) { try SuiteReport(contentsOf: folder.url.path, assets: assetsFolder.path) }
        do { _ = try SuiteReport(contentsOf: folder.url.path, assets: assetsFolder.path) } catch {
            #expect("\(error)".contains("bound.json") && "\(error)".contains("title"), "\(error)")
        }
    }

    private static let tableWithAShortRow = """
        {"table": {"_0": {"name": "t", "title": "", "notes": "", "columns": [{"title": "a", "name": "a", "isNumeric": false}], "rows": [[]]}}},
        """

    /// What a hand may do to a study's file, and what the reader then says.
    @Test(arguments: [
        ("\"x\":[-1.2,0.6]", "\"x\":[]", "two rising numbers"), ("\"x\":[-1.2,0.6]", "\"x\":[\"nan\",1]", "two rising numbers"),
        ("\"rows\":2", "\"rows\":4611686018427387904", "a value for each row"), ("\"rows\":2", "\"rows\":-2", "a value for each row"),
        ("[0,0,2,1,1,1]", "[1.7e308,-1.7e308,2,1,1,1]", "a value for each row"),
        ("\"blocks\":[", "\"blocks\":[" + tableWithAShortRow, "cells in each row"),
    ])
    func anEditedStudyIsNamed(old: String, new: String, fault: String) throws {
        let folder = try TemporaryFolder()
        try Self.suite().write(to: folder.url)
        let file = folder.url.appendingPathComponent("studies/bound.json"), text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains(old), "\(text)")
        try Data(text.replacing(old, with: new).utf8).write(to: file)
        do {
            _ = try SuiteReport(contentsOf: folder.url.path, assets: assetsFolder.path)
            Issue.record("it was read")
        } catch { #expect("\(error)".contains("bound.json") && "\(error)".contains(fault), "\(error)") }
    }

    @Test func aNameThatLeadsOutOfTheReportsFolderIsRefused() throws {
        let folder = try TemporaryFolder()
        var suite = try Self.suite()
        suite.parts[1].name = "../../bound"
        #expect(throws: (any Error).self) { try suite.write(to: folder.url.appendingPathComponent("a/b/report")) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
    }

    @Test func whatDivergedIsMarkedAndLogarithmsLeaveNothingOutside() throws {
        let svg = try #require(try Self.suite().files()["bound.svg"])
        #expect(svg.contains("0.001") && svg.contains("10,000"))
        #expect(!svg.contains("nan") && !svg.contains("inf"))
        // The series without the mark: the cross at the top is what is missing.
        var study = Self.study
        if case .plot(var plot) = study.blocks[1] {
            plot.panels[0].series[0].diverged = []
            study.blocks[1] = .plot(plot)
        }
        let page = try PageFiles(assets: assetsFolder.path)
        let plain = SuiteReport(name: "a", title: "", introduction: [], parts: [.init(name: "b", title: "", text: "", content: .study(study))], page: page)
        let lines = Set(try #require(try plain.files()["bound.svg"]).split(separator: "\n"))
        #expect(svg.split(separator: "\n").contains { !lines.contains($0) })
    }
}

@Suite struct SettingFigureTests {
    private static func run(_ lambda: String, seed: UInt64, level: Double) -> RunRecord {
        var run = SyntheticRuns.run(agent: "lambda \(lambda)", seed: seed, levels: [("meta", .train, "a", level)])
        run.baseAgent = "pmeta-q"
        run.settings["proximalWeight"] = lambda
        return run
    }

    @Test func aSettingWithThreeValuesGetsAFigure() throws {
        let runs = ["1", "10", "50"].flatMap { lambda in (1...3).map { Self.run(lambda, seed: $0, level: lambda == "10" ? 300 : 100) } }
        let files = Report(runs).files
        let svg = try #require(files["settings-proximalWeight.svg"])
        #expect(svg.contains("proximalWeight 10"))
        let two = Report(runs.filter { $0.settings["proximalWeight"] != "50" }).files
        #expect(two["settings-proximalWeight.svg"] == nil)
    }

    /// A line joins runs that may be compared.
    @Test func presetsHaveLinesOfTheirOwn() throws {
        let values = ["1", "10", "50"]
        let runs = values.flatMap { lambda in (1...3).map { Self.run(lambda, seed: $0, level: 100) } }
        let others = values.flatMap { lambda in
            (1...3 as ClosedRange<UInt64>).map { seed in
                var run = Self.run(lambda, seed: seed, level: 900)
                run.preset = "paper"
                return run
            }
        }
        let svg = try #require(Report(runs + others).files["settings-proximalWeight.svg"])
        #expect(svg.contains("preset laptop") && svg.contains("preset paper"))
        #expect(try !#require(Report(runs).files["settings-proximalWeight.svg"]).contains("preset"))
    }

    @Test func runsWithoutFiniteValuesAreMarkedAsDiverged() throws {
        var runs = ["1", "10", "50"].flatMap { lambda in (1...3).map { Self.run(lambda, seed: $0, level: 100) } }
        for index in runs.indices where runs[index].settings["proximalWeight"] == "50" {
            for row in runs[index].evaluations.indices where runs[index].evaluations[row].metric == "return" {
                runs[index].evaluations[row].value = .infinity
            }
        }
        let text = try #require(Report(runs).files["report.md"])
        #expect(text.contains("A cross at the top: runs diverged; a point below it is of the values where they were stopped."))
    }
}
