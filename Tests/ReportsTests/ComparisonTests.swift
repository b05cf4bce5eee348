import Reports
import Testing

/// Tables that hold agents against each other, with returns small enough to be done by hand.
@Suite struct ComparisonTests {
    @Test func theHighestAndThoseNotToldApartFromItAreBold() throws {
        let report = Report(
            FinalRuns.runs("one", meta: [100, 110, 120]) + FinalRuns.runs("two", meta: [90, 105, 95]) + FinalRuns.runs("three", meta: [10, 20, 99]))
        let table = try #require(report.document.tables.first)
        #expect(table.name == "comparison" && table.columns.map(\.title) == ["agent", "policy", "half-cheetah-dir"])
        #expect(table.row("one")?[2] == Table.Cell("110 ± 10", isBest: true, number: Table.Number(110, deviation: 10)))
        #expect(table.row("two")?[2].isBest == true)
        // 99 is below every seed of the highest.
        #expect(table.row("three")?[2].isBest == false)
        #expect(try #require(report.files["report.md"]).contains("| one | meta-policy | **110 ± 10** |"))
    }

    @Test func onlyPoliciesWithAsManyAdaptationEpisodesAreRanked() throws {
        let report = Report(
            FinalRuns.runs("one", meta: [10, 11, 12], personal: [900, 910, 920]) + FinalRuns.runs("two", meta: [20, 21, 22]))
        let table = try #require(report.table("comparison"))
        #expect(table.columns[2].title == "adaptation episodes" && table.notes.contains("among policies with as many adaptation episodes"))
        #expect(table.row("one", "meta-policy")?[2].text == "1" && table.row("one", "personalized policies")?[2].text == "0")
        #expect(table.row("two")?[3].isBest == true && table.row("one", "meta-policy")?[3].isBest == false)
        // Alone on its terms, there is nothing that it could be better than.
        #expect(table.row("one", "personalized policies")?[3].isBest == false)
    }

    @Test func variantsAreInTheOrderOfTheirNumbers() throws {
        let names = ["lambda 5", "lambda 20", "lambda 100"]
        let report = Report(names.reversed().flatMap { FinalRuns.runs($0, meta: [10, 11, 12]) })
        let table = try #require(report.table("comparison"))
        #expect(table.rows.map { $0[0].text } == names)
    }

    @Test func nothingIsBoldWhereSeedsAreTooFewToTell() throws {
        let table = try #require(Report(FinalRuns.runs("one", meta: [100, 110]) + FinalRuns.runs("two", meta: [1, 2])).table("comparison"))
        #expect(!table.rows.joined().contains { $0.isBest })
        #expect(table.notes.contains("half-cheetah-dir: too few seeds for a test; nothing is bold there."))
        let mixed = try #require(Report(
            FinalRuns.runs("one", meta: [100, 110, 120]) + FinalRuns.runs("two", meta: [1, 2, 3])
                + FinalRuns.runs("three", meta: [99])).table("comparison"))
        #expect(mixed.rows.filter { $0[2].isBest }.map(\.[0].text) == ["one"])
        #expect(mixed.notes.contains("over 3 seeds, or as many as a number in brackets says."))
        #expect(mixed.row("three")?[2].text == "99.0 (1)")
        // One seed that is above all others takes the place of none.
        let lucky = try #require(Report(
            FinalRuns.runs("one", meta: [100, 110, 120]) + FinalRuns.runs("two", meta: [1, 2, 3])
                + FinalRuns.runs("three", meta: [999])).table("comparison"))
        #expect(lucky.rows.filter { $0[2].isBest }.map(\.[0].text) == ["one"])
        #expect(lucky.notes.contains("half-cheetah-dir: too few seeds for a test, never bold: three."))
    }

    @Test func otherStepsPresetsTasksOrEpisodesAreNotCompared() throws {
        let one = FinalRuns.runs("one", meta: [100, 110, 120], personal: [1, 2, 3])
        let changes: [(String, (inout RunRecord) -> Void)] = [
            ("steps (1,000 / 2,000)", { $0.totalSteps = 2000 }), ("preset (laptop / quick)", { $0.preset = "quick" }),
            ("tasks", { $0.tasks = "train: other" }), ("adaptationEpisodes (not set / 9)", { $0.settings["adaptationEpisodes"] = "9" }),
            ("evaluated tasks", { for i in $0.evaluations.indices { $0.evaluations[i].task = "other" } }),
        ]
        for (words, change) in changes {
            var two = FinalRuns.runs("two", meta: [1, 2, 3], personal: [1, 2, 3])
            for index in two.indices { change(&two[index]) }
            let report = Report(one + two), table = try #require(report.table("comparison")), file = try #require(report.table("comparisons"))
            #expect(table.columns[3].title == "half-cheetah-dir †" && !table.rows.joined().contains { $0.isBest })
            #expect(table.notes.contains(
                "† half-cheetah-dir: rows with as many adaptation episodes differ in \(words), so that nothing is bold among them."))
            let row = file.rows.first { $0[2].text == "one" && $0[3].text == "personal" && $0[9].text == "personal" }
            #expect(row?[16].text == "–" && row?[20].text == "not compared: different \(words)")
            #expect(report.table("pairs")?.row("one's personalized policies", "0", "two's personalized policies")?[3].text == "not compared")
            let header = "agent,policy,adaptation episodes,half-cheetah-dir,half-cheetah-dir sd\n"
            #expect(report.files["tables/comparison.csv"]?.hasPrefix(header) == true)
            let text = try #require(report.files["report.md"])
            #expect(text.contains("After 1 adaptation episode, policies can't be ranked, because they differ in \(words)."))
        }
    }

    /// Where budgets have other units the steps that were taken are compared, and a run under way has taken few.
    @Test func anUnfinishedFirstSeedDoesNotKeepOthersFromBeingCompared() throws {
        var rounds = FinalRuns.runs("one", meta: [100, 110, 120, 130])
        for index in rounds.indices { (rounds[index].budgetUnit, rounds[index].totalSteps) = ("rounds", 10) }
        (rounds[0].state, rounds[0].steps) = (.running, 100)
        let report = Report(rounds + FinalRuns.runs("two", meta: [1, 2, 3]))
        #expect(try #require(report.table("comparison")).row("one")?[2].isBest == true)
        #expect(!report.comparison.cautions.contains { $0.contains("differ in steps") })
    }

    @Test func runsThatDoNotCountAreInNoTableOfReturns() throws {
        var stopped = FinalRuns.runs("one", meta: [0, 0, 0, 9000])[3], broken = FinalRuns.runs("one", meta: [0, 0, 0, 0, 5000])[4]
        stopped.state = .stopped
        broken.evaluations[1].value = .infinity
        let good = FinalRuns.runs("one", meta: [100, 110, 120], personal: [100, 110, 120])
        let report = Report(good + [stopped, broken])
        for name in ["comparison", "pairs", "comparisons"] {
            let rows = Report(good).table(name)?.rows
            #expect(report.table(name)?.rows == rows)
        }
        #expect(report.table("adaptation")?.row("half-cheetah-dir", "one")?[7].text == "110 ± 10")
        #expect(report.table("final-returns")?.texts("half-cheetah-dir", "one", "meta-policy")?.last == "3 of 5")
        #expect(Report([stopped]).files["report.md"]?.contains("No finished run yet.") == true)
    }

    @Test func aSeedWithoutATaskOfTheOthersIsLeftOutAndNamed() throws {
        func run(_ seed: UInt64, _ tasks: [String: Double], steps: Int = 1000) -> RunRecord {
            var run = FinalRuns.run("one", seed: seed, .init(meta: tasks), steps: steps)
            (run.steps, run.totalSteps) = (1000, 1000)
            return run
        }
        let report = Report([
            run(0, ["a": 10, "b": 20]), run(1, ["a": 30, "b": 40]), run(2, ["a": 5000]), run(3, ["a": 7000, "b": 7000], steps: 900),
        ])
        #expect(report.table("comparison")?.row("one")?[2].number?.value == 25)
        let cautions = report.comparison.cautions
        #expect(cautions.contains(
            "one on half-cheetah-dir, seed 2: meta-policy on train tasks last evaluated without b; not included in the final return."))
        #expect(cautions.contains {
            $0.hasPrefix("one on half-cheetah-dir, seed 3: meta-policy on train tasks last evaluated at 900 steps, others at 1,000")
        })
        #expect(report.table("tasks")?.texts("half-cheetah-dir", "training", "a")?[5] == "20.0 ± 14.1")
    }

    @Test func differentVersionsOfTheProgramAndTheEngineAreNamed() throws {
        var runs = SyntheticRuns.example
        #expect(!Report(runs).comparison.cautions.contains { $0.contains("different versions") })
        for index in runs.indices {
            runs[index].software = "Gait \(index == 0 ? "0.1.0" : "0.2.0"), Swift 6.3, Debian"
            runs[index].machine = "AMD EPYC, MuJoCo 2.2.2, BLAS OpenBLAS"
        }
        #expect(Report(runs).comparison.cautions.first == "The runs were made with different versions of Gait: 0.1.0 (1 run) and 0.2.0 "
            + "(\(runs.count - 1) runs). Differences between them may come from that.")
        runs[1].machine = "AMD EPYC, MuJoCo 3.2.0, BLAS OpenBLAS"
        #expect(Report(runs).comparison.cautions.filter { $0.contains("different versions") }.count == 2)
    }

    @Test func unseenTasksHaveATableOfTheirOwn() throws {
        func runs(_ agent: String, _ level: Double, test: [String]) -> [RunRecord] {
            (0..<3).map { seed in
                let value = level + Double(seed)
                return FinalRuns.run(agent, seed: UInt64(seed), .init(
                    meta: ["a": value, "b": value], test: Dictionary(uniqueKeysWithValues: test.map { ($0, value - 5) })))
            }
        }
        let unseen = try #require(Report(runs("one", 50, test: ["c"]) + runs("two", 20, test: ["c"])).table("unseen-tasks"))
        #expect(unseen.row("one")?[2] == Table.Cell("46.0 ± 1.0", isBest: true, number: Table.Number(46, deviation: 1)))
        #expect(Report(runs("one", 50, test: ["a", "b"])).table("unseen-tasks") == nil)
        #expect(Report(runs("one", 50, test: [])).table("unseen-tasks") == nil)
    }

    @Test func adaptingIsCountedAtTheLastEvaluation() throws {
        var runs = (0..<2).map { seed in
            FinalRuns.run(
                "one", seed: UInt64(seed), .init(meta: ["a": 100, "b": 200], personal: ["a": 1, "b": 1]), adaptationSteps: 300 + 100 * seed,
                before: 20)
        }
        for index in runs.indices {
            var early = runs[index].evaluations[0]
            (early.step, early.spent) = (10, 10)
            runs[index].evaluations.insert(contentsOf: adapting(early, steps: 7777, returns: [-888]), at: 0)
        }
        let table = try #require(Report(runs).table("adaptation"))
        let meta = try #require(table.row("half-cheetah-dir", "one", "meta-policy"))
        #expect(meta.dropFirst(4).map(\.text) == ["1", "350 (300 to 400)", "20.0 ± 0.0", "150 ± 0", "130 ± 0", "1,000", "2"])
        #expect(meta[5].number == Table.Number(350, low: 300, high: 400))
        #expect(table.texts("half-cheetah-dir", "one", "personalized policies")?.dropFirst(4).prefix(3) == ["0", "0", "–"])
    }

    @Test func whatRunsTookHasATable() {
        let row = Report(FinalRuns.runs("one", meta: [1, 2])).table("cost")?.row("half-cheetah-dir", "one")
        #expect(row?.dropFirst(2).map(\.text) == ["1,000", "50", "10.0 s", "100", "5.00", "2"])
        #expect(row?[4].number?.value == 10)
    }
}
