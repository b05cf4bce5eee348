import Core
import Environments
import Reports
import Runs
import Testing

/// Runs whose seeds have tasks of their own, which all agents share: they are compared seed by seed.
@Suite struct PairedTests {
    /// SciPy's `wilcoxon(mode="exact")`.
    @Test func theSignedRankTestIsWilcoxons() {
        let test = SignedRankTest([3.1, -0.4, 2.2, 5.0, -1.3, 0.9, 4.4, 2.8])
        #expect(abs(test.pAbove - 0.02734375) < 1e-12 && abs(test.pBelow - 0.98046875) < 1e-12)
        let ties = SignedRankTest([1, 1, -1, 0])
        // Of the eight ways to sign three equal ranks, four have two positive ones or more, seven at most two.
        #expect(ties.pAbove == 0.5 && ties.pBelow == 0.875)
        #expect(SignedRankTest([0, 0]).pAbove == 1 && SignedRankTest([]).pAbove.isNaN && SignedRankTest.leastChance(5) == 1 / 32.0)
    }

    /// Tasks of very different difficulty hide a small lead from everything but the differences.
    @Test func aLeadInEverySeedIsSeenThroughTheirSpread() {
        let other = [-200.0, -90, -60, -31, -8], own = other.map { $0 + 1 }
        let paired = Gain([own], pairedWith: [other]), apart = Gain([own], over: [other])
        #expect(paired.order == .above && paired.probability == 1 && paired.chance == 1 / 32.0)
        #expect(apart.order == .undecided && apart.relative == paired.relative)
        #expect(Order(own, pairedWith: other) == .above && Order(Array(own.prefix(4)), pairedWith: Array(other.prefix(4))) == .tooFew)
    }

    private func runs(_ agent: String, _ returns: [Double], tasks: (Int) -> String = { "\($0)" }) -> [RunRecord] {
        returns.enumerated().map { seed, value in
            var run = RunRecord(family: "gridworld", agent: agent, seed: UInt64(seed), state: .finished, steps: 900 + 7 * seed, totalSteps: 10)
            (run.budgetUnit, run.spent, run.preset) = ("rounds", 10, "paper")
            run.settings = ["taskSeed": "perSeed"]
            run.tasks = "train: 4x4 {landmark [\(tasks(seed))]}\ntest: 4x4 {landmark [\(tasks(seed))]}"
            let record = MetricRecord(
                step: run.steps, spent: 10, taskSet: .train, task: "4x4", policy: "meta", phase: .evaluation, episode: 0, value: value)
            run.evaluations = [record, record.ofWhole(.bestReturn, -5)]
            return run
        }
    }

    private let hard = [-200.0, -90, -60, -31, -8]

    /// As the lengths of cliffs are: each seed draws other ones.
    @Test func tasksThatEachSeedNamesOtherwiseAreNumbered() throws {
        func named(_ agent: String, _ returns: [Double]) -> [RunRecord] {
            runs(agent, returns).map { run in
                var run = run
                let name = "cliff-\(run.seed + 5)"
                run.tasks = run.tasks.replacing("4x4", with: name)
                for index in run.evaluations.indices { run.evaluations[index].task = name }
                return run
            }
        }
        let report = Report(named("one", hard.map { $0 + 1 }) + named("two", hard))
        #expect(report.comparison.groups.map(\.label) == ["one", "two"])
        #expect(report.comparison.groups[0].tasks(.train) == ["task-00"])
        #expect(report.comparison.runs[0].tasks == "train: task-00 {landmark [0]}\ntest: task-01 {landmark [0]}")
        #expect(report.comparison.scores(.episodeReturn).map(\.seeds.count) == [5, 5])
        // Names that all seeds share are kept.
        #expect(Report(runs("one", hard)).comparison.groups[0].tasks(.train) == ["4x4"])
    }

    @Test func aReportAveragesOverSeedsWithOtherTasksAndOtherStepsAndComparesThemSeedBySeed() throws {
        let report = Report(runs("one", hard.map { $0 + 1 }) + runs("two", hard))
        let table = try #require(report.table("comparison"))
        #expect(table.row("one")?[2].isBest == true && table.row("two")?[2].isBest == false)
        #expect(table.rows.count == 2 && table.notes.contains("gridworld: the best possible return is −5.0, by value iteration."))
        let text = try #require(report.files["report.md"])
        #expect(text.contains("gridworld: each seed has tasks of its own") && !text.contains("last evaluated at"))
        #expect(report.files["curves-gridworld.svg"]?.contains("best possible") == true)
        // The same, read from the report's own data.
        let csv = RunRecord.csv(report.comparison.runs)
        #expect(csv.runs.text.contains("taskSeed: perSeed"))
    }

    /// Every text names the test that was made.
    @Test func thePairedTestIsCalledByItsName() throws {
        let root = try ConfigurationValue(yaml: """
            claims:
              paper: Somebody
              items:
                - source: F
                  lead: one
                  over: {two: higher}
                - source: F
                  statistic: best
                  lead: one
                  over: {two: higher}
                - source: F
                  order: [one, two]
            """, origin: .file("x.yaml"))
        let claims = try PaperClaims(try #require(root["claims"]), file: "x.yaml")
        let found = ReportDocument(Comparison(runs("one", hard.map { $0 + 1 }) + runs("two", hard)), claims: [claims])
        let table = try #require(found.tables.first { $0.name == "claims" })
        #expect(table.rows.map { $0[5].text } == ["agrees", "agrees", "agrees"])
        #expect(table.rows.map { $0[6].text } == Array(repeating: "p 0.031 (Wilcoxon)", count: 3))
        let rule = "Significant: by Wilcoxon's exact signed-rank test on the seeds' differences"
        #expect(found.tables.first { $0.name == "pairs" }?.remarks?.contains { $0.hasPrefix(rule) } == true)
        #expect(found.tables.first { $0.name == "comparison" }?.notes.contains(rule) == true)
        let summary = try #require(found.sections.first { $0.title == "Summary" }?.blocks.last)
        guard case .paragraph(let text) = summary else { Issue.record("a paragraph expected"); return }
        #expect(text.hasPrefix(rule) && text.contains("fewer than five seeds") && !text.contains("Mann"))
    }

    @Test func aSeedWithOtherTasksForOneAgentIsNotCompared() throws {
        let report = Report(runs("one", hard.map { $0 + 1 }) + runs("two", hard, tasks: { "\($0 + 1)" }))
        #expect(report.table("comparison")?.rows.joined().contains { $0.isBest } == false)
        #expect(try #require(report.files["report.md"]).contains("gridworld: not all agents had the same tasks"))
    }

    @Test func divergedPoliciesAreNamed() throws {
        var wild = runs("wild", hard)
        for seed in 1..<4 { wild[seed].evaluations.append(wild[seed].evaluations[0].ofWhole(.diverged, 1)) }
        let text = try #require(Report(wild + runs("calm", hard)).files["report.md"])
        #expect(text.contains("wild on gridworld: diverged in 3 of 5 finished runs") && !text.contains("calm on gridworld: diverged"))
        #expect(!text.contains("iverged on gridworld"), "it is no result of its own")
    }
}
