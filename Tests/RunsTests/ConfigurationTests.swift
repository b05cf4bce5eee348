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

    @Test(arguments: ["plain", "", "null", "true", "12", "a: b # c", "- x", "\"quoted\" \\ back", "two\nlines\tand tab", "1e5", "Grüße", "...", "-", "\u{1}"])
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
        ("threads: 1", "threads: 1\nthreads: 2", "", "the key 'threads' is there twice"),
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
        let budgets = try Budgets(contentsOf: repositoryAssets + "/budgets.yaml")
        // Table III, total environment steps.
        #expect(try budgets[.paper, "ant-fwd-back"].steps == 2_000_000)
        #expect(try budgets[.paper, "half-cheetah-dir"].steps == 2_400_000)
        #expect(try budgets[.paper, "half-cheetah-vel"].steps == 2_000_000)
        #expect(try budgets[.paper, "walker-2d-params"].steps == 4_000_000)
        for preset in Preset.allCases {
            for family in ["ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params", "a family of tomorrow"] {
                #expect(try budgets[preset, family].fault == nil)
            }
        }
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
        let empty = try Budgets(contentsOf: folder.write("{}", "empty.yaml"))
        #expect(problem { try empty[.quick, "line"] }.text.contains("quick.line"))
        #expect(problem { try Budgets(contentsOf: folder.path + "/none.yaml") }.exitCode == 65)
    }
}

/// The project's own assets, found from this file.
let repositoryAssets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/assets"
