import Agents
import Core
import Environments
import Foundation
import Runs
import TestEnvironments
import Testing

@Suite struct ConfigurationTests {
    private struct Sample: Codable, Equatable {
        var text: String
        var tiny: Float
        var third: Double
        var big: UInt64
        var flag: Bool
        var missing: Int?
        var lists: [[Int]]
        var named: [String: [Double]]
        var rows: [TaskDescription]
    }

    @Test(arguments: [
        "plain", "", "null", "true", "12", "a: b # c", "- x", "\"quoted\" \\ back", "two\nlines\tand tab", "1e5", "Grüße", "...", "-", "\u{1}",
    ])
    func anyValueSurvivesWritingAndReading(text: String) throws {
        let sample = Sample(
            text: text, tiny: .leastNonzeroMagnitude, third: 1 / 3, big: .max, flag: true, missing: nil, lists: [[1, 2], [], [3]],
            named: ["b": [0.1], "a": [], text: [2]],
            rows: [TaskDescription(name: text, parameters: ["mass": [1.5, 2]]), TaskDescription(name: "x", parameters: [:])])
        let yaml = try ConfigurationValue(encoding: sample).yaml
        let read = try ConfigurationValue(yaml: yaml, origin: .program).decode(Sample.self, origin: .program)
        #expect(read == sample, "\(yaml)")
    }

    @Test func runConfigurationReadsBackTheSame() throws {
        let folder = try TemporaryFolder()
        var configuration = try smallRun(overrides: ["note=\"12\"", "clip=0.1"])
        configuration.command = "gait train \"tabular\" line --set note='a b'"
        let file = try folder.write(try configuration.yaml(), "config.yaml")
        #expect(try RunConfiguration(contentsOf: file) == configuration)
        #expect(try RunConfiguration(contentsOf: file).yaml() == configuration.yaml())
    }

    @Test func noTruncatedConfigurationIsTakenForAWholeOne() throws {
        let folder = try TemporaryFolder()
        let whole = Array(try smallRun().yaml().utf8)
        // Every cut in the last lines, every seventh before them.
        for length in 0..<whole.count - 1 where length % 7 == 0 || length > whole.count - 60 {
            let file = try folder.write(String(decoding: whole[..<length], as: UTF8.self), "config.yaml")
            let found = problem { try RunConfiguration(contentsOf: file) }
            #expect(found.exitCode == 65)
            #expect(found.text.contains(file), "cut after \(length) bytes: \(found.text)")
        }
    }

    @Test(arguments: [
        ("seed: 3", "seed: -3", "'seed'", "a non-negative integer expected, found '-3'"),
        ("steps: 600", "steps: 0", "'steps'", "at least 1 expected, found 0"),
        ("steps: 600", "stepps: 600", "'stepps'", "did you mean 'steps'?"),
        ("preset: quick", "preset: quik", "'preset'", "did you mean 'quick'?"),
        ("threads: 1", "threads: 1\nthreads: 2", "", "the key 'threads' appears twice"),
        ("evaluateEvery: 150", "evaluateEvery: [1", "", "not valid YAML"),
    ])
    func mistakesInConfigurationNameFileLineAndKey(from: String, to: String, key: String, reason: String) throws {
        let folder = try TemporaryFolder()
        let lines = try smallRun().yaml().components(separatedBy: "\n")
        let line = try #require(lines.firstIndex(of: from)) + 1
        let file = try folder.write(lines.joined(separator: "\n").replacingOccurrences(of: from + "\n", with: to + "\n"), "config.yaml")
        let found = problem { try RunConfiguration(contentsOf: file) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("config.yaml, line "), "\(found.text)")
        if !key.isEmpty { #expect(found.text.contains("config.yaml, line \(line): key \(key)"), "\(found.text)") }
        #expect(found.text.contains(reason), "\(found.text)")
    }

    /// Otherwise the agent refuses it, which does not know where its tasks come from.
    @Test func aRunWithoutTrainTasksIsRefusedWithFileAndKey() throws {
        let folder = try TemporaryFolder()
        var configuration = try smallRun()
        configuration.trainTasks = []
        let text = try configuration.yaml()
        let line = try #require(text.components(separatedBy: "\n").firstIndex(of: "  train: []")) + 1
        try folder.write(text, "config.yaml")
        let run = RunDirectory(folder.path), context = Recorder().context
        for found in [problem { try Run.resume(run, context: context) }, problem { try Run.evaluate(run, context: context) }] {
            #expect(found.exitCode == 65)
            #expect(found.text.hasSuffix("config.yaml, line \(line): key 'tasks.train': at least one task expected, found none"), "\(found.text)")
        }
    }

    @Test func configurationsThatDifferSayWhere() throws {
        let one = try smallRun()
        var same = one
        same.threads = 8
        same.command = "another"
        #expect(one.firstDifference(to: same) == nil)
        #expect(one.firstDifference(to: try smallRun(seed: 4))?.key == "seed")
        let other = one.firstDifference(to: try smallRun(overrides: ["discount=0.5"]))
        #expect(other?.key == "discount")
        #expect(other?.here == "0.9")
        #expect(other?.there == "0.5")
    }

    @Test func shippedBudgetsHoldThePapersSteps() throws {
        let budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        // Table III, total environment steps.
        #expect(try budgets[.paper, "ant-fwd-back"].amount == 2_000_000)
        #expect(try budgets[.paper, "half-cheetah-dir"].amount == 2_400_000)
        #expect(try budgets[.paper, "half-cheetah-vel"].amount == 2_000_000)
        #expect(try budgets[.paper, "walker-2d-params"].amount == 4_000_000)
        for preset in Preset.allCases {
            for family in ["ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params", "a family of tomorrow"] {
                #expect(try budgets[preset, family].fault == nil)
            }
        }
    }

    /// The first of an agent's units that a family's budget is given in; a length that is given elsewhere decides where it can.
    @Test func anAgentOfSeveralUnitsCountsInTheOneOfTheFamilysBudget() throws {
        let budgets = try Budgets(contentsOf: assetsFolder.path + "/budgets.yaml")
        func unit(_ family: String, _ units: [BudgetUnit], given: [BudgetUnit: Int] = [:]) -> BudgetUnit {
            budgets.unit(preset: .paper, family: family, among: units, given: given)
        }
        #expect(unit("hyper-grid", [.steps, .trajectories]) == .trajectories)
        #expect(unit("cart-pole", [.steps, .trajectories]) == .steps && unit("a family of tomorrow", [.steps, .trajectories]) == .steps)
        #expect(unit("hyper-grid", [.steps, .trajectories], given: [.steps: 9]) == .steps)
        #expect(unit("hyper-grid", [.steps, .trajectories], given: [.steps: 9, .trajectories: 8]) == .trajectories)
        #expect(unit("hyper-grid", [.rounds]) == .rounds, "a budget in it is then asked for")
    }

    /// Evaluations and checkpoints are counted in the first unit, and keep their proportion to the run in the others.
    @Test func aBudgetIsTakenInTheAgentsUnit() throws {
        let folder = try TemporaryFolder()
        let rest = "checkpointEvery: 200, evaluationEpisodes: 1, adaptationEpisodes: 1"
        let budgets = try Budgets(contentsOf: folder.write(
            """
            quick:
              default: {steps: 600, rounds: 30, evaluateEvery: 100, \(rest)}
              line: {steps: 600, evaluateEvery: round, \(rest)}
            """, "budgets.yaml"))
        #expect(try budgets.budget(preset: .quick, family: "x", unit: .steps) == budgets[.quick, "x"])
        let rounds = try budgets.budget(preset: .quick, family: "x", unit: .rounds)
        #expect(rounds.unit == .rounds && rounds.amount == 30 && rounds.evaluateEvery == .every(5) && rounds.checkpointEvery == 10)
        let given = try budgets.budget(preset: .quick, family: "line", unit: .trajectories, amount: 60)
        #expect(given.unit == .trajectories && given.amount == 60 && given.evaluateEvery == .round && given.checkpointEvery == 20)
        let found = problem { try budgets.budget(preset: .quick, family: "line", unit: .rounds) }
        #expect(found.text.contains("budgets.yaml, line 3: key 'quick.line': a budget in rounds is missing"), "\(found.text)")
        #expect(found.text.contains("--rounds N"))
    }

    @Test(arguments: [BudgetUnit.rounds, .trajectories]) func aRunsLengthIsWrittenInItsUnit(unit: BudgetUnit) throws {
        let folder = try TemporaryFolder()
        var configuration = try smallRun()
        configuration.budget.unit = unit
        configuration.budget.evaluateEvery = .round
        let text = try configuration.yaml()
        #expect(text.contains("\n\(unit.rawValue): 600\n") && text.contains("\nevaluateEvery: round\n") && !text.contains("\nsteps:"))
        #expect(try RunConfiguration(contentsOf: folder.write(text, "config.yaml")) == configuration)
        let both = problem { try RunConfiguration(contentsOf: folder.write("steps: 3\n" + text, "both.yaml")) }
        #expect(both.text.contains("one of steps, rounds, trajectories expected, found steps and \(unit.rawValue)"), "\(both.text)")
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("\(unit.rawValue):") }.joined(separator: "\n")
        #expect(problem { try RunConfiguration(contentsOf: folder.write(lines, "none.yaml")) }.text.contains("the run's length is missing"))
    }

    @Test func aLengthInAnotherUnitThanTheAgentsIsAUsageError() throws {
        let folder = try TemporaryFolder()
        let budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 1, checkpointEvery: 1, evaluationEpisodes: 1, adaptationEpisodes: 1}}", "budgets.yaml"))
        var request = RunRequest(agent: "tabular", family: "line", preset: .quick)
        request.budget = [.rounds: 3]
        let found = problem { try Run.configuration(request, budgets: budgets, context: Recorder().context) }
        #expect(found.exitCode == 64 && found.text.contains("--rounds: tabular counts its budget in steps; give --steps"), "\(found.text)")
        request.budget = [.steps: 0]
        #expect(
            problem { try Run.configuration(request, budgets: budgets, context: Recorder().context) }.text
                == "--steps: at least 1 expected, found 0")
    }

    @Test func settingsOfFamiliesAreResolvedRecordedAndCompared() throws {
        let folder = try TemporaryFolder()
        let budgets = try Budgets(contentsOf: folder.write(
            "quick: {default: {steps: 600, evaluateEvery: 1, checkpointEvery: 1, evaluationEpisodes: 1, adaptationEpisodes: 1}}", "budgets.yaml"))
        func configuration(_ options: String...) throws -> RunConfiguration {
            var request = RunRequest(agent: "tabular", family: "line-goals", preset: .quick)
            (request.overrides, request.familyOverrides) = SettingOverride.split(try options.map { try SettingOverride(option: $0) })
            return try Run.configuration(request, budgets: budgets, context: Recorder().context)
        }
        let plain = try configuration(), more = try configuration("family.trainTasks=3", "discount=0.5")
        #expect(more.trainTasks.count == 3 && more.settings["discount"]?.inline == "0.5")
        #expect(try more.yaml().contains("familySettings:\n  trainTasks: 3\n  hint: plain\n"))
        let file = try folder.write(more.yaml(), "config.yaml")
        #expect(try RunConfiguration(contentsOf: file) == more)
        let difference = plain.firstDifference(to: try configuration("family.hint=other"))
        #expect(difference?.key == "family.hint" && difference?.here == "plain" && difference?.there == "other")

        // Before families had settings, there was nothing but the defaults.
        let lines = try plain.yaml().components(separatedBy: "\n")
        let former = lines.filter { !["familySettings:", "  trainTasks: 2", "  hint: plain"].contains($0) }.joined(separator: "\n")
        let old = try RunConfiguration(contentsOf: folder.write(former, "old.yaml"))
        #expect(old.familySettings == nil)
        #expect(try old.completed(by: testRegistry) == plain)

        let unknown = problem { try configuration("family.trainTask=3") }
        #expect(unknown.exitCode == 64 && unknown.text.contains("did you mean 'trainTasks'?"), "\(unknown.text)")
        let wrong = problem { try configuration("family.trainTasks=99") }
        #expect(wrong.text.hasPrefix("--set family.trainTasks=99: key 'trainTasks': a whole number in 1...8 expected, found 99"), "\(wrong.text)")
    }

    @Test func mistakesInBudgetsNameFileLineAndKey() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("quick:\n  line:\n    steps: 5\n    evaluateEvery: soon\n", "budgets.yaml")
        let found = problem { try Budgets(contentsOf: file) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("budgets.yaml, line 4: key 'quick.line.evaluateEvery': an integer or the word 'round' expected, found 'soon'"))
        for (steps, reason) in [("0", "at least 1 expected, found 0"), ("4e18", "at most 1,000,000,000,000 expected, found 4000000000000000000")] {
            let numbers = "evaluateEvery: 1, checkpointEvery: 1, evaluationEpisodes: 1, adaptationEpisodes: 1"
            let impossible = try folder.write("quick:\n  line: {steps: \(steps), \(numbers)}\n", "impossible.yaml")
            let found = problem { try Budgets(contentsOf: impossible) }
            #expect(found.exitCode == 65)
            #expect(found.text.hasSuffix("impossible.yaml, line 2: key 'quick.line.steps': \(reason)"), "\(found.text)")
        }
        let none = try folder.write(
            "quick:\n  line: {evaluateEvery: 1, checkpointEvery: 1, evaluationEpisodes: 1, adaptationEpisodes: 1}\n", "no.yaml")
        #expect(problem { try Budgets(contentsOf: none) }.text.hasSuffix(
            "no.yaml, line 2: key 'quick.line': a length expected: one or several of steps, rounds, trajectories"))
        let empty = try Budgets(contentsOf: folder.write("{}", "empty.yaml"))
        #expect(problem { try empty[.quick, "line"] }.text.contains("quick.line"))
        #expect(problem { try Budgets(contentsOf: folder.path + "/none.yaml") }.exitCode == 65)
    }
}
