import Agents
import Core
import Foundation
import Launching
import Runs
import TestEnvironments
import Testing

/// Suites of experiments and studies.
@Suite struct SuiteTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        for name in ["first", "second"] {
            _ = try folder.write(
                "name: \(name)\ntitle: A\nagents: [tabular]\nfamilies: [line]\nseeds: {quick: 1}\n", "experiments/\(name).yaml")
        }
    }

    private func suite(_ parts: String) throws -> Launching.Suite {
        try Launching.Suite(
            contentsOf: folder.write("name: both\ntitle: Everything\nparts:\n\(parts)", "suites/both.yaml"), assets: folder.path,
            registry: testRegistry, studies: ["theorems"])
    }

    @Test func partsAreExperimentsAndStudiesInTheirOrder() throws {
        let suite = try suite("""
              - {experiment: second, title: B, text: First of all.}
              - {study: theorems, title: T}
              - {experiment: first, title: A, runs: existing}
            """)
        #expect(suite.parts.map(\.name) == ["second", "theorems", "first"])
        #expect(suite.parts.map(\.text) == ["First of all.", "", ""])
        guard case .experiment(_, true) = suite.parts[0].content, case .experiment(_, false) = suite.parts[2].content else {
            Issue.record("only the last part takes runs that are there")
            return
        }
        #expect(Launching.Suite.names(assets: folder.path) == ["both"])
    }

    @Test func aPartMayHaveAnotherPresetThanItsSuite() throws {
        let suite = try suite("  - {experiment: first, title: A, presets: {paper: laptop}}\n  - {experiment: second, title: B}")
        #expect(Preset.allCases.map(suite.parts[0].preset) == [.quick, .laptop, .long, .laptop])
        #expect(Preset.allCases.map(suite.parts[1].preset) == Preset.allCases)
    }

    @Test(arguments: [
        ("  - {experiment: frist, title: A}", "did you mean 'first'?"),
        ("  - {study: theorem, title: A}", "did you mean 'theorems'?"),
        ("  - {title: A}", "exactly one of the keys"),
        ("  - {experiment: first, study: theorems, title: A}", "exactly one of the keys"),
        ("  - {study: theorems, title: A, runs: existing}", "belongs to an experiment"),
        ("  - {study: theorems, title: A, presets: {paper: laptop}}", "belongs to an experiment"),
        ("  - {experiment: first, title: A, presets: {papre: laptop}}", "did you mean 'paper'?"),
        ("  - {experiment: first, title: A, presets: {paper: labtop}}", "laptop"),
        ("  - {experiment: first, title: A}\n  - {experiment: first, title: B}", "appears twice"),
        ("  - {experiment: first}", "title"),
        ("  - {experiment: first, titel: A}", "title"),
    ])
    func mistakesAreNamed(_ parts: String, _ words: String) {
        do {
            _ = try suite(parts)
            Issue.record("no error for \(parts)")
        } catch {
            #expect("\(error)".contains(words) && "\(error)".contains("both.yaml"), "\(error)")
        }
    }
}
