import Core
import Environments
import Foundation
import Reports
import Runs
import TestEnvironments
import Testing

/// Claims of another evaluation than the last one: the best round, the mean of the last five.
@Suite struct StatisticTests {
    /// Returns of each seed's evaluations, one at the end of each round; the first before training.
    private func runs(_ agent: String, _ policies: [String: [[Double]]], unit: String = "rounds") -> [RunRecord] {
        (0..<3).map { seed in
            var run = RunRecord(family: "cart-pole", agent: agent, seed: UInt64(seed), state: .finished, steps: 700, totalSteps: 7)
            (run.budgetUnit, run.preset, run.experiment) = (unit, "paper", "table5")
            for (policy, curves) in policies.sorted(by: { $0.key < $1.key }) {
                for (round, value) in curves[seed].enumerated() {
                    run.evaluations.append(MetricRecord(
                        step: 100 * round, spent: round, taskSet: .train, task: "t", policy: policy, phase: .evaluation, episode: 0, value: value))
                }
            }
            return run
        }
    }

    private func curves(best: [Double], last: [Double]) -> [[Double]] { zip(best, last).map { [0, $0, 1, 2, 3, 4, $1] } }

    /// The best rounds differ significantly, the last ones do not.
    private var example: [RunRecord] {
        runs("own", [
            "personal": curves(best: [90, 91, 92], last: [10, 20, 30]), "meta": curves(best: [50, 51, 52], last: [5, 6, 7]),
        ]) + runs("other", ["personal": curves(best: [70, 71, 72], last: [11, 19, 31])])
    }

    private func document(_ items: String, _ runs: [RunRecord]) throws -> ReportDocument {
        let yaml = "claims:\n  paper: Somebody, Something\n  preset: paper\n  items:\n" + items
        let root = try ConfigurationValue(yaml: yaml, origin: .file("x.yaml"))
        let claims = try PaperClaims(try #require(root["claims"]), file: "x.yaml", names: nil, presets: ["paper"])
        return ReportDocument(Comparison(runs), claims: [claims])
    }

    private func lead(_ statistic: String, _ size: String = "level") -> String {
        "    - source: T\n      statistic: \(statistic)\n      lead: own/personal\n      over: {other/personal: \(size)}\n"
    }

    @Test func aVerdictOnTheBestRoundDoesNotStandBesideFinalReturns() throws {
        let best = try document(lead("best"), example)
        let claimed = try #require(best.tables.first { $0.name == "claims" }?.texts("T"))
        #expect(claimed[5] == "does not agree" && claimed[4].contains("91.0 ± 1.0 against 71.0 ± 1.0"))
        func rows(_ document: ReportDocument) throws -> [[String]] {
            let table = try #require(document.tables.first { $0.name == "pairs" })
            return table.rows.filter { $0[2].text == "other's policy of each task" }.map { [$0[0].text, $0[3].text, String($0[4].text.suffix(3))] }
        }
        let rowsOfBest = try rows(best)
        #expect(rowsOfBest.map { $0[0] } == ["own's personalized policies", "own's personalized policies, best evaluation"])
        #expect(rowsOfBest.map { $0[1] } == ["–", "level"] && rowsOfBest[0][2].hasSuffix("]") && rowsOfBest[1][2] == "] ✗")
        // A claim of final returns has its verdict there, also beside one of the best rounds.
        let both = try document(lead("best") + lead("final"), example)
        #expect(try rows(both).map { $0[1] } == ["level", "level"] && rows(both)[0][2].hasSuffix("]"))
        let file = try #require(both.tables.first { $0.name == "comparisons" })
        let claims = file.rows.filter { $0[8].text == "other" && $0[3].text == "personal" }
        #expect(claims.map { [$0[1].text, $0.last?.text] } == [
            ["best evaluation", "does not agree"], ["last evaluation", "no significant difference; too few seeds to call them level"],
        ])
    }

    @Test func theSummaryHasTheNumbersThatTheVerdictIsOf() throws {
        let summary = try #require(try document(lead("best", "20 %"), example).sections.first { $0.title == "Summary" })
        let text = summary.blocks.map { if case .list(let items) = $0 { items.joined() } else { "" } }.joined()
        #expect(text.contains(
            "own's personalized policies (best evaluation 91.0 ± 1.0) are 28% ahead of other's policy of each task (best evaluation 71.0 ± 1.0). The "
                + "paper has them 20.00% ahead"), "\(text)")
    }

    @Test func bestRoundLastFiveAndLastStandBesideEachOtherWhereThePaperHasThem() throws {
        let found = try document(lead("best"), example)
        let main = try #require(found.sections.first { $0.title == "Comparison" && $0.isMain })
        let tables = main.blocks.compactMap { if case .table(let table) = $0 { table } else { nil } }
        let table = try #require(tables.last)
        #expect(table.name == "best-and-last")
        #expect(table.columns.map(\.title) == [
            "family", "agent", "policy", "best round", "mean of the last five rounds", "last evaluation", "seeds",
        ])
        #expect(table.texts("cart-pole", "own", "personalized policies")?.dropFirst(3) == ["91.0 ± 1.0", "6.00 ± 2.00", "20.0 ± 10.0", "3"])
        #expect(table.rows.map { $0[1...2].map(\.text) } == [
            ["other", "policy of each task"], ["own", "meta-policy"], ["own", "personalized policies"],
        ])
        #expect(table.row("cart-pole", "own", "personalized policies")?[3].number?.low.map { abs($0 - (91 - 4.303 / 3.0.squareRoot())) < 1e-3 } == true)
        #expect(try document(lead("final"), example).tables.allSatisfy { $0.name != "best-and-last" })
        let steps = try document(lead("best"), example.map { run in
            var run = run
            run.budgetUnit = "steps"
            return run
        })
        #expect(steps.tables.first { $0.name == "best-and-last" }?.columns[3].title == "best evaluation")
    }
}

/// What texts of a report say exactly.
@Suite struct WordingTests {
    /// As many digits as tell whether it is significant.
    @Test func chancesNearTheLevelHaveMoreDigits() {
        #expect([0.58, 0.0476, 0.05, 0.0503, 0.04999, 0.004, 0.0004].map(Format.chance)
            == ["0.58", "0.048", "0.050", "0.0503", "0.050", "0.004", "< 0.001"])
    }

    @Test func seedsInARowAreARange() {
        #expect(Format.ranges([12, 10, 11, 13, 20, 30, 31]) == ["10-13", "20", "30", "31"] && Format.ranges([]) == [])
        let text = Report((10..<16).map { FinalRuns.run("a", seed: UInt64($0), .init(meta: ["t": 1])) }).files["report.md"] ?? ""
        #expect(text.contains("; seeds 10-15."))
    }

    /// A space would end a link in Markdown.
    @Test func namesOfFilesHaveNoSpaces() throws {
        let files = Report(FinalRuns.runs("a", on: "gridworld (corner)", meta: [1, 2, 3])).files
        #expect(files["tasks-gridworld--corner-.svg"] != nil && files.keys.allSatisfy { !$0.contains(" ") && !$0.contains("(") }, "\(files.keys)")
        #expect(files["report.md"]?.contains("](tasks-gridworld--corner-.svg)") == true)
    }

    @Test func aClaimOfAStudyAgreesInPartWhereSomeSeedsShowIt() {
        func claim(_ holds: [Bool]) -> StudyResult.Claim {
            .init(source: "Figure 3", place: "f", claim: "MP reaches the goal", paper: "yes", holds: holds, ours: "199 steps")
        }
        #expect(claim([true, true]).agreement == "agrees" && claim([false, false]).agreement == "does not agree")
        #expect(claim([true, false, false]).agreement == "agrees in part: 1 of 3 seeds" && claim([]).agreement == "too few seeds")
        #expect(claim([true, false, false]).ours == "in 1 of 3 seeds; 199 steps")
    }

    private func claims(_ items: String, _ runs: [RunRecord]) throws -> Table {
        let root = try ConfigurationValue(yaml: "claims:\n  paper: Somebody\n  items:\n" + items, origin: .file("x.yaml"))
        let claims = try PaperClaims(try #require(root["claims"]), file: "x.yaml")
        return try #require(ReportDocument(Comparison(runs), claims: [claims]).tables.first { $0.name == "claims" })
    }

    /// Policies have the titles of the tables, whether there are runs or not.
    @Test func claimsCallPoliciesAsTablesDo() throws {
        var runs = FinalRuns.runs("a", on: "f", meta: [30, 31, 32], personal: [1, 2, 3])
        for index in runs.indices {
            runs[index].policyTitles = ["cross": "policies of all tasks"]
            runs[index].evaluations.append(MetricRecord(
                step: 1000, taskSet: .train, task: "task", policy: "cross", phase: .evaluation, episode: 0, value: Double(index)))
        }
        let table = try claims("""
                - source: F
                  order: [a, a/cross]
                - source: G
                  note: As read.
                  families: [f]
                  numbers: {b: 3, b/personal: 4, c: 5}
            """, runs)
        #expect(table.rows.map { $0[2].text } == [
            "a's meta-policy, then a's policies of all tasks", "b's meta-policy", "b's personalized policies", "c",
        ])
        #expect(table.remarks?.last == "G, f: As read." && !table.notes.contains("As read."))
    }

    @Test func notesOfClaimsAreAListInEveryFormat() throws {
        let experiment = try ExperimentClaims(contentsOf: assetsFolder.path + "/experiments/table4.yaml")
        let runs = ["cart-pole", "mountain-car"].flatMap { FinalRuns.runs("pmeta-dqn", on: $0, meta: [1, 2, 3]) }
        let files = Report(runs, claims: [experiment]).files, note = "Table IV, cart-pole and mountain-car: The best average return of a run."
        #expect(files["report.md"]?.contains("\n- \(note)\n") == true)
        #expect(files["report.html"]?.contains("<li>\(note)</li>") == true)
        #expect(files["tables/claims.tex"]?.contains("\\par\n\(note)") == true)
    }
}
