import Environments
import Reports
import Runs
import Testing

@Suite struct GainTests {
    @Test func moreIsPositiveForNegativeReturnsToo() throws {
        #expect(Gain([[-50, -50]], over: [[-100, -100]]).relative == 0.5)
        #expect(Gain([[-150, -150]], over: [[-100, -100]]).relative == -0.5)
        #expect(Gain([[150, 150]], over: [[100, 100]]).relative == 0.5)
        #expect(Gain([[50, 50]], over: [[-100, -100]]).relative == 1.5)
    }

    @Test func aShareOfAboutNothingIsNone() {
        for baseline in [[-1.0, 2, 3], [0, 1, 2], [0, 0, 0]] {
            let gain = Gain([[5, 6, 7]], over: [baseline])
            #expect(gain.relative == nil && gain.interval == nil && gain.probability == 1 && gain.order == .above)
        }
    }

    /// By hand: whole seeds are drawn, so that seeds' opposite tasks cancel; drawn task by task they would not.
    @Test func seedsAreDrawnWithAllTheirTasks() throws {
        let gain = Gain([[100, 300], [300, 100]], over: [[100, 100], [100, 100]])
        #expect(gain.relative == 1 && gain.interval == 1...1)
        #expect(gain.probability == 0.75)
    }

    /// All draws of two seeds each: shares from (100 - 50)/50 to (200 - 40)/40.
    @Test func theIntervalSpansTheDrawsOfFewSeeds() throws {
        let interval = try #require(Gain([[100, 200]], over: [[40, 50]]).interval)
        #expect(interval == 1...4)
        #expect(Gain([[100]], over: [[40, 50]]).interval == nil && Gain([[100]], over: [[40, 50]]).probabilityInterval == nil)
        #expect(Gain([[100]], over: [[40, 50]]).order == .tooFew)
    }

    private func gains(_ personal: [Double], pearl: [Double], on family: String = "half-cheetah-dir") -> Report {
        Report.figure4(FinalRuns.runs("pmeta-rl", on: family, meta: personal.map { $0 - 1 }, personal: personal)
            + FinalRuns.runs("pearl", on: family, meta: pearl))
    }

    @Test func theClaimIsJudgedByTheRuleInTheNotes() throws {
        let cases: [([Double], [Double], String, String)] = [
            ([110, 112, 114], [99, 100, 101], "half-cheetah-dir", "agrees"),
            ([210, 212, 214], [99, 100, 101], "half-cheetah-dir", "agrees in order, not in size"),
            ([80, 81, 82], [99, 100, 101], "half-cheetah-dir", "does not agree"),
            ([80, 101, 120], [99, 100, 110], "half-cheetah-dir", "no significant difference"),
            ([110, 112], [99, 100], "half-cheetah-dir", "too few seeds"),
            ([-48.8, -49, -49.2], [-50, -51, -52], "half-cheetah-vel", "agrees"),
            ([-40, -41, -42], [-50, -51, -52], "half-cheetah-vel", "agrees in order, not in size"),
            ([400, 410, 420], [99, 100, 101], "walker-2d-params", "agrees in order, not in size"),
            ([-60, -61, -62], [-50, -51, -52], "walker-2d-params", "does not agree"),
        ]
        for (personal, pearl, family, verdict) in cases {
            let row = gains(personal, pearl: pearl, on: family).table("gain")?.texts(family, "pmeta-rl", "pearl")
            #expect(row?.last == verdict)
        }
        let claims = ["half-cheetah-dir": "+11.86%", "ant-fwd-back": "+12.59%", "half-cheetah-vel": "slight", "walker-2d-params": "slight"]
        for (family, claim) in claims {
            let row = gains([2, 3, 4], pearl: [1, 1, 1], on: family).table("gain")?.texts(family, "pmeta-rl", "pearl")
            #expect(row?[7] == claim)
        }
    }

    @Test func theRowSaysGainProbabilityAndChance() throws {
        let table = try #require(gains([-40, -50, -60], pearl: [-100, -100, -100]).table("gain"))
        let row = try #require(table.row("half-cheetah-dir", "pmeta-rl", "pearl"))
        #expect(row[3].text == "0 and 1")
        #expect(row[4].text.hasPrefix("+50 [+4") && row[4].number?.value == 50)
        #expect(row[5].text == "1.00 [1.00, 1.00]" && row[6].text == "0.050")
        #expect(table.texts("half-cheetah-dir", "pmeta-rl", "its meta-policy")?[8] == "no significant difference")
    }

    /// Final returns by policy, with as many adaptation episodes as are given.
    private func runs(
        _ agent: String, _ policies: [(name: String, episodes: Int, level: Double)], on family: String = "family-of-mine"
    ) -> [RunRecord] {
        (0..<3).map { seed in
            var run = FinalRuns.run(agent, on: family, seed: UInt64(seed), .init())
            for policy in policies {
                let record = MetricRecord(
                    step: 1000, taskSet: .train, task: "task", policy: policy.name, phase: .evaluation, episode: 0,
                    value: policy.level + Double(seed))
                if policy.episodes > 0 {
                    run.evaluations += adapting(record, steps: 200, returns: Array(repeating: 0, count: policy.episodes))
                }
                run.evaluations.append(record)
            }
            return run
        }
    }

    @Test func pairsOnUnlikeTermsAreListedOnlyWhereAClaimNamesThem() throws {
        let own: [(String, Int, Double)] = [("personal", 0, 100), ("personal-fresh", 2, 90), ("meta", 2, 50), ("meta-stored", 0, 60)]
        let all = { family in
            runs("pmeta-rl", own, on: family) + runs("pearl", [("meta", 2, 40), ("meta-stored", 0, 45)], on: family)
                + runs("promp", [("meta", 20, 30), ("meta-k2", 2, 20)], on: family) + runs("sac-per-task", [("personal", 0, 70)], on: family)
        }
        let table = try #require(Report(all("family-of-mine")).table("gain"))
        #expect(table.rows.map { $0[1...3].map(\.text) } == [
            ["pmeta-rl", "pearl's meta-policy, z from stored context", "0 and 0"],
            ["pmeta-rl", "its meta-policy, z from stored context", "0 and 0"],
            ["pmeta-rl", "sac-per-task's policy of each task", "0 and 0"],
            ["pmeta-rl, personalized policies, z from fresh context", "pearl's meta-policy", "2 and 2"],
            ["pmeta-rl, personalized policies, z from fresh context", "its meta-policy", "2 and 2"],
            ["pmeta-rl, personalized policies, z from fresh context", "promp's meta-policy, after 2 adaptation episodes", "2 and 2"],
        ])
        #expect(table.rows.allSatisfy { $0.last?.text == "higher" } && table.notes.contains("Pairs on like terms come first"))
        let meta = try #require(Report(all("family-of-mine")).table("gain-meta"))
        #expect(meta.rows.map { $0[4].text } == ["2 and 2", "2 and 2", "0 and 0"])
        // Figure 4 names PEARL and ProMP after 20 episodes, and not sac-per-task.
        let claimed = try #require(Report.figure4(all("walker-2d-params")).table("gain"))
        #expect(claimed.rows.prefix(6).map { $0[1...3].map(\.text) } == table.rows.map { $0[1...3].map(\.text) })
        #expect(claimed.rows.dropFirst(6).map { $0[3].text } == ["0 and 2", "0 and 2", "0 and 20", "2 and 20"])
    }

    /// Like with like first, fewest episodes first, and each sentence says its terms.
    @Test func theSummarySaysOnWhichTermsClaimsAreJudged() throws {
        let report = Report.figure4(
            runs("pmeta-rl", [("personal", 0, 110), ("personal-fresh", 2, 90), ("meta", 2, 50), ("meta-stored", 0, 60)], on: "ant-fwd-back")
                + runs("pearl", [("meta", 2, 40), ("meta-stored", 0, 99)], on: "ant-fwd-back"))
        let text = try #require(report.files["report.md"])
        let sentences = [
            "Without adaptation episodes, pmeta-rl's personalized policies (111 ± 1) are 11% ahead of pearl's meta-policy, z from stored context "
                + "(100 ± 1). The paper has them 12.59% ahead: ",
            "After 2 adaptation episodes, pmeta-rl's personalized policies, z from fresh context (91.0 ± 1.0) are 122% ahead of pearl's "
                + "meta-policy (41.0 ± 1.0). The paper has them 12.59% ahead: ",
            "These comparisons are not like with like",
            "On unlike terms (0 and 2 adaptation episodes) on ant-fwd-back: pmeta-rl's personalized policies (111 ± 1) are 171% ahead of pearl's",
        ]
        let places = try sentences.map { try #require(text.range(of: $0)?.lowerBound, "\($0)") }
        #expect(places == places.sorted())
        #expect(report.table("claims")?.rows.contains {
            $0[2].text == "pmeta-rl's personalized policies over pearl's meta-policy, on unlike terms (0 and 2 adaptation episodes)"
        } == true)
    }

    /// The best policy is beside the personalized ones also where the paper does not name it.
    @Test func theSummaryHasTheBestPolicyBesideThePersonalizedOnes() throws {
        let personalized = runs("pmeta-rl", [("personal", 0, 110), ("meta-stored", 0, 60)], on: "ant-fwd-back")
        func text(_ rival: Double) throws -> String {
            try #require(Report.figure4(personalized + runs("sac-per-task", [("personal", 0, rival)], on: "ant-fwd-back")).files["report.md"])
        }
        #expect(try text(221).contains(
            "- Without adaptation episodes, pmeta-rl's personalized policies (111 ± 1) are 50% behind sac-per-task's policy of each task (222 ± 1): a "
                + "significant difference. The paper doesn't compare them.\n"))
        #expect(try !text(70).contains("The paper doesn't compare them"))
        // That personalized policies are ahead of their meta-policy is what the paper says.
        let own = Report.figure4(
            runs("pmeta-rl", [("personal-fresh", 2, 110), ("meta", 2, 60)], on: "ant-fwd-back") + runs("pearl", [("meta", 2, 40)], on: "ant-fwd-back"))
        #expect(own.files["report.md"]?.contains("The paper doesn't compare them") == false)
    }

    /// They are nothing's personalized version.
    @Test func policiesOfEachTaskAreNotCalledPersonalized() throws {
        let report = Report(runs("sac-per-task", [("personal", 0, 70)]) + runs("pearl", [("meta-stored", 0, 45)]))
        #expect(report.table("gain") == nil && report.table("comparison")?.row("sac-per-task", "policy of each task") != nil)
        let text = try #require(report.files["report.md"])
        #expect(text.contains("sac-per-task's policy of each task (71.0 ± 1.0), ahead of") && !text.contains("personalized"))
    }

    @Test func withoutPersonalizedPoliciesThereIsNoGain() {
        let report = Report(FinalRuns.runs("pearl", meta: [1, 2, 3]) + FinalRuns.runs("rl2", meta: [1, 2, 3]))
        #expect(report.table("gain") == nil && report.table("gain-meta") == nil)
        #expect(report.files["tables/gain.csv"] == nil && report.files["report.md"]?.contains("Gain") == false)
    }

    @Test func metaPoliciesAreHeldAgainstOtherAgents() throws {
        let table = try #require(gains([10, 11, 12], pearl: [90, 91, 92]).table("gain-meta"))
        #expect(table.rows.count == 1)
        #expect(table.texts("half-cheetah-dir", "pmeta-rl", "training", "pearl")?.last == "lower")
    }

    @Test func theSummarySaysWhoLeadsAndWhetherThePaperAgrees() throws {
        func summary(_ report: Report) throws -> String {
            let text = try #require(report.files["report.md"])
            let start = try #require(text.range(of: "## Summary"))
            let end = try #require(text.range(of: "## What the paper claims") ?? text.range(of: "## Comparison"))
            return String(text[start.upperBound..<end.lowerBound])
        }
        let behind = try summary(gains([660, 670, 680], pearl: [930, 940, 950]))
        #expect(behind.contains(
            "On half-cheetah-dir:\n\n- Without adaptation episodes: pmeta-rl's personalized policies (670 ± 10).\n"
                + "- After 1 adaptation episode, highest final return: pearl (940 ± 10), "
                + "ahead of pmeta-rl's meta-policy (669 ± 10)."))
        #expect(behind.contains(
            "On unlike terms (0 and 1 adaptation episodes) on half-cheetah-dir: pmeta-rl's personalized policies (670 ± 10) are 29% behind "
                + "pearl (940 ± 10). The paper has them 11.86% ahead: does not agree."))
        #expect(behind.contains("runs of preset laptop"))
        let level = try summary(gains([90, 100, 110], pearl: [95, 105, 100]))
        #expect(level.contains("not significantly different from"))
        #expect(level.contains(": no significant difference; the claimed gain is outside of the interval."))
        // A wide interval has the claimed gain in it.
        let open = try summary(gains([60, 100, 160], pearl: [65, 105, 120]))
        #expect(open.contains(": no significant difference."))
        let few = try summary(gains([90, 100], pearl: [95, 105]))
        #expect(few.contains("too few seeds for a test") && few.contains(": too few seeds."))
        let alone = try summary(Report.figure4(FinalRuns.runs("pmeta-rl", on: "ant-fwd-back", meta: [1, 2, 3], personal: [7, 8, 9])))
        #expect(alone.contains("12.59% ahead of pearl; here: no finished run of pearl.") && !alone.contains("preset laptop"))
        let single = try summary(Report(FinalRuns.runs("rl2", meta: [5])))
        #expect(single.contains("Only rl2 (5.00) has finished runs on half-cheetah-dir."))
    }
}
