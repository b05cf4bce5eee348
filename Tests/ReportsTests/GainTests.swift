import Core
import Environments
import Formats
import Reports
import Runs
import TestEnvironments
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

    /// By hand: seeds' means are equal, whatever their tasks.
    @Test func seedsCountWithAllTheirTasks() throws {
        let gain = Gain([[100, 300], [300, 100]], over: [[100, 100], [100, 100]])
        #expect(gain.relative == 1 && gain.interval == 1...1)
        #expect(gain.probability == 0.75)
    }

    /// By hand: means 150 and 45, squared standard errors 2500 and 25, ratio 10/3. Its own is sqrt(2500 + 25 (10/3)^2) / 45 = 1.17122, with
    /// 1.21953 degrees of freedom, for which t is 8.39379 (SciPy's t.ppf). Of pairs: the differences x - 10/3 y are -100/3 and 100/3.
    @Test func theIntervalIsStudentsOfTheRatio() throws {
        let interval = try #require(Gain([[100, 200]], over: [[40, 50]]).interval)
        let half = 8.39379 * 1.17122
        #expect(abs(interval.lowerBound - (7 / 3 - half)) < 1e-3 && abs(interval.upperBound - (7 / 3 + half)) < 1e-3)
        let paired = try #require(Gain([[100, 200]], pairedWith: [[40, 50]]).interval)
        #expect(abs(paired.upperBound - (7 / 3 + 12.7062047 * 100 / 3 / 45)) < 1e-6)
        #expect(Gain([[100]], over: [[40, 50]]).interval == nil && Gain([[100]], over: [[40, 50]]).probabilityInterval == nil)
        #expect(Gain([[100]], over: [[40, 50]]).order == .tooFew)
    }

    /// Of 95% intervals about 95% have the true gain in them, also with three seeds.
    @Test func theIntervalCoversWithThreeSeeds() {
        var random = RandomStreams(seed: 3)["gains"], covered = 0
        for _ in 0..<300 {
            func returns(_ mean: Double) -> [Double] { (0..<3).map { _ in mean * (1 + 0.1 * Double(random.normal())) } }
            if Gain([returns(120)], over: [returns(100)]).interval?.contains(0.2) == true { covered += 1 }
        }
        #expect((0.91...0.99).contains(Double(covered) / 300), "\(covered)")
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
            #expect(gains(personal, pearl: pearl, on: family).comparison(family, "personal", "pearl")?["agreement"] == verdict)
        }
        let claims = ["half-cheetah-dir": "+11.86%", "ant-fwd-back": "+12.59%", "half-cheetah-vel": "slight", "walker-2d-params": "slight"]
        for (family, claim) in claims {
            #expect(gains([2, 3, 4], pearl: [1, 1, 1], on: family).comparison(family, "personal", "pearl")?["the paper"] == claim)
        }
    }

    @Test func theRowSaysGainProbabilityAndChance() throws {
        let report = gains([-40, -50, -60], pearl: [-100, -100, -100])
        let row = try #require(report.comparison("half-cheetah-dir", "personal", "pearl"))
        #expect(row["adaptation episodes"] == "0" && row["over adaptation episodes"] == "1" && row["gain %"] == "50")
        #expect(row["value"] == "-50" && row["value sd"] == "10" && row["over value"] == "-100" && row["seeds"] == "3")
        #expect(row["probability of improvement"] == "1" && row["p"] == "0.05" && row["test"] == "Mann-Whitney" && row["significance"] == "higher")
        // 4.303 (Student, two degrees of freedom) times 10 / sqrt 3, of 100.
        let low = try #require(row["gain % low"].flatMap { Double($0) }), high = try #require(row["gain % high"].flatMap { Double($0) })
        #expect(abs(low - (50 - 24.843)) < 1e-2 && abs(high - (50 + 24.843)) < 1e-2)
        #expect(report.comparison("half-cheetah-dir", "personal", "pmeta-rl")?["test"] == "Wilcoxon")
    }

    /// By hand: two policies of the same five runs, ahead in four of them and a little behind in one. Of independent seeds that would be significant
    /// (ranks 10, 9, 8, 7 and 3 of ten: p 0.016); of their differences only the smallest is negative, 2 of 32 ways.
    @Test func policiesOfTheSameRunsAreComparedSeedBySeed() throws {
        let meta = [100.0, 110, 120, 130, 140], personal = [170.0, 200, 190, 180, 139]
        let own = gains(personal, pearl: [1, 2, 3, 4, 5]).comparison("half-cheetah-dir", "personal", "pmeta-rl")
        #expect(own?["significance"] == "higher", "all are one higher than the meta-policy")
        let runs = FinalRuns.runs("pmeta-rl", meta: meta, personal: personal), report = Report.figure4(runs)
        let row = try #require(report.comparison("half-cheetah-dir", "personal", "pmeta-rl"))
        #expect(row["p"] == "0.0625" && row["test"] == "Wilcoxon" && row["agreement"] == "no significant difference")
        #expect(RankTest(personal, against: meta).pAbove < 0.05)
        // The same values of two agents are of independent seeds.
        let apart = Report.figure4(FinalRuns.runs("pmeta-rl", meta: personal, personal: personal) + FinalRuns.runs("pearl", meta: meta))
        #expect(apart.comparison("half-cheetah-dir", "personal", "pearl")?["test"] == "Mann-Whitney")
        #expect(apart.comparison("half-cheetah-dir", "personal", "pearl")?["significance"] == "higher")
        let text = try #require(report.files["report.md"])
        #expect(text.contains("Significant: by Wilcoxon's exact signed-rank test on the seeds' differences, for pairs of seeds (two policies of the same runs"))
        #expect(try #require(apart.files["report.md"]).contains("mean returns; for pairs of seeds (two policies of the same runs"))
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

    @Test func pairsOnUnlikeTermsComeLastAndOnlyWhereAClaimNamesThem() throws {
        let own: [(String, Int, Double)] = [("personal", 0, 100), ("personal-fresh", 2, 90), ("meta", 2, 50), ("meta-stored", 0, 60)]
        let all = { family in
            runs("pmeta-rl", own, on: family) + runs("pearl", [("meta", 2, 40), ("meta-stored", 0, 45)], on: family)
                + runs("promp", [("meta", 20, 30), ("meta-k2", 2, 20)], on: family) + runs("sac-per-task", [("personal", 0, 70)], on: family)
        }
        func rows(_ report: Report) throws -> [[String]] { try #require(report.table("pairs")).rows.map { $0.prefix(3).map(\.text) } }
        let plain = Report(all("family-of-mine"))
        let (known, fresh) = ("pmeta-rl's personalized policies", "pmeta-rl's personalized policies, z from fresh context")
        let others = [
            ["pmeta-rl's meta-policy, z from stored context", "0", "pearl's meta-policy, z from stored context"],
            ["pmeta-rl's meta-policy", "2", "pearl's meta-policy"], ["pmeta-rl's meta-policy", "2", "promp's meta-policy"],
        ]
        #expect(try rows(plain) == [
            [known, "0", "pearl's meta-policy, z from stored context"], [known, "0", "sac-per-task's policy of each task"],
            [known, "0", "its meta-policy, z from stored context"], [fresh, "2", "pearl's meta-policy"],
            [fresh, "2", "promp's meta-policy"], [fresh, "2", "its meta-policy"],
        ] + others)
        #expect(plain.table("pairs")?.columns.map(\.title) == ["policy", "adaptation episodes", "over", "family-of-mine"])
        #expect(plain.table("comparisons")?.rows.count == 9)
        // Figure 4 names PEARL and ProMP after 20 episodes, and not sac-per-task, which comes after what it names.
        let claimed = Report.figure4(all("walker-2d-params")), table = try #require(claimed.table("pairs"))
        #expect(try rows(claimed).prefix(3).map { $0[2] } == [
            "pearl's meta-policy, z from stored context", "its meta-policy, z from stored context", "sac-per-task's policy of each task",
        ])
        #expect(table.row(known, "0", "pearl's meta-policy, z from stored context")?[3].text == "slight")
        #expect(table.row(known, "0", "sac-per-task's policy of each task")?[3].text == "–")
        let unlike = try #require(claimed.table("comparisons")).rows.filter { $0[5].text != $0[11].text }.map { "\($0[5].text) \($0[11].text)" }
        #expect(unlike == ["0 2", "0 20", "0 2", "2 20"])
        #expect(try rows(claimed).suffix(5).map { $0[1] } == ["2", "0 and 2", "0 and 20", "0 and 2", "2 and 20"])
        #expect(try rows(plain).allSatisfy { !$0[1].contains("and") })
    }

    /// Bold where significant, a mark where the paper says something, and another where the other has not learned.
    @Test func aCellSaysWhetherThePaperAgreesAndWhetherTheOtherLearned() throws {
        func cell(_ personal: [Double], _ meta: [Double], before: Double? = nil) throws -> Table.Cell {
            var all = FinalRuns.runs("pmeta-rl", on: "ant-fwd-back", meta: meta, personal: personal)
            for run in all.indices {
                let last = all[run].evaluations.filter { $0.phase == .evaluation }
                let first = last.map { row in
                    var early = row.with(.episodeReturn, before ?? 0)
                    (early.step, early.spent) = (0, 0)
                    return early
                }
                all[run].evaluations = (before == nil ? [] : first) + last
            }
            let row = try #require(Report.figure4(all).table("pairs")?.rows.first { $0[2].text == "its meta-policy" })
            return row[4]
        }
        let ahead = try cell([20, 21, 22, 23, 24], [10, 11, 12, 13, 14])
        #expect(ahead.text.hasPrefix("+83 [") && ahead.text.hasSuffix("] ✓") && ahead.isBest)
        let behind = try cell([10, 11, 12, 13, 14], [20, 21, 22, 23, 24])
        #expect(behind.text.hasPrefix("−45 [") && behind.text.hasSuffix("] ✗") && behind.isBest)
        let open = try cell([10, 21, 12, 13, 14], [11, 12, 13, 14, 15])
        #expect(open.text.hasSuffix("]") && !open.isBest)
        #expect(try cell([20, 21, 22, 23], [10, 11, 12, 13]).text.hasSuffix("] ?"))
        #expect(try cell([20, 21, 22, 23, 24], [10, 11, 12, 13, 14], before: 15).text.hasSuffix("] ✓°"))
        #expect(try cell([20, 21, 22, 23, 24], [10, 11, 12, 13, 14], before: 1).text.hasSuffix("] ✓"))
    }

    /// Variants of one agent are compared with each other, and with those of another that vary alike, once each.
    @Test func variantsAreComparedWithTheirLikes() throws {
        var all: [RunRecord] = []
        for (base, level) in [("pmeta-rl", 100.0), ("pearl", 50)] {
            for (variant, more) in [("precision=float32", 0.0), ("precision=bfloat16", 5)] {
                let meta = [0, 1, 2].map { level + more + $0 }
                var own = FinalRuns.runs("\(base) \(variant)", meta: meta, personal: base == "pmeta-rl" ? meta : [])
                for index in own.indices {
                    own[index].baseAgent = base
                    own[index].evaluations.removeAll { $0.phase == .adaptation }
                }
                all += own
            }
        }
        let rows = try #require(Report(all).table("comparisons")).rows.map { [$0[2], $0[3], $0[8], $0[9]].map(\.text).joined(separator: " ") }
        func has(_ own: String, _ other: String) -> Bool { rows.contains("\(own) personal \(other) meta") }
        #expect(has("pmeta-rl precision=bfloat16", "pearl precision=bfloat16") && !has("pmeta-rl precision=bfloat16", "pearl precision=float32"))
        let variants = rows.filter { $0.components(separatedBy: "pmeta-rl").count == 3 && $0.contains("float32") && $0.contains("bfloat16") }
        #expect(variants.map { $0.components(separatedBy: "personal").count }.sorted() == [1, 3], "\(variants)")  // personal with personal, meta with meta
        #expect(Set(rows).count == rows.count)
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
        ]
        let places = try sentences.map { try #require(text.range(of: $0)?.lowerBound, "\($0)") }
        #expect(text.contains("## Summary\n\n5 claims about two policies on like terms, counted family by family. Too few seeds: 2; agrees: 1; agrees in order, not in size: 1; does not agree: 1. "))
        #expect(text.contains("2 claims about two policies on unlike terms, where one policy knows its task from training or adapts for longer, counted "))
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
                + "significant difference. The claims that are checked here do not compare them.\n"))
        #expect(try !text(70).contains("do not compare them"))
        // That personalized policies are ahead of their meta-policy is what the paper says.
        let own = Report.figure4(
            runs("pmeta-rl", [("personal-fresh", 2, 110), ("meta", 2, 60)], on: "ant-fwd-back") + runs("pearl", [("meta", 2, 40)], on: "ant-fwd-back"))
        #expect(own.files["report.md"]?.contains("do not compare them") == false)
    }

    /// They are nothing's personalized version.
    @Test func policiesOfEachTaskAreNotCalledPersonalized() throws {
        let report = Report(runs("sac-per-task", [("personal", 0, 70)]) + runs("pearl", [("meta-stored", 0, 45)]))
        #expect(report.table("pairs") == nil && report.table("comparison")?.row("sac-per-task", "policy of each task") != nil)
        let text = try #require(report.files["report.md"])
        #expect(text.contains("sac-per-task's policy of each task (71.0 ± 1.0), ahead of") && !text.contains("personalized"))
    }

    @Test func withoutPersonalizedPoliciesThereIsNoGain() {
        let report = Report(FinalRuns.runs("pearl", meta: [1, 2, 3]) + FinalRuns.runs("rl2", meta: [1, 2, 3]))
        #expect(report.table("pairs") == nil && report.table("comparisons") == nil)
        #expect(report.files["tables/pairs.csv"] == nil && report.files["report.md"]?.contains("Policies compared") == false)
    }

    @Test func metaPoliciesAreHeldAgainstOtherAgents() throws {
        let row = try #require(gains([10, 11, 12], pearl: [90, 91, 92]).comparison("half-cheetah-dir", "meta", "pearl"))
        #expect(row["significance"] == "lower" && row["tasks"] == "training")
    }

    @Test func theSummarySaysWhoLeadsAndWhetherThePaperAgrees() throws {
        func summary(_ report: Report) throws -> String {
            let text = try #require(report.files["report.md"])
            let start = try #require(text.range(of: "## Summary"))
            let end = try #require(text.range(of: "## Comparison"))
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
        let level = try summary(gains([98, 100, 102], pearl: [99, 101, 100]))
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
        #expect(single.contains("Only rl2 (5.00) has finished runs that count on half-cheetah-dir."))
    }

    /// The preset `paper` has the paper's size, but not every run with it.
    @Test(arguments: [(400_000, true), (2_400_000, false)]) func runsOfThePapersPresetMayBeShorterThanIts(steps: Int, isShorter: Bool) throws {
        var runs = FinalRuns.runs("pmeta-rl", meta: [98, 100, 102], personal: [98, 100, 102]) + FinalRuns.runs("pearl", meta: [99, 101, 100])
        for index in runs.indices { (runs[index].preset, runs[index].totalSteps) = ("paper", steps) }
        let report = try Report(
            runs, claims: [ExperimentClaims(contentsOf: assetsFolder.path + "/experiments/fig4.yaml")],
            budgets: Budgets(contentsOf: assetsFolder.path + "/budgets.yaml"), page: PageFiles(assets: assetsFolder.path))
        let text = try #require(report.files["report.md"])
        #expect(text.contains("half-cheetah-dir: runs of 400,000 steps, where preset paper has 2,400,000.") == isShorter)
        #expect(text.contains("Runs (half-cheetah-dir) are shorter than the paper's;") == isShorter && !text.contains("These are runs of preset"))
    }

    @Test func agentsWithAnotherLengthAreNamedWhereNotAllHaveIt() throws {
        func cautions(_ runs: [RunRecord]) throws -> [String] {
            let budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
            return try Report(runs, budgets: budgets, page: PageFiles(assets: assetsFolder.path)).document.cautions.filter { $0.contains("where preset") }
        }
        var runs = FinalRuns.runs("rl2", meta: [1, 2]) + FinalRuns.runs("pearl", meta: [1, 2])
        for index in runs.indices { runs[index].totalSteps = index < 2 ? 400_000 : 900_000 }
        #expect(try cautions(runs) == ["pearl on half-cheetah-dir: runs of 900,000 steps, where preset laptop has 400,000."])
        // The name of a variant of a family, which has the length of the family that it is a variant of.
        for index in runs.indices { runs[index].family = "80 goals" }
        #expect(try cautions(runs).isEmpty)
    }
}

extension Report {
    /// The line of comparisons.csv of one of pmeta-rl's policies and another agent's only one.
    fileprivate func comparison(_ family: String, _ policy: String, _ over: String) -> [String: String]? {
        guard let text = files["tables/comparisons.csv"], let csv = try? CSV(text, file: "comparisons.csv") else { return nil }
        return csv.rows.map { Dictionary(zip(csv.header, $0)) { first, _ in first } }.first {
            $0["family"] == family && $0["agent"] == "pmeta-rl" && $0["policy"] == policy && $0["over agent"] == over
        }
    }
}
