import Agents
import Core
import Foundation
import Runs
import TestEnvironments
import Testing

@Suite struct PresetTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The settings of `tabular` with a file of presets.
    private func settings(
        _ yaml: String, preset: Preset = .quick, family: String = "line", overrides: [SettingOverride] = []
    ) throws -> ConfigurationValue {
        try folder.write(yaml, "presets/tabular.yaml")
        let registry = Registry(agents: testRegistry.agents, families: testRegistry.families, presets: folder.path + "/presets")
        return try registry.agent(named: "tabular").settings(preset: preset, family: family, overrides: overrides)
    }

    @Test func laterEntriesWinInTheOrderLikeDefaultFamily() throws {
        let yaml = """
            small:
              default: {learningRate: 0.1, discount: 0.1, blockSteps: 1, note: small}
              line: {note: line of small, clip: 1}
            quick:
              like: small
              default: {discount: 0.2, blockSteps: 2}
              line: {blockSteps: 3}
            """
        let line = try settings(yaml)
        #expect(line["learningRate"]?.inline == "0.1" && line["discount"]?.inline == "0.2" && line["blockSteps"]?.inline == "3")
        #expect(line["note"]?.inline == "line of small" && line["clip"]?.inline == "1.0")
        let other = try settings(yaml, family: "another")
        #expect(other["blockSteps"]?.inline == "2" && other["note"]?.inline == "small" && other["clip"]?.inline == "null")
        #expect(try settings(yaml, preset: .paper) == (try settings("{}")))
        #expect(try settings(yaml, overrides: [SettingOverride(option: "blockSteps=9")])["blockSteps"]?.inline == "9")
    }

    @Test func anIncludedFileIsLaidUnderGroupByGroup() throws {
        try folder.write(
            "small:\n  default: {discount: 0.1, blockSteps: 1}\n  line: {note: shared}\nquick:\n  like: small\n  default: {clip: 1}\n",
            "presets/shared.yaml")
        let value = try settings("include: shared.yaml\nsmall:\n  default: {blockSteps: 2, note: own}\n")
        #expect(value["discount"]?.inline == "0.1" && value["blockSteps"]?.inline == "2" && value["clip"]?.inline == "1.0")
        #expect(value["note"]?.inline == "shared")  // an entry for the family comes after every default
    }

    @Test func withoutAFileEveryPresetHasTheDefaults() throws {
        let registry = Registry(agents: testRegistry.agents, families: testRegistry.families, presets: folder.path)
        let entry = try registry.agent(named: "tabular")
        for preset in Preset.allCases { #expect(try entry.settings(preset: preset, family: "line") == (try entry.defaults())) }
        #expect(entry.presets?.isThere == false)
    }

    /// A configuration holds the same text for a number however it was written, so that runs can be compared.
    @Test func numbersAreWrittenInOneWay() throws {
        let value = try settings("quick: {default: {learningRate: 1e-1, blockSteps: 1e2}}")
        #expect(value["learningRate"]?.inline == "0.1" && value["blockSteps"]?.inline == "100")
        #expect(try settings("{}", overrides: [SettingOverride(option: "learningRate=1e-1")])["learningRate"]?.inline == "0.1")
    }

    @Test(arguments: [
        ("quick:\n  default: {blockStep: 3}\n", "line 2: key 'blockStep': unknown setting 'blockStep'; did you mean 'blockSteps'?"),
        ("quick: {}\npaper:\n  line:\n    nots: a\n", "line 4: key 'nots': unknown setting 'nots'; did you mean 'note'?"),
        ("quick:\n  default:\n    blockSteps: many\n", "line 3: key 'blockSteps': an integer expected, found 'many'"),
        ("quick:\n  default: {learningRate: 7}\n", "line 2: key 'learningRate': a number in 0...1 expected, found 7.0"),
        ("quick: {}\nqiuck:\n  default: {note: a}\n", "line 2: key 'qiuck': unknown preset 'qiuck'; did you mean 'quick'?"),
        ("quick:\n  like: smal\nsmall: {}\npaper: {like: small}\n", "line 2: key 'like': unknown preset or group 'smal'; did you mean 'small'?"),
        ("quick: {like: paper}\npaper: {like: quick}\n", "a circle"),
        ("quick:\n  lin: {note: a}\n", "line 2: key 'lin': unknown family 'lin'; did you mean 'line'?"),
        ("quick:\n  default: 3\n", "line 2: key 'quick.default': a mapping of settings expected, found '3'"),
        ("quick: 3\n", "line 1: key 'quick': a mapping of `like`, `default` and families expected, found '3'"),
        ("include: none.yaml\n", "line 1: key 'include': there is no readable file"),
        ("include: tabular.yaml\n", "line 1: key 'include': tabular.yaml includes itself"),
        ("- quick\n", "a mapping of presets expected"),
    ])
    func mistakesNameFileLineAndKey(yaml: String, message: String) {
        let found = problem { try settings(yaml) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("presets/tabular.yaml"), "\(found.text)")
        #expect(found.text.contains(message), "\(found.text)")
    }

    /// A family that this build does not have may be another build's, unless it looks like a misspelt one.
    @Test func entriesForFamiliesOfOtherBuildsAreAllowed() throws {
        #expect(try settings("quick: {humanoid: {note: a}}")["note"]?.inline == "plain")
    }

    /// A program's file may have a name that is like a known family's; only a run on that family takes it for misspelt.
    @Test func aProgramMayHaveANameLikeAFamilys() throws {
        let yaml = "quick: {lin: {note: a}}"
        #expect(try settings(yaml, family: "lin")["note"]?.inline == "a")
        #expect(try settings(yaml, family: "another")["note"]?.inline == "plain")
    }
}
