import Reports
import Runs
import Testing

/// What a report says of its experiment: the title, and the settings that the paper leaves open.
@Suite struct ReadingTests {
    private func run(_ agent: String, of base: String? = nil, on family: String, seed: UInt64 = 10, _ settings: [String: String]) -> RunRecord {
        var run = FinalRuns.run(agent, on: family, seed: seed, .init(meta: ["task": 1]))
        (run.experiment, run.baseAgent, run.settings) = ("fig4", base ?? agent, settings)
        return run
    }

    private func list(_ runs: [RunRecord]) -> [String] {
        let section = Report.figure4(runs).document.sections.first { $0.title == "Policies compared, and what the paper claims" }
        guard case .list(let items) = section?.blocks.last else { return [] }
        return items
    }

    @Test func aReportSaysHowThePaperWasRead() {
        let runs = [
            run("pmeta-rl", on: "half-cheetah-dir", ["updatesPerRound": "50", "personalStart": "meta", "latentSize": "5"]),
            run("pmeta-rl", on: "ant-fwd-back", ["updatesPerRound": "2000", "personalStart": "meta"]),
            run("pmeta-rl", on: "half-cheetah-vel", ["updatesPerRound": "2000", "personalStart": "meta"]),
            run("pearl", on: "half-cheetah-dir", ["updatesPerRound": "7"]),
        ]
        #expect(list(runs) == [
            "pmeta-rl, `updatesPerRound`: 2000 on ant-fwd-back and half-cheetah-vel; 50 on half-cheetah-dir.",
            "pmeta-rl, `personalStart`: meta.",
        ])
        #expect(Report.figure4(runs).files["report.md"]?.contains("\n- pmeta-rl, `personalStart`: meta.\n") == true)
        #expect(list([runs[3]]).isEmpty)
        #expect(list([run("pmeta-rl", on: "ant-fwd-back", ["personalStart": "meta"]), run("pmeta-rl", on: "half-cheetah-dir", [:])]) == [
            "pmeta-rl, `personalStart`: meta on ant-fwd-back; not set on half-cheetah-dir.",
        ])
    }

    @Test func variantsAreToldApart() {
        let runs = [
            run("pmeta-rl", on: "half-cheetah-dir", ["personalStart": "meta"]),
            run("kept", of: "pmeta-rl", on: "half-cheetah-dir", ["personalStart": "keep"]),
        ]
        #expect(list(runs) == ["pmeta-rl, `personalStart`: keep of kept on half-cheetah-dir; meta of pmeta-rl on half-cheetah-dir."])
    }

    @Test func theHeadingIsTheExperimentsTitle() throws {
        let runs = [run("pearl", on: "half-cheetah-dir", [:])]
        let title = "Deep pMeta-RL and the baselines on four MuJoCo families (Figure 4)"
        let report = Report.figure4(runs)
        #expect(report.document.title == title && report.document.introduction[0].hasPrefix("Experiment fig4: 1 run, finished; "))
        #expect(report.files["claims.yaml"]?.contains("title: \"\(title)\"") == true)

        // Without the experiment's file there is the name alone, and two experiments have no title in common.
        #expect(Report(runs).document.title == "fig4" && Report(runs).document.introduction[0].hasPrefix("1 run, finished; "))
        var other = run("rl2", on: "half-cheetah-dir", [:])
        other.experiment = "baselines"
        #expect(Report.figure4(runs + [other]).document.title == "baselines, fig4")
    }
}
