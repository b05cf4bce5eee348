import Foundation
import Reports
import TestEnvironments
import Testing

/// What a report says of runs that an experiment plans and that are not there yet.
@Suite struct RunPlanTests {
    private static let families = ["half-cheetah-dir", "half-cheetah-vel"]
    private let plan = ["pearl", "rl2", "metacure"].flatMap { agent in
        Self.families.flatMap { family in (UInt64(10)...12).map { RunPlan(agent: agent, family: family, seed: $0) } }
    }
    private let page: PageFiles

    init() throws { page = try PageFiles(assets: assetsFolder.path) }

    private func run(_ agent: String, on family: String, _ seed: UInt64) -> RunRecord {
        FinalRuns.run(agent, on: family, seed: seed, .init(meta: ["a": Double(seed)]))
    }

    private func missing(_ runs: [RunRecord]) -> String? {
        Report(runs, plan: plan, page: page).document.introduction.first { $0.hasPrefix("Missing") }
    }

    @Test func agentsFamiliesAndSeedsWithoutAFinishedRunAreCounted() {
        var runs = Self.families.flatMap { family in (UInt64(10)...12).map { run("pearl", on: family, $0) } }
        let rl2 = [run("rl2", on: "half-cheetah-dir", 10), run("rl2", on: "half-cheetah-dir", 11)]
        #expect(missing(runs + rl2) == """
            Missing: 10 of 18 planned runs are not finished: all of metacure; rl2 on half-cheetah-dir, seed 12 (1 run); \
            rl2 on half-cheetah-vel (3 runs).
            """)
        runs[0].state = .stopped
        runs[3].state = .running
        #expect(missing(runs + rl2)?.contains(
            "planned runs are not finished: all of metacure; pearl on half-cheetah-dir and half-cheetah-vel, seed 10 (2 runs); rl2") == true)
        #expect(missing([rl2[0]])?.contains(
            "Missing: 17 of 18 planned runs are not finished: all of pearl and metacure; rl2 on half-cheetah-dir, seeds 11 and 12 (2 runs)") == true)
    }

    @Test func nothingIsSaidWhereNothingIsMissing() {
        #expect(missing(plan.map { run($0.agent, on: $0.family, $0.seed) }) == nil)
        #expect(!Report([run("pearl", on: "half-cheetah-dir", 1)]).files.keys.contains("plan.csv"))
    }

    @Test func aReportMadeAgainStillSaysWhatIsMissing() throws {
        let folder = try TemporaryFolder(), first = Report([run("pearl", on: "half-cheetah-dir", 10)], plan: plan, page: page)
        try first.write(to: folder.url)
        let paths = [folder.url.path]
        #expect(try Report(ReportInput.read(paths), plan: ReportInput.plan(paths), page: page).files == first.files)
        #expect(try ReportInput.plan(paths) == plan)
    }
}
