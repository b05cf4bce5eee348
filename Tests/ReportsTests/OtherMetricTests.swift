import Environments
import Foundation
import Reports
import Runs
import TestEnvironments
import Testing

/// Metrics other than returns, policies other than `meta` and `personal`, budgets in rounds.
@Suite struct OtherMetricTests {
    /// A run a seed on two tasks; `l1` and returns by policy, the same at each of three marks but for a factor that falls to 1.
    private func runs(
        _ agent: String, _ policies: [String: (l1: Double, gain: Double)], seeds: Int = 3, unit: String = "steps", metric: String = "l1"
    ) -> [RunRecord] {
        (0..<seeds).map { seed in
            var run = RunRecord(
                family: "hyper-grid", agent: agent, seed: UInt64(seed), state: .finished, steps: 3000, totalSteps: unit == "steps" ? 3000 : 30)
            (run.budgetUnit, run.spent, run.preset) = (unit, run.totalSteps, "laptop")
            for mark in 1...3 {
                for (policy, level) in policies.sorted(by: { $0.key < $1.key }) {
                    for task in ["a", "b"] {
                        let record = MetricRecord(
                            step: mark * 1000, spent: unit == "steps" ? mark * 1000 : mark * 10, taskSet: .train, task: task, policy: policy,
                            phase: .evaluation, episode: nil, value: level.gain + Double(seed))
                        var l1 = record
                        (l1.metric, l1.value) = (metric, level.l1 * (1 + 0.01 * Double(seed)) * Double(4 - mark))
                        run.evaluations += [record, l1]
                    }
                }
            }
            return run
        }
    }

    private func report(_ runs: [RunRecord]) throws -> Report {
        let folder = try TemporaryFolder()
        let file = try folder.write("metrics: [return, {name: l1, title: L1 error, direction: lowerIsBetter}]\n", "grids.yaml")
        return Report(runs, claims: [try ExperimentClaims(contentsOf: file)])
    }

    @Test func lowerIsBetterTurnsOrderBoldAndGain() throws {
        let report = try report(
            runs("one", ["meta": (0.5, 10), "personal": (0.1, 10)]) + runs("two", ["meta": (0.4, 100)]))
        let table = try #require(report.table("comparison-l1"))
        #expect(table.title == "Final L1 error on the training tasks" && table.notes.contains("Bold: the lowest mean"))
        func isBold(_ agent: String, _ policy: String) -> Bool? { table.row(agent, policy)?.last?.isBest }
        #expect(isBold("one", "personalized policies") == true && isBold("one", "meta-policy") == false && isBold("two", "meta-policy") == false)
        // (0.4 - 0.1) / 0.4 of means over seeds.
        let gain = try #require(report.table("pairs-l1")?.row("one's personalized policies", "0", "two"))
        #expect(abs((gain[3].number?.value ?? 0) - 75) < 1e-9 && gain[3].isBest)
        let file = try #require(report.table("comparisons-l1"))
        func row(_ policy: String) -> [Table.Cell]? { file.rows.first { $0[3].text == policy && $0[8].text == "two" } }
        #expect(row("personal")?[16].text.hasPrefix("+75") == true && row("personal")?[17].text.hasPrefix("1.00") == true)
        #expect(row("personal")?[20].text == "lower" && row("meta")?[20].text == "higher")
        // Returns are as ever.
        #expect(report.table("comparison")?.row("two", "meta-policy")?.last?.isBest == true)
        let text = try #require(report.files["report.md"])
        #expect(text.contains("Highest final return: two (101 ± 1)"))
        #expect(text.contains("Lowest final L1 error: one's personalized policies"))
        #expect(text.contains("## L1 error"))
        for name in ["curves-l1-hyper-grid.svg", "curves-hyper-grid.svg", "tasks-l1-hyper-grid.svg", "tables/final-l1.csv", "tables/tasks-l1.tex"] {
            #expect(report.files[name] != nil, "\(name)")
        }
        #expect(report.files["curves-l1-hyper-grid.svg"]?.contains(">L1 error</text>") == true)
    }

    @Test func aMetricThatNobodyDeclaredHasNoOrder() throws {
        let report = Report(runs("one", ["meta": (0.5, 10)], metric: "gap") + runs("two", ["meta": (0.4, 100)], metric: "gap"))
        let table = try #require(report.table("comparison-gap"))
        #expect(table.rows.allSatisfy { $0.allSatisfy { !$0.isBest } } && table.notes.contains("nothing is bold"))
        #expect(report.table("pairs-gap") == nil && report.files["report.md"]?.contains("est final gap") == false)
    }

    /// A neighbouring speed counts as a wrong task, and latent spaces differ: nobody is ahead by it.
    @Test func wrongTasksAreShownWithWhatGuessingGivesAndNotRanked() throws {
        var own = runs("one", ["meta": (0.5, 10)]) + runs("two", ["meta": (0.4, 100)])
        for run in own.indices {
            for row in own[run].evaluations.indices where own[run].evaluations[row].metric == "l1" {
                own[run].evaluations[row].metric = Metric.wrongTask.name
            }
        }
        let report = Report(own), text = try #require(report.files["report.md"])
        #expect(report.table("comparison-wrongTask")?.rows.contains { $0.contains { $0.isBest } } == false)
        #expect(text.contains("Guessing gives 1 − 1/tasks: 0.50 on hyper-grid (2 tasks).") && text.contains("latent space of its own"))
        #expect(!text.contains("owest final share") && report.table("pairs-wrongTask") == nil && report.table("comparisons-wrongTask") == nil)
    }

    @Test func everyPolicyHasItsRowItsTitleAndItsLine() throws {
        let all: [String: (l1: Double, gain: Double)] = [
            "personal": (0.1, 50), "meta": (0.2, 40), "meta-k20": (0.2, 45), "meta-k2": (0.3, 42), "cross": (0.9, 5),
        ]
        var own = runs("one", all)
        for index in own.indices { own[index].policyTitles = ["cross": "policies of other tasks"] }
        let report = try report(own)
        let titles = ["meta-policy", "meta-policy, after 2 adaptation episodes", "meta-policy, after 20 adaptation episodes", "personalized policies",
            "policies of other tasks"]
        #expect(report.table("comparison")?.rows.map { $0[1].text } == titles)
        let picture = try #require(Picture(report.files, "curves-hyper-grid.svg"))
        let lines = picture.colors.keys.sorted()
        #expect(lines.count == 5 && lines.contains("one, policies of other tasks"))
        // Told apart by the dashes or markers of their samples: no two legends look alike.
        #expect(Set(LineStyles(report.comparison).lines("hyper-grid", .episodeReturn).map { "\($0.style)" }).count == 5)
    }

    @Test func agentsThatCountInRoundsAreDrawnOverRounds() throws {
        let report = try report(runs("one", ["meta": (0.5, 10)], unit: "rounds") + runs("two", ["meta": (0.4, 100)], unit: "rounds"))
        let picture = try #require(report.files["curves-hyper-grid.svg"])
        #expect(picture.contains(">rounds</text>") && picture.contains("data-x=\"30 rounds\"") && !picture.contains("environment steps"))
        // With an agent that counts in steps beside it, over what both have.
        let mixed = try self.report(runs("one", ["meta": (0.5, 10)], unit: "rounds") + runs("two", ["meta": (0.4, 100)]))
        #expect(mixed.files["curves-hyper-grid.svg"]?.contains(">environment steps</text>") == true)
        // 3,000 steps each: they may be compared.
        #expect(mixed.table("comparison")?.row("two", "meta-policy")?.last?.isBest == true)
        #expect(report.table("learning")?.rows.count == 2)
    }

    @Test func theReportIsMadeAgainFromItsOwnFolder() throws {
        var own = runs("one", ["personal": (0.1, 50), "cross": (0.9, 5)], unit: "rounds")
        for index in own.indices { own[index].policyTitles = ["cross": "policies of other tasks"] }
        let folder = try TemporaryFolder(), first = try report(own)
        try first.write(to: folder.url)
        let paths = [folder.url.path], read = try ReportInput.read(paths)
        let second = Report(read, claims: try ReportInput.claims(paths, read, assets: "/nowhere"))
        #expect(read == own && second.files == first.files && second.files["claims.yaml"]?.contains("L1 error") == true)
    }

    /// Names that mean something to file systems, CSV, Markdown, HTML or LaTeX.
    @Test(arguments: ["../../up", "a,\"b\"\n", "<b>&|", "x\0y", String(repeating: "m", count: 400), "µ–%_$\\"])
    func hostileNamesOfMetricsAndPoliciesAreHarmless(name: String) throws {
        var own = runs("one", ["meta": (0.5, 10), name: (0.4, 20)]) + runs("two", ["meta": (0.4, 100)])
        for run in own.indices {
            for row in own[run].evaluations.indices where own[run].evaluations[row].metric == "l1" { own[run].evaluations[row].metric = name }
        }
        let folder = try TemporaryFolder(), report = Report(own)
        try report.write(to: folder.url)
        #expect(report.files.keys.allSatisfy { $0.hasPrefix("tables/") ? !$0.dropFirst(7).contains("/") : !$0.contains("/") })
        #expect(Report(try ReportInput.read([folder.url.path])).files == report.files)
        _ = try PageElements(try #require(report.files["report.html"]))
    }

    @Test func withoutThePagesFilesTheMessageNamesThem() throws {
        let folder = try TemporaryFolder()
        #expect { try PageFiles(assets: folder.url.path) } throws: { "\($0)".contains("templates/report/page.css: this file is missing") }
    }
}
