import Core
import Formats
import Foundation
import Reports
import TestEnvironments
import Testing

@Suite struct ReportTests {
    /// Raw data are large: committed reports lack them.
    @Test func aReportWithoutItsMeasurementsSaysWhatMadeTheRuns() throws {
        var runs = FinalRuns.runs("pearl", meta: [1, 2, 3])
        for index in runs.indices { runs[index].command = "gait reproduce fig4 --preset paper" }
        let folder = try TemporaryFolder(), report = Report(runs)
        try report.write(to: folder.url)
        let file = folder.url.appendingPathComponent("evaluations.csv")
        try FileManager.default.removeItem(at: file)
        #expect { try ReportInput.read([folder.url.path]) } throws: { error in
            let text = "\(error)"
            return exitCode(of: error) == 65 && text.contains("no evaluations.csv or evaluations.csv.gz")
                && text.hasSuffix("make the runs again with `gait reproduce fig4 --preset paper`")
        }
        let last = report.files["report.md"]?.split(separator: "\n").last ?? ""
        #expect(last.contains("may lack `evaluations.csv`") && last.hasSuffix("with `gait reproduce fig4 --preset paper`."))
        runs[0].command = "gait train pearl half-cheetah-dir"
        #expect(Report(runs).files["report.md"]?.hasSuffix("with the commands in the column `command` of runs.csv.\n") == true)
    }

    @Test func aReportFromItsOwnFilesIsTheSameBytes() throws {
        let folder = try TemporaryFolder(), first = Report(SyntheticRuns.example)
        try first.write(to: folder.url)
        let second = Report(try ReportInput.read([folder.url.path]))
        #expect(second.files == first.files)
        #expect(first.files.keys.filter { !$0.hasPrefix("tables/") }.sorted() == [
            "adaptation-half-cheetah-dir.svg", "adaptation-half-cheetah-vel.svg", "curves-half-cheetah-dir.svg", "curves-half-cheetah-vel.svg",
            "curves.svg", "evaluations.csv", "report.html", "report.md", "runs.csv", "tasks-half-cheetah-dir.svg",
            "tasks-half-cheetah-vel.svg", "unseen-half-cheetah-vel.svg",
        ])
        if let place = ProcessInfo.processInfo.environment["GAIT_REPORT_EXAMPLE"] {
            try first.write(to: URL(fileURLWithPath: place))
        }
    }

    @Test func theOrderOfTheInputDoesNotMatter() {
        #expect(Report(SyntheticRuns.example.reversed()).files == Report(SyntheticRuns.example).files)
    }

    /// Final returns by hand: two tasks, two episodes each, three seeds; adaptation episodes (-9999) must not enter.
    @Test func finalReturnIsTheMeanOverTasksAndEpisodesWithItsSpreadOverSeeds() throws {
        func run(_ seed: UInt64, _ returns: [Double]) -> RunRecord {
            var run = SyntheticRuns.run(seed: seed, marks: 2, levels: [("meta", .train, "a", 1), ("meta", .train, "b", 1)])
            var next = returns.makeIterator()
            for index in run.evaluations.indices
            where run.evaluations[index].phase == .evaluation && run.evaluations[index].step == 20_000
                && run.evaluations[index].metric == "return" {
                run.evaluations[index].value = next.next() ?? .nan
            }
            return run
        }
        let report = Report([run(1, [100, 200, 300, 400]), run(2, [110, 210, 310, 410]), run(3, [90, 190, 290, 390])])
        let text = try #require(report.files["report.md"])
        let final = try #require(report.table("final-returns")?.row("half-cheetah-dir", "pmeta-rl"))
        #expect(final[4].text == "250 ± 10" && final[5].text.hasPrefix("250 [24"))
        #expect(report.table("tasks")?.texts("half-cheetah-dir", "training", "b") == [
            "half-cheetah-dir", "training", "b", "pmeta-rl", "meta-policy", "350 ± 10", "3",
        ])
        #expect(!text.contains("Read this first"))
        let near = try #require(Report([run(1, [250, 250, 250, 250]), run(2, [250.4, 250.4, 250.4, 250.4])]).files["report.md"])
        #expect(near.contains("| 250.2 ± 0.3 |"))
    }

    /// By hand: eight marks; the last quarter is those at 60,000 (of 80,000) and later.
    @Test func learningEvidenceComparesTheLastQuarterWithTheFirstEvaluation() throws {
        func run(_ seed: UInt64, first: Double, last: [Double], before: Double) -> RunRecord {
            var run = SyntheticRuns.run(seed: seed, marks: 8, levels: [("meta", .train, "a", 1)], episodes: 1)
            for index in run.evaluations.indices {
                let step = run.evaluations[index].step
                if run.evaluations[index].phase == .adaptation {
                    run.evaluations[index].value = step >= 60_000 ? before : 5000
                } else {
                    run.evaluations[index].value = step == 10_000 ? first : step >= 60_000 ? last[step / 10_000 - 6] : -7000
                }
            }
            return run
        }
        let runs = [run(1, first: 10, last: [100, 110, 120], before: 50), run(2, first: 20, last: [140, 150, 160], before: 70)]
        let group = try #require(Comparison(runs).groups.first)
        let evidence = LearningEvidence(group, EvaluationFilter(policy: "meta", set: .train))
        #expect(evidence.first == [10, 20])
        #expect(evidence.lastQuarter == [110, 150])
        #expect(evidence.beforeAdapting == [50, 70])
        // Rises 100 and 130: mean 115, standard error 15.
        #expect(abs(evidence.riseInStandardErrors - 115.0 / 15) < 1e-9)
        #expect(evidence.rises == [60, 80])
        let report = Report(runs)
        #expect(report.table("learning")?.rows.first?.suffix(4).map(\.text) == ["15.0 ± 7.1", "130 ± 28", "7.7", "2"])
        #expect(report.table("adaptation")?.rows.first?.dropFirst(6).prefix(3).map(\.text) == ["60.0 ± 14.1", "130 ± 28", "70.0 ± 14.1"])
    }

    /// By hand: rises of 1, 2 and 3 are 3.46 standard errors, and three seeds need 2.92 (Student, one-sided 5%); of 1, 2 and 4 they are 2.65.
    @Test func whetherAPolicyLearnedIsJudgedAsManySeedsAllow() throws {
        func text(_ rises: [Double], first: Int = 0) throws -> String {
            let runs = rises.enumerated().map { seed, rise in
                var run = SyntheticRuns.run(agent: "pearl", seed: UInt64(seed), marks: 8, levels: [("meta", .train, "a", 1)], episodes: 1)
                run.evaluations = run.evaluations.map { record in
                    var record = record
                    record.value = record.step == 10_000 ? 10 : 10 + rise
                    if record.step == 10_000 { (record.step, record.spent) = (first, first) }
                    return record
                }
                return run
            }
            return try #require(Report(runs).files["report.md"])
        }
        #expect(try !text([1, 2, 3]).contains("than before training"))
        #expect(try text([1, 2, 4]).contains("Not clearly better than before training (by Student's t on the seeds' rises, at 5% on one side; of one seed by its sign alone): pearl ("))
        #expect(try text([-1, -2, -3]).contains("Worse than before training (by"))
        #expect(try !text([1, 2, 4], first: 5000).contains("than before training"), "nothing tells what they were before")
    }

    /// What the numbers of a run's length and of a return mean.
    @Test func theIntroductionSaysWhoseStepsTheseAreAndHowLongEpisodesLast() throws {
        let text = try #require(Report(FinalRuns.runs("pmeta-rl", meta: [1, 2], personal: [3, 4])).files["report.md"])
        #expect(text.contains("A run has 1,000 steps. Steps are those of all tasks together. Evaluation episodes had at most 200 steps. Without adaptation episodes a"))
        let rounds = FinalRuns.runs("pearl", meta: [1, 2]).map { run in
            var run = run
            run.budgetUnit = "rounds"
            return run
        }
        let other = try #require(Report(rounds).files["report.md"])
        #expect(other.contains("A run has 1,000 rounds. ") && !other.contains("Steps are those of all") && !other.contains("Without adaptation episodes a"))
        let both = try #require(Report(FinalRuns.runs("pmeta-rl", meta: [1, 2]) + rounds).files["report.md"])
        #expect(both.contains("A run has 1,000 rounds or 1,000 steps. "))
    }

    @Test func aRunThatStoppedIsShownAndNotAveraged() throws {
        let stopped = SyntheticRuns.run(seed: 3, levels: [("meta", .train, "a", 90_000)], state: .stopped, stoppedAt: 4)
        let finished = (1...2).map { SyntheticRuns.run(seed: $0, levels: [("meta", .train, "a", 700)]) }
        let all = Report(finished + [stopped]), text = try #require(all.files["report.md"])
        #expect(text.contains("pmeta-rl on half-cheetah-dir, seed 3: stopped at 40,000 of 120,000 steps"))
        #expect(all.table("final-returns")?.rows.first?.last?.text == "2 of 3")
        #expect(all.table("tasks")?.rows == Report(finished).table("tasks")?.rows)
        let picture = try #require(Report(finished + [stopped]).files["curves-half-cheetah-dir.svg"])
        #expect(picture.contains("stroke-dasharray=\"4 3\"") && picture.contains("runs that are not finished"))
    }

    @Test func otherSettingsAreKeptApart() throws {
        var other = SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)
        other.settings["proximalWeight"] = "0"
        let text = try #require(Report([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting), other]).files["report.md"])
        #expect(text.contains("runs with different `proximalWeight` (0 / 15) are shown separately, as (a), (b)."))
        #expect(text.contains("| pmeta-rl (a) |") && text.contains("| pmeta-rl (b) |"))
    }

    @Test func aMissingSeedIsNamed() throws {
        let runs = (1...3).map { SyntheticRuns.run(seed: $0, levels: SyntheticRuns.conflicting) }
            + [1, 3].map { SyntheticRuns.run(family: "ant-fwd-back", seed: $0, levels: SyntheticRuns.conflicting) }
        let text = try #require(Report(runs).files["report.md"])
        #expect(text.contains("ant-fwd-back: no run with seed 2, which others have, of pmeta-rl."))
    }

    @Test func agentsOnOtherTasksAreNotCompared() throws {
        var other = SyntheticRuns.run(agent: "pearl", seed: 1, levels: SyntheticRuns.conflicting)
        other.tasks = "train: left, right"
        let text = try #require(Report([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting), other]).files["report.md"])
        #expect(text.contains("half-cheetah-dir: not all agents had the same tasks, so their returns can't be compared."))
    }

    @Test func aReturnThatIsNotANumberNeverEntersAnAverage() throws {
        var bad = SyntheticRuns.run(seed: 2, levels: SyntheticRuns.conflicting)
        bad.evaluations[1].value = .nan
        let text = try #require(Report([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting), bad]).files["report.md"])
        #expect(text.contains("seed 2: the return of forward at step 10,000 is not a number; not included in averages."))
        #expect(!text.lowercased().contains("nan"))
    }

    @Test func theSameRunTwiceIsAnError() throws {
        let folder = try TemporaryFolder()
        let runs = [SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)]
        let paths = ["one", "two"].map { folder.url.appendingPathComponent($0) }
        for path in paths { try Report(runs).write(to: path) }
        #expect(throws: ReportError.duplicate(runs[0].title, first: paths[0].path, second: paths[1].path)) {
            try ReportInput.read(paths.map(\.path))
        }
        #expect(try ReportInput.read([paths[0].path, paths[0].path]).count == 1)
        // Another variant of the same title between them.
        let other = folder.url.appendingPathComponent("other")
        var changed = runs
        changed[0].settings["batchSize"] = "64"
        try Report(changed).write(to: other)
        #expect(throws: ReportError.duplicate(runs[0].title, first: paths[0].path, second: paths[1].path)) {
            try ReportInput.read([paths[0].path, other.path, paths[1].path])
        }
        #expect(try ReportInput.read([paths[0].path, other.path]).count == 2)
    }

    @Test func aFolderWithoutRunsIsAnError() throws {
        let folder = try TemporaryFolder()
        #expect(throws: ReportError.nothingFound(folder.url.path)) { try ReportInput.read([folder.url.path]) }
        #expect(throws: ReportError.nothingFound("/nowhere/at/all")) { try ReportInput.read(["/nowhere/at/all"]) }
    }

    @Test func aDamagedLineOfTheRawDataIsNamed() throws {
        let folder = try TemporaryFolder()
        try Report([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)]).write(to: folder.url)
        let file = folder.url.appendingPathComponent("evaluations.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
        var damaged = lines.map(String.init)
        damaged[2] = damaged[2].replacingOccurrences(of: ",0,", with: ",many,")
        try damaged.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
        #expect(throws: TableError(
            file: file.path, line: 3, "column 'episode': a number expected, found 'many'")) { try ReportInput.read([folder.url.path]) }
    }

    @Test func anOldFigureThatTheReportNoLongerHasGoes() throws {
        let folder = try TemporaryFolder()
        try Report(SyntheticRuns.example).write(to: folder.url)
        try Report([SyntheticRuns.run(seed: 1, levels: SyntheticRuns.conflicting)]).write(to: folder.url)
        #expect(!FileManager.default.fileExists(atPath: folder.url.appendingPathComponent("curves-half-cheetah-vel.svg").path))
    }

    @Test(arguments: [1e308, -1e308, 1e101, 1e99, 5e-323, 9.3e18])
    func returnsOfAnySizeMakeAReport(size: Double) throws {
        var large = SyntheticRuns.run(agent: "pearl", seed: 2, levels: SyntheticRuns.conflicting)
        for index in large.evaluations.indices where index % 3 > 0 { large.evaluations[index].value = index % 3 == 1 ? size : 0 }
        let others = (1...3).map { SyntheticRuns.run(seed: $0, levels: SyntheticRuns.conflicting) }
        let text = try #require(Report(others + [large]).files["report.md"])
        #expect(text.contains("is not a number; not included in averages.") == (abs(size) >= 1e100))
    }

    /// The same report is made of measured values that are kept compressed.
    @Test func manyMeasuredValuesAreCompressedAndReadAgain() throws {
        let folder = try TemporaryFolder()
        var report = Report(SyntheticRuns.example)
        let text = try #require(report.files["evaluations.csv"])
        report.longestPlainFile = text.utf8.count - 1
        try report.write(to: folder.url)
        #expect(!FileManager.default.fileExists(atPath: folder.url.path + "/evaluations.csv"))
        #expect(try readFile(folder.url.path + "/evaluations.csv.gz").count < text.utf8.count / 2)
        #expect(try #require(report.files["report.md"]).contains("(evaluations.csv.gz)"))
        #expect(try Gzip.contents(of: folder.url.path + "/evaluations.csv.gz") == Data(text.utf8))
        #expect(try ReportInput.read([folder.url.path]) == report.comparison.runs)

        // Unpacked beside it and perhaps changed: which of the two is meant is not for us to say.
        let plain = folder.url.appendingPathComponent("evaluations.csv")
        try text.write(to: plain, atomically: true, encoding: .utf8)
        #expect(throws: ReportError.ambiguousMeasurements(folder: folder.url.path)) { try ReportInput.read([folder.url.path]) }
        try FileManager.default.removeItem(at: plain)

        try readFile(folder.url.path + "/evaluations.csv.gz").prefix(1000).write(to: folder.url.appendingPathComponent("evaluations.csv.gz"))
        #expect(throws: GaitError.input("\(folder.url.path)/evaluations.csv.gz: a whole file compressed by gzip expected")) {
            try ReportInput.read([folder.url.path])
        }
    }

    /// As a spreadsheet saves it.
    @Test func linesThatEndAsOnWindowsAreReadTheSame() throws {
        let folder = try TemporaryFolder(), report = Report(SyntheticRuns.example)
        try report.write(to: folder.url)
        for name in ["runs.csv", "evaluations.csv"] {
            let file = folder.url.appendingPathComponent(name)
            let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(of: "\n", with: "\r\n")
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(try ReportInput.read([folder.url.path]) == report.comparison.runs)
    }

    /// As R saves it: a column without any text is one of missing values.
    @Test func missingTextsOfRAreEmpty() throws {
        let folder = try TemporaryFolder(), report = Report(SyntheticRuns.example)
        try report.write(to: folder.url)
        let file = folder.url.appendingPathComponent("runs.csv")
        var table = try CSV(contentsOf: file.path), missing = 0
        for name in ["experiment", "software", "command", "policies"] {
            let column = try #require(table.header.firstIndex(of: name))
            for row in table.rows.indices where table.rows[row][column].isEmpty {
                table.rows[row][column] = "NA"
                missing += 1
            }
        }
        #expect(missing > 0)
        try table.text.write(to: file, atomically: true, encoding: .utf8)
        #expect(try ReportInput.read([folder.url.path]) == report.comparison.runs)
    }

    @Test func aReportOfNoRunsIsAnError() throws {
        let folder = try TemporaryFolder()
        try Report([]).write(to: folder.url)
        #expect(throws: ReportError.nothingFound(folder.url.path)) { try ReportInput.read([folder.url.path]) }
    }

    @Test func namesWithSlashesStayInTheFolder() {
        let runs = (1...3).map { SyntheticRuns.run(family: "../../elsewhere", seed: $0, levels: SyntheticRuns.conflicting) }
        let names = Report(runs).files.keys.filter { !$0.hasPrefix("tables/") }
        #expect(names.contains { $0.contains("elsewhere") } && names.allSatisfy { !$0.contains("/") })
    }

    @Test func aSeedThatStoppedBeingEvaluatedIsInNoTableAndNoFigure() throws {
        var short = SyntheticRuns.run(seed: 3, levels: [("meta", .train, "a", 90_000), ("meta", .train, "b", 80_000)])
        short.evaluations.removeAll { $0.step > 60_000 }
        let whole = (1...2).map { SyntheticRuns.run(seed: $0, levels: [("meta", .train, "a", 700), ("meta", .train, "b", 600)]) }
        let files = Report(whole + [short]).files
        #expect(files["report.md"]?.contains("seed 3: meta-policy on train tasks last evaluated at 60,000 steps, others at 120,000") == true)
        for name in ["curves-half-cheetah-dir.svg", "tasks-half-cheetah-dir.svg", "adaptation-half-cheetah-dir.svg"] {
            let picture = try #require(files[name])
            #expect(!picture.contains("3 seeds"), "\(name)")
            let data = picture.components(separatedBy: "data-y=\"").dropFirst().compactMap { $0.split(separator: "\"").first }
            #expect(!data.isEmpty && data.allSatisfy { !$0.contains(",") || $0.contains("9,999") }, "\(name): \(data)")
        }
    }

    @Test func aTableToLookThingsUpInIsOnlyLinked() throws {
        let values = Dictionary(uniqueKeysWithValues: (0..<301).map { ("task \($0)", Double($0)) })
        let files = Report([FinalRuns.run("pearl", seed: 1, .init(meta: values))]).files
        let text = files["report.md"] ?? ""
        #expect(text.contains("\n301 rows in [`tables/tasks.csv`](tables/tasks.csv).\n") && !text.contains("| task 300 |"))
        #expect(files["tables/tasks.csv"]?.contains("task 300") == true)
    }
}
