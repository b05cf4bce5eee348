import Core
import Foundation
import Reports
import Runs
import TestEnvironments
import Testing

@Suite struct ClaimTests {
    private static let head = "claims:\n  paper: Somebody, Something\n  items:\n"

    private func claims(_ items: String, names: PaperClaims.Names? = nil) throws -> PaperClaims {
        let root = try ConfigurationValue(yaml: Self.head + items, origin: .file("x.yaml"))
        return try PaperClaims(try #require(root["claims"]), file: "x.yaml", names: names, presets: ["paper"])
    }

    private func rows(_ items: String, _ runs: [RunRecord]) throws -> [[String]] {
        let report = ReportDocument(Comparison(runs), claims: [try claims(items)])
        return report.tables.first { $0.name == "claims" }?.rows.map { $0.map(\.text) } ?? []
    }

    /// Tables IV and V of the first paper, and its orders, fit the form.
    @Test func numbersOrdersAndLeadsAreRead() throws {
        let found = try claims("""
                - source: Table V
                  families: [cart-pole]
                  statistic: best
                  numbers: {dqn-per-task/personal: 198.05 ± 1.03, dqn-per-task/cross: 169.20+-2.89, pmeta-dqn: 192.54}
                - source: Table IV
                  families: [mountain-car]
                  statistic: lastFive
                  settings: {proximalWeight: 5}
                  numbers: {pmeta-dqn/personal: −93.05 ± 1.07}
                - source: Figure 2
                  note: For lambda 10.
                  order: [pmeta-q/personal, pmeta-q, q-averaging]
                - source: Figure 4
                  tasks: test
                  metric: l1
                  lead: pmeta-rl/personal-stored
                  over: {pearl: 12.59 %, rl2/meta on train: slight, promp: level}
            """)
        #expect(found.paper == "Somebody, Something" && found.preset == nil && found.claims.count == 4)
        #expect(found.claims[0].statement == .numbers([
            .init(policy: .init(agent: "dqn-per-task", policy: "personal"), number: .init(198.05, deviation: 1.03)),
            .init(policy: .init(agent: "dqn-per-task", policy: "cross"), number: .init(169.2, deviation: 2.89)),
            .init(policy: .init(agent: "pmeta-dqn"), number: .init(192.54)),
        ]))
        #expect(found.claims[0].statistic == .best && found.claims[0].families == ["cart-pole"])
        #expect(found.claims[1].settings == ["proximalWeight": "5"] && found.claims[1].statistic == .lastFive)
        #expect(found.claims[1].statement == .numbers([
            .init(policy: .init(agent: "pmeta-dqn", policy: "personal"), number: .init(-93.05, deviation: 1.07)),
        ]))
        #expect(found.claims[2].statement == .order([
            .init(agent: "pmeta-q", policy: "personal"), .init(agent: "pmeta-q"), .init(agent: "q-averaging"),
        ]))
        #expect(found.claims[3].set == .test && found.claims[3].metric == "l1")
        #expect(found.claims[3].statement == .lead(.init(agent: "pmeta-rl", policy: "personal-stored"), over: [
            .init(other: .init(agent: "pearl"), size: .percent(12.59)), .init(other: .init(agent: "rl2", set: .train), size: .slight),
            .init(other: .init(agent: "promp"), size: .level),
        ]))
    }

    @Test(arguments: [
        ("    - sorce: F\n      order: [a, b]\n", "x.yaml, line 4: key 'claims.items.0.sorce': unknown key 'sorce'; did you mean 'source'?"),
        ("    - source: F\n", "exactly one of the keys lead, order, numbers expected, found none"),
        ("    - source: F\n      order: [pearl, rl2]\n      lead: pearl\n", "found lead and order"),
        ("    - source: F\n      order: [pearl, rl2]\n      over: pearl\n", "line 6: key 'claims.items.0.over': 'over' belongs to 'lead'"),
        ("    - order: [pearl, rl2]\n", "the key 'source' is missing"),
        ("    - source: F\n      lead: pearl\n", "the key 'over' is missing"),
        ("    - source: F\n      order: [pearl]\n", "at least two policies expected"),
        (
            "    - source: F\n      order: [perl, rl2]\n",
            "line 5: key 'claims.items.0.order': unknown agent 'perl'; did you mean 'pearl'? Known agents: pearl, rl2"
        ),
        ("    - source: F\n      families: [fam]\n      order: [pearl, rl2]\n", "unknown family 'fam'; did you mean 'family'?"),
        ("    - source: F\n      lead: pearl\n      over: {rl2: slightly}\n", "line 6: key 'claims.items.0.over.rl2': 'higher', 'slight', 'level'"),
        (
            "    - source: F\n      numbers: {pearl: much}\n",
            "line 5: key 'claims.items.0.numbers.pearl': a number such as 197.13 ± 0.45 expected, found 'much'"
        ),
        ("    - source: F\n      numbers: {pearl: 1 ± -2}\n", "a number such as"),
        ("    - source: F\n      numbers: []\n", "a mapping of policies to numbers"),
        ("    - source: F\n      tasks: tests\n      order: [pearl, rl2]\n", "did you mean 'test'?"),
        ("    - source: F\n      statistic: bset\n      order: [pearl, rl2]\n", "did you mean 'best'?"),
        ("    - source: F\n      order: [pearl on tset, rl2]\n", "unknown task set 'tset'; did you mean 'test'?"),
        ("    - source: F\n      order: [pearl/, rl2]\n", "a policy such as pmeta-rl/personal expected"),
        (
            "    - source: F\n      order: [pearl, rl2]\n  readings: {perl: [latentSize]}\n",
            "line 6: key 'claims.readings.perl': unknown agent 'perl'; did you mean 'pearl'?"
        ),
        (
            "    - source: F\n      order: [pearl, rl2]\n  readings: {pearl: [latentsize]}\n",
            "line 6: key 'claims.readings.pearl': unknown setting of pearl 'latentsize'; did you mean 'latentSize'?"
        ),
        ("    - source: F\n      order: [pearl, rl2]\n  readings: [latentSize]\n", "a mapping of agents to lists of their settings expected"),
        ("    - source: F\n      lead: pearl\n      over: {rl2: -10 %}\n", "more than 0 % expected, found '-10 %'"),
        ("    - 7\n", "a mapping of keys expected"), ("    - source: F\n      lead: [pearl]\n      over: rl2\n", "a word expected"),
    ])
    func whatIsWrongIsNamedWithTheNearestChoice(items: String, message: String) {
        let names = PaperClaims.Names(settings: ["pearl": ["latentSize"], "rl2": []], families: ["family"])
        #expect { try claims(items, names: names) } throws: { error in
            "\(error)".contains(message) && (error as? ConfigurationError)?.exitCode == 65 ? true : { print(error); return false }()
        }
    }

    @Test func aNumberAgreesWhereTheIntervalsMeet() throws {
        // Mean 100, deviation 1: Student's interval of three seeds is 100 ± 2.48.
        let runs = FinalRuns.runs("pearl", on: "f", meta: [99, 100, 101])
        func judged(_ number: String) throws -> [String] {
            try #require(try rows("    - source: T\n      numbers: {pearl: \(number)}\n", runs).first)
        }
        #expect(try judged("102") == ["T", "f", "pearl", "102", "100 ± 1", "agrees", "−2; our mean's 95% interval 98 to 102"])
        #expect(try judged("103")[5] == "worse than the paper" && judged("103 ± 0.6")[5] == "agrees")
        #expect(try judged("90.25 ± 1.5")[3] == "90.25 ± 1.5" && judged("90.25 ± 1.5")[5] == "better than the paper")
        let missing = try rows("    - source: T\n      numbers: {rl2/cross: 1}\n", runs).first
        #expect(missing?[2...] == ["rl2's cross", "1", "–", "no finished run of rl2", "–"])
        let single = FinalRuns.runs("pearl", on: "f", meta: [99])
        #expect(try rows("    - source: T\n      numbers: {pearl: 99}\n", single).first?[5] == "too few seeds")
    }

    @Test func aPolicyThatRunsLackIsToldFromRunsThatAreMissing() throws {
        let runs = FinalRuns.runs("a", on: "f", meta: [30, 31, 32], personal: [1, 2, 3]) + FinalRuns.runs("b", on: "f", meta: [20, 21, 22])
        func judged(_ claim: String) throws -> String? { try rows("    - source: F\n      \(claim)\n", runs).first?[5] }
        #expect(try judged("lead: a/personal-fresh\n      over: b") == "a's runs have no policy 'personal-fresh'; they have 'meta' and 'personal'")
        #expect(try judged("lead: a\n      over: b/meta-k2") == "b's runs have no policy 'meta-k2'; they have 'meta'")
        #expect(try judged("lead: a\n      over: b on test") == "b's runs have no return of 'meta' on unseen tasks")
        #expect(try judged("lead: a\n      over: c/meta-k2") == "no finished run of c")
        #expect(try judged("order: [a, b/average]") == "b's runs have no policy 'average'; they have 'meta'")
        #expect(try judged("numbers: {b/personal: 3}") == "b's runs have no policy 'personal'; they have 'meta'")
    }

    /// With one seed there is no interval.
    @Test func aGainIsInPerCent() throws {
        func ours(_ seeds: Int) throws -> String? {
            let runs = FinalRuns.runs("a", on: "f", meta: Array(repeating: 30, count: seeds))
                + FinalRuns.runs("b", on: "f", meta: Array(repeating: 20, count: seeds))
            return try rows("    - source: F\n      lead: a\n      over: b\n", runs).first?[4]
        }
        #expect(try ours(1) == "+50%; 30.0 against 20.0")
        #expect(try ours(2) == "+50% [+50, +50]; 30.0 ± 0.0 against 20.0 ± 0.0")
    }

    @Test func anOrderIsJudgedPairByPair() throws {
        let runs = FinalRuns.runs("a", on: "f", meta: [30, 31, 32]) + FinalRuns.runs("b", on: "f", meta: [20, 21, 22])
            + FinalRuns.runs("c", on: "f", meta: [21, 20, 22])
        func judged(_ order: String) throws -> [String]? { try rows("    - source: F\n      order: [\(order)]\n", runs).first }
        #expect(try judged("a, b") == ["F", "f", "a, then b", "in this order", "31.0 ± 1.0, 21.0 ± 1.0", "agrees", "p 0.050 (Mann-Whitney)"])
        #expect(try judged("a, b, c")?[5] == "no significant difference: b before c")
        #expect(try judged("b, a, c")?[5] == "does not agree: b before a")
        #expect(try judged("c, b, a")?[5] == "does not agree: b before a")
        #expect(try judged("a, d")?[5] == "no finished run of d")
    }

    /// Of two variants the one that can be compared with the other policy.
    @Test func anOrderTakesTheVariantsThatCanBeCompared() throws {
        var shorter = FinalRuns.runs("a", on: "f", meta: [10, 11, 12])
        for index in shorter.indices { shorter[index].preset = "quick" }
        let runs = shorter + FinalRuns.runs("a", on: "f", meta: [30, 31, 32]) + FinalRuns.runs("b", on: "f", meta: [20, 21, 22])
        let found = try rows("    - source: F\n      order: [a, b]\n", runs)
        #expect(found.count == 1 && found[0][4] == "31.0 ± 1.0, 21.0 ± 1.0" && found[0][5] == "agrees", "\(found)")
        for index in shorter.indices { shorter[index].totalSteps = 9 }
        let none = try rows("    - source: F\n      order: [a, b]\n", shorter + FinalRuns.runs("b", on: "f", meta: [20, 21, 22]))
        #expect(none.count == 1 && none[0][5].hasPrefix("not compared"), "\(none)")
        // Variants that differ in a setting could all be compared, but an agent's policies are of the same runs.
        let settings = ["5", "20"].flatMap { weight in
            FinalRuns.runs("a", on: "f", meta: [1, 2, 3], personal: [11, 12, 13]).map { run in
                var run = run
                run.settings = ["proximalWeight": weight]
                return run
            }
        }
        let own = try rows("    - source: F\n      order: [a/personal, a]\n", settings)
        #expect(own.map { $0[2] } == ["a", "b"].map { "a (\($0))'s personalized policies, then a (\($0))'s meta-policy" }, "\(own)")
    }

    @Test func smallNumbersKeepTheirDigits() throws {
        let runs = FinalRuns.runs("a", on: "f", meta: [0.00027, 0.0003, 0.00033])
        let row = try #require(try rows("    - source: T\n      numbers: {a: 0.0009 ± 0.0001}\n", runs).first)
        #expect(row[4] == "0.00030 ± 0.00003" && row[6] == "−0.00060; our mean's 95% interval 0.00023 to 0.00037", "\(row)")
        func ours(_ values: [Double]) throws -> String? {
            try rows("    - source: T\n      numbers: {a: 1}\n", FinalRuns.runs("a", on: "f", meta: values)).first?[4]
        }
        #expect(try ours([0.0648, 0.0663, 0.0678]) == "0.0663 ± 0.0015" && ours([-0.02, 0.02, 0.06]) == "0.02 ± 0.04")
        #expect(try ours([0.05]) == "0.050" && ours([0, 0, 0]) == "0 ± 0" && ours([1e-9, 2e-9, 3e-9]) == "0.00 ± 0.00")
    }

    @Test func theBestAndTheLastFiveEvaluationsCanBeClaimed() throws {
        var runs = (0..<3).map { seed in
            var run = RunRecord(family: "f", agent: "a", seed: UInt64(seed), state: .finished, steps: 800, totalSteps: 800)
            for (mark, value) in [0.0, 9, 1, 2, 3, 4, 5, 6].enumerated() {
                run.evaluations.append(MetricRecord(
                    step: 100 * (mark + 1), taskSet: .train, task: "t", policy: "meta", phase: .evaluation, episode: 0, value: value))
            }
            return run
        }
        func ours(_ statistic: String) throws -> [String]? {
            try rows("    - source: T\n      statistic: \(statistic)\n      numbers: {a: 4}\n", runs).first.map { [$0[2], $0[4]] }
        }
        #expect(try ours("final") == ["a", "6.00 ± 0.00"])
        #expect(try ours("best") == ["a: best evaluation", "9.00 ± 0.00"])
        #expect(try ours("lastFive") == ["a: mean of the last five evaluations", "4.00 ± 0.00"])
        // Over the rounds: all evaluations but one before training, which no round has. Numbers of samples have none there.
        #expect(try ours("mean")?[1] == "3.75 ± 0.00")
        for index in runs.indices {
            runs[index].evaluations.append(MetricRecord(
                step: 0, taskSet: .train, task: "t", policy: "meta", phase: .evaluation, episode: 0, value: 100))
        }
        #expect(try ours("mean")?[1] == "3.75 ± 0.00")
    }

    @Test func settingsTellVariantsApart() throws {
        var runs = FinalRuns.runs("a", on: "f", meta: [1, 2, 3])
        var others = FinalRuns.runs("a", on: "f", meta: [11, 12, 13])
        for index in runs.indices { (runs[index].settings, others[index].settings) = (["proximalWeight": "5"], ["proximalWeight": "20"]) }
        let row = try rows("    - source: T\n      settings: {proximalWeight: 20}\n      numbers: {a: 12}\n", runs + others)
        #expect(row.map { $0[2] } == ["a (a): proximalWeight 20"] && row.first?[4] == "12.0 ± 1.0")
        // Variants of a grid have names of their own.
        for index in runs.indices { (runs[index].agent, others[index].agent) = ("a proximalWeight=5", "a proximalWeight=20") }
        let named = try rows("    - source: T\n      settings: {proximalWeight: 20}\n      numbers: {a: 12}\n", runs + others)
        #expect(named.map { $0[2] } == ["a proximalWeight=20: proximalWeight 20"] && named.first?[4] == "12.0 ± 1.0")
    }

    /// Runs of two lengths: each is compared with what has its length, and its personalized policies with its own meta-policy.
    @Test func variantsAreJudgedBesideThoseOfTheirOwnLength() throws {
        let runs = [1000, 2000].flatMap { steps in
            FinalRuns.runs("a", on: "f", meta: [1, 2, 3], personal: [11, 12, 13], steps: steps) + FinalRuns.runs("b", on: "f", meta: [4, 5, 6], steps: steps)
        } + FinalRuns.runs("c", on: "f", meta: [7, 8, 9], steps: 1000)
            + [3000, 4000].flatMap { FinalRuns.runs("d", on: "f", meta: [7, 8, 9], steps: $0) }
        let items = """
                - source: F
                  lead: a/personal
                  over: {b: 20 %, c: higher, a: higher, d: 30 %}
                - source: G
                  lead: b
                  over: {a: higher}
            """
        let found = try rows(items, runs), name = "a (a)'s personalized policies over "
        let policies = found.map { $0[2].split(separator: ",")[0].replacing("personalized policies over ", with: "") }
        #expect(policies == [
            "a (a)'s b (a)", "a (b)'s b (b)", "a (a)'s c", "a (b)'s c", "a (a)'s a (a)'s meta-policy", "a (b)'s a (b)'s meta-policy",
            "a (a)'s d (a)", "a (a)'s d (b)", "a (b)'s d (a)", "a (b)'s d (b)", "b (a) over a (a)'s meta-policy", "b (b) over a (b)'s meta-policy",
        ], "\(found)")
        #expect(found.filter { $0[5].hasPrefix("not compared: different steps") }.map { $0[2].hasPrefix(name) } == [false, true, true, false, false])
        let document = ReportDocument(Comparison(runs), claims: [try claims(items)])
        let summary = try #require(document.sections.first { $0.title == "Summary" }).blocks
        let sentences = summary.flatMap { block -> [String] in if case .list(let items) = block { items } else { [] } }
        #expect(sentences.contains { $0.contains("ahead of d (a); here: not compared: different steps (1,000 / 3,000)") }, "\(sentences)")
        // What no paper compares, here meta-policies on like terms, too, and whichever of the two a paper has first.
        for items in [items, "    - source: F\n      lead: a/personal\n      over: {b: higher}\n"] {
            let pairs = ReportDocument(Comparison(runs), claims: [try claims(items)]).tables.first { $0.name == "pairs" }
            let rows = pairs?.rows.map { $0.map(\.text).joined(separator: " ") } ?? []
            #expect(rows.contains { $0.contains("a (a)'s meta-policy") && $0.contains("b (a)") }, "\(rows)")
            #expect(!rows.contains { $0.contains("(a)") && $0.contains("b (b)") || $0.contains("(b)") && $0.contains("b (a)") }, "\(rows)")
        }
    }

    @Test func whyAClaimDiffersStandsBelowThePairs() throws {
        let low = FinalRuns.runs("a", on: "f", meta: [1, 2, 3]), high = FinalRuns.runs("b", on: "f", meta: [11, 12, 13])
        func remarks(_ lead: String, _ other: String) throws -> [String] {
            let claims = try claims("    - source: F\n      lead: \(lead)\n      over: {\(other): higher}\n      reason: It is small.\n")
            return ReportDocument(Comparison(low + high), claims: [claims]).tables.first { $0.name == "pairs" }?.remarks ?? []
        }
        #expect(try remarks("a", "b").last == "F, f, why it differs: It is small.")
        #expect(try remarks("b", "a").allSatisfy { !$0.contains("why it differs") } && !remarks("b", "a").isEmpty)
    }

    /// d is about 5% behind in every seed, which is significant, but never by more than 10%.
    @Test func levelPoliciesAgreeWhereTheGainIsSurelySmall() throws {
        let runs = FinalRuns.runs("a", on: "f", meta: [100, 101, 102]) + FinalRuns.runs("b", on: "f", meta: [70, 140, 101])
            + FinalRuns.runs("c", on: "f", meta: [1, 2, 3]) + FinalRuns.runs("d", on: "f", meta: [95, 95.5, 96])
            + FinalRuns.runs("e", on: "f", meta: [99, 103, 101]) + FinalRuns.runs("g", on: "f", meta: [-99, 103, 101])
            + FinalRuns.runs("h", on: "f", meta: [100, 101])
        let found = try rows(
            "    - source: F\n      lead: a\n      over: {b: level, c: level, d: level, e: level, g: level, h: level}\n", runs).map { $0[5] }
        let open = "no significant difference; too few seeds to call them level"
        #expect(found == [open, "does not agree", "agrees", "agrees", open, "too few seeds"])
    }

    /// By hand: 4.303 (Student, two degrees of freedom) times 1 / sqrt 3.
    @Test func theMeansIntervalIsStudents() throws {
        let interval = try #require(Statistics.meanInterval([99, 100, 101]))
        #expect(abs(interval.upperBound - 102.4844) < 1e-3 && abs(interval.lowerBound - 97.5156) < 1e-3)
        #expect(Statistics.meanInterval([1]) == nil && Statistics.meanInterval([1, .nan]) == nil)
        // SciPy's t.ppf: of whole and other degrees of freedom, which few seeds with unequal spread have.
        for (share, freedom, quantile) in [
            (0.975, 1, 12.70620474), (0.975, 1.5, 6.01666310), (0.975, 2.5, 3.57465484), (0.975, 29.5, 2.04372497), (0.975, 1000, 1.96233908),
            (0.95, 2, 2.91998558), (0.95, 4, 2.13184679),
        ] {
            #expect(abs(StudentT.quantile(share, freedom: freedom) - quantile) < 1e-7, "\(share) \(freedom)")
        }
        // SciPy's t.ppf(0.975, 30), (…, 60): with standard error 1 the half width of the interval.
        for (freedom, quantile) in [(30, 2.04227), (60, 2.00030)] {
            let root = Double(freedom + 1).squareRoot()
            let values = (0...freedom).map { $0 == 0 ? 0 : $0.isMultiple(of: 2) ? root : -root }
            let found = try #require(Statistics.meanInterval(values))
            #expect(abs((found.upperBound - found.lowerBound) / 2 - quantile) < 2e-4, "\(freedom)")
        }
    }

    /// Runs of fig4 find its claims and those of fig6, which looks at the same runs; so do quick runs in a folder of their own.
    @Test func claimsAreFoundByTheExperimentsName() throws {
        func experiments(_ name: String, preset: String) throws -> [String] {
            var run = FinalRuns.run("pearl", seed: 1, .init(meta: ["a": 1]), preset: preset)
            run.experiment = name
            return try ReportInput.claims([], [run], assets: assetsFolder.path).map(\.experiment)
        }
        #expect(try experiments("fig4", preset: "paper") == ["fig4", "fig6"])
        #expect(try experiments("fig4-quick", preset: "quick") == ["fig4", "fig6"])
        #expect(try experiments("fig6", preset: "paper") == ["fig6"])
        #expect(try experiments("train", preset: "paper") == [] && experiments("", preset: "paper") == [])
    }

    @Test func aDamagedClaimsFileIsNamed() throws {
        let folder = try TemporaryFolder(), report = Report.figure4(FinalRuns.runs("pearl", meta: [1, 2, 3]))
        try report.write(to: folder.url)
        let file = folder.url.appendingPathComponent("claims.yaml"), text = try String(contentsOf: file, encoding: .utf8)
        let runs = try ReportInput.read([folder.url.path])
        #expect(Report(runs, claims: try ReportInput.claims([folder.url.path], runs, assets: "/nowhere")).files == report.files)
        for (old, new, message) in [
            ("12.59 %", "much", "'higher', 'slight', 'level'"), ("fig4:", "fig4: [", "not valid YAML"), ("lead:", "laed:", "did you mean 'lead'?"),
        ] {
            try text.replacingOccurrences(of: old, with: new).write(to: file, atomically: true, encoding: .utf8)
            #expect { try ReportInput.claims([folder.url.path], runs, assets: "/nowhere") } throws: { error in
                "\(error)".contains("claims.yaml") && "\(error)".contains(message) && exitCode(of: error) == 65
            }
        }
    }
}
