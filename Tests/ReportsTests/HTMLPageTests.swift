import Formats
import Foundation
import Reports
import TestEnvironments
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@Suite struct HTMLPageTests {
    private func page(_ runs: [RunRecord]) throws -> String { try #require(Report(runs).files["report.html"]) }

    @Test func everyKindOfReportIsWellFormed() throws {
        let unfinished = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting, state: .stopped, stoppedAt: 1)
        var empty = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        empty.evaluations = []
        let cases = [
            SyntheticRuns.example, [unfinished], [empty], [], [RunRecord(family: "", agent: "", seed: 0, state: .failed, steps: 0, totalSteps: 0)],
        ]
        for runs in cases {
            let elements = try PageElements(page(runs))
            #expect(elements.count("html") == 1 && elements.count("h1") == 1 && elements.count("main") == 1)
            #expect(elements.repeatedIdentifiers == [])
        }
    }

    @Test func namesWithMarkupStayText() throws {
        let odd = "a<b>&\"quoted\" 'x' </script> ]]> <img src=x onerror=alert(1)>\nnext\u{1}\u{FFFE} ` url(#a) id=\"b\""
        var runs = ([1, 2] as [UInt64]).map { seed -> RunRecord in
            var run = SyntheticRuns.run(agent: odd, family: odd, seed: seed, levels: [
                ("meta", .train, odd, 100), ("meta", .train, "b", 50), ("personal", .train, odd, 70), ("personal", .train, "b", 70),
            ])
            run.experiment = odd
            run.preset = odd
            run.machine = odd
            run.software = odd
            run.command = odd
            run.tasks = "train: \(odd) {a [1.0]}; b {\(odd)}"
            run.settings["proximal<Weight>"] = odd
            return run
        }
        runs[1].state = .stopped
        let text = try page(runs), elements = try PageElements(text)
        #expect(elements.count("img") == 0 && elements.count("script") == 1)
        #expect(elements.repeatedIdentifiers == [])
        #expect(!text.contains("<img") && !text.contains("\u{1}"))
        let seen = odd.replacingOccurrences(of: "\u{1}\u{FFFE}", with: "\u{FFFD}\u{FFFD}")
        #expect(elements.text.contains(seen))
    }

    @Test func nothingIsFetched() throws {
        let elements = try PageElements(page(SyntheticRuns.example))
        #expect(elements.attributes("src") == [] && elements.count("link") == 0 && elements.count("iframe") == 0)
        let links = elements.attributes("href")
        #expect(links.allSatisfy { !$0.contains(":") && !$0.hasPrefix("/") })
        #expect(!HTMLPageTests.style(elements).contains("url(") && !HTMLPageTests.style(elements).contains("@import"))
    }

    private static func style(_ elements: PageElements) -> String { elements.text(of: "style") }

    @Test func everyLinkLeadsSomewhere() throws {
        let files = Report(SyntheticRuns.example).files, elements = try PageElements(#require(files["report.html"]))
        for link in elements.attributes("href") {
            if link.hasPrefix("#") {
                #expect(elements.identifiers.contains(String(link.dropFirst())), "\(link)")
            } else {
                #expect(files.keys.contains(link), "\(link)")
            }
        }
        for file in files.keys where file != "report.html" { #expect(elements.attributes("href").contains(file), "\(file)") }
    }

    @Test func everythingOfTheDocumentIsOnThePage() throws {
        let report = Report(SyntheticRuns.example), elements = try PageElements(page(SyntheticRuns.example))
        for table in report.document.tables {
            for cell in table.rows.flatMap({ $0 }) { #expect(elements.text.contains(cell.text), "\(cell.text)") }
        }
        for caution in report.document.cautions { #expect(elements.text(of: "aside").contains(caution.replacingOccurrences(of: "`", with: ""))) }
        #expect(elements.count("svg") == report.document.figures.count)
    }

    /// Two pictures with the same identifiers, and a table with a best cell, in a document of their own.
    @Test func identifiersOfPicturesDoNotMeetAndBestCellsAreBold() throws {
        let report = Report(SyntheticRuns.example)
        var document = report.document
        let svg = """
            <?xml version="1.0"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="40.4" height="9"><title>a</title><defs><clipPath id="c"><path d="M0 0"/></clipPath></defs>\
            <text id="t" clip-path="url(#c)">id=&quot;t&quot;</text><use href="#t"/></svg>
            """
        var table = Table(name: "best", title: "Best", columns: [.init("agent"), .init("return", numeric: true)], notes: "")
        table.rows = [["a", Table.Cell("3", isBest: true)], ["b", "2"]]
        document.sections[0].blocks = ["one", "two"].map { .figure(Figure(name: $0, title: $0, caption: "", svg: svg)) } + [.table(table)]
        document.sections = [document.sections[0]]
        let text = HTMLPage(document: document, comparison: report.comparison, files: [], page: try PageFiles(assets: assetsFolder.path)).text
        let elements = try PageElements(text)
        #expect(elements.repeatedIdentifiers == [])
        #expect(elements.identifiers.isSuperset(of: ["figure-one-c", "figure-two-c", "figure-one-t", "figure-two-t"]))
        #expect(elements.attributes("clip-path") == ["url(#figure-one-c)", "url(#figure-two-c)"])
        #expect(elements.texts(of: "text") == ["id=\"t\"", "id=\"t\""])
        #expect(elements.texts(of: "tr").contains("a3") && text.contains("<td class=\"n\"><strong>3</strong></td>"))
        #expect(text.contains("--natural: 40px"))
    }

    @Test func onlyTablesToLookThingsUpInAreFolded() throws {
        let report = Report(SyntheticRuns.example)
        var document = report.document
        let page = try PageFiles(assets: assetsFolder.path)
        var table = Table(name: "long", title: "", columns: [.init("row")], notes: "")
        table.rows = (0..<70).map { [Table.Cell("row \($0)")] }
        func text(_ block: ReportDocument.Block) -> String {
            document.sections = [document.sections[0]]
            document.sections[0].blocks = [block]
            return HTMLPage(document: document, comparison: report.comparison, files: [], page: page).text
        }
        #expect(!text(.table(table)).contains("70 rows</summary>"))
        #expect(text(.data(table)).contains("70 rows</summary>") && text(.data(table)).contains("row 69"))
    }

    @Test func cautionsAreSetApartOnlyWhereThereAreSome() throws {
        #expect(try PageElements(page(SyntheticRuns.example)).count("aside") == 1)
        #expect(try PageElements(page([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)])).count("aside") == 0)
    }

    @Test func settingsThatFamiliesShareAreShownOnceAndOthersByFamily() throws {
        let dir = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        var vel = SyntheticRuns.run(family: "half-cheetah-vel", seed: 1, levels: SyntheticRuns.conflicting)
        vel.settings["proximalWeight"] = "10"
        vel.settings["onlyHere"] = "7"
        let elements = try PageElements(page([dir, vel]))
        #expect(elements.texts(of: "dt").filter { $0 == "batchSize" }.count == 1)
        #expect(!elements.texts(of: "dt").contains("proximalWeight"))
        let rows = elements.texts(of: "tr")
        #expect(rows.contains("proximalWeight1510") && rows.contains("onlyHere–7"))
        #expect(elements.texts(of: "summary").contains {
            $0.contains("pmeta-rl on half-cheetah-dir, half-cheetah-vel: 5 settings, 2 differ between families")
        })
    }

    @Test func runsAreListedWithWhatTheyTook() throws {
        var stopped = SyntheticRuns.run(seed: 2, levels: SyntheticRuns.conflicting, state: .stopped, stoppedAt: 6)
        stopped.machine = "Other"
        stopped.updates = 12_345
        stopped.wallSeconds = 120
        var first = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        first.machine = "This"
        first.software = "Gait 1"
        let rows = try PageElements(page([first, stopped])).texts(of: "tr")
        #expect(rows.contains("half-cheetah-dirpmeta-rl2stopped60,000 of 120,0002 min 00 s50012,345Other"))
        #expect(rows.contains("half-cheetah-dirpmeta-rl1finished120,00013 min 36 s1470This, Gait 1"))
    }

    @Test func taskNumbersAreShownOncePerFamilyAndSetsThatCoincideTogether() throws {
        var run = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        run.tasks = "train: forward {angle [0.0]}; backward {angle [3.14]}\ntest: forward {angle [0.0]}; backward {angle [3.14]}"
        var other = SyntheticRuns.run(family: "vel", seed: 1, levels: SyntheticRuns.conflicting)
        other.tasks = "train: v=1 {velocity [1.0]}\ntest: v=2 {velocity [2.0], more [1.0, 2.0]}"
        let rows = try PageElements(page([run, other])).texts(of: "tr")
        #expect(rows.filter { $0 == "train and testforwardangle [0.0]" }.count == 1)
        #expect(rows.filter { $0 == "testv=2velocity [2.0], more [1.0, 2.0]" }.count == 1)
        run.tasks = "written otherwise"
        #expect(try PageElements(page([run])).texts(of: "pre").contains("written otherwise"))
    }

    @Test func commandAndVersionsSurviveTheRawData() throws {
        let folder = try TemporaryFolder()
        var run = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        run.command = "gait train 'a, \"b\"'"
        run.software = "Gait 0.1.0, Swift 6.3"
        try Report([run]).write(to: folder.url)
        let again = try ReportInput.read([folder.url.path])
        #expect(again == [run])
        #expect(try PageElements(page(again)).texts(of: "pre").contains(run.command))
    }

    /// Such as metrics that were left out: once for all seeds.
    @Test func whatARunsUserWasWarnedOfIsSaidFirst() throws {
        let folder = try TemporaryFolder()
        var runs = (1...2).map { SyntheticRuns.run(seed: $0, levels: SyntheticRuns.conflicting) }
        for index in runs.indices { runs[index].warnings = ["l1 is left out", "something, else"] }
        try Report(runs).write(to: folder.url)
        #expect(try ReportInput.read([folder.url.path]) == runs)
        let text = try #require(Report(runs).files["report.md"])
        #expect(text.components(separatedBy: "pmeta-rl on half-cheetah-dir: l1 is left out.").count == 2 && text.contains(": something, else."))
    }

    @Test func rawDataOfEarlierReportsIsRead() throws {
        let folder = try TemporaryFolder()
        let run = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        try Report([run]).write(to: folder.url)
        let file = folder.url.appendingPathComponent("runs.csv")
        let now = try String(contentsOf: file, encoding: .utf8)
        let later = ",software,command,budget_unit,spent,policies,base_agent", values = ",,,steps,120000,,pmeta-rl"
        let earlier = now.replacingOccurrences(of: later + "\n", with: "\n").replacingOccurrences(of: values + "\n", with: "\n")
        #expect(earlier.utf8.count == now.utf8.count - later.utf8.count - values.utf8.count)
        try earlier.write(to: file, atomically: true, encoding: .utf8)
        #expect(try ReportInput.read([folder.url.path]) == [run])
        #expect(try page([run]).contains("One run without a record of the command."))
    }

    @Test func commandsNameNoPlaceOfTheMachine() {
        let cases = [
            ("gait reproduce fig4 --preset laptop", "gait reproduce fig4 --preset laptop"),
            ("gait train a b --out /home/x/runs/mine --seed 1", "gait train a b --out .../mine --seed 1"),
            ("gait train a b '--out=/home/x y/it is' --set k=/z/", "gait train a b '--out=.../it is' --set k=.../z"),
            ("gait reproduce '/a b/c.yaml'", "gait reproduce '.../c.yaml'"),
            ("/opt/bin/gait report /", ".../gait report ..."),
            ("gait train a b --out runs/x --set 'hidden=[1, 2]' --set r=1/2", "gait train a b --out runs/x --set 'hidden=[1, 2]' --set r=1/2"),
        ]
        for (command, expected) in cases { #expect(RunRecord.withoutPlaces(command) == expected) }
    }
}

/// A page taken apart by an XML parser; making one throws where the page is not well-formed.
final class PageElements: NSObject, XMLParserDelegate {
    private var open: [Int] = []
    private var elements: [(name: String, attributes: [String: String], text: String)] = []

    init(_ page: String) throws {
        super.init()
        let parser = XMLParser(data: Data(page.utf8))
        parser.delegate = self
        guard parser.parse() else {
            throw TableError(file: "report.html", line: parser.lineNumber, "\(parser.parserError.map { "\($0)" } ?? "not well-formed")")
        }
    }

    func count(_ name: String) -> Int { elements.filter { $0.name == name }.count }
    func texts(of name: String) -> [String] { elements.filter { $0.name == name }.map(\.text) }
    func text(of name: String) -> String { texts(of: name).joined(separator: "\n") }
    var text: String { text(of: "body") }
    func attributes(_ name: String) -> [String] { elements.compactMap { $0.attributes[name] } }
    var identifiers: Set<String> { Set(attributes("id")) }
    var repeatedIdentifiers: [String] { Dictionary(grouping: attributes("id")) { $0 }.filter { $0.value.count > 1 }.keys.sorted() }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?, attributes: [String: String]
    ) {
        open.append(elements.count)
        elements.append((name, attributes, ""))
    }
    func parser(_ parser: XMLParser, foundCharacters text: String) { for index in open { elements[index].text += text } }
    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        for index in open { elements[index].text += String(decoding: block, as: UTF8.self) }
    }
    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) { open.removeLast() }
}
