import Core
import Runs
import TestEnvironments
import Testing

@Suite struct SettingsTests {
    private func settings(_ options: String...) throws -> ConfigurationValue {
        try testRegistry.agent(named: "tabular").settings(
            preset: .quick, family: "line", overrides: options.map { try SettingOverride(option: $0) })
    }

    @Test func everySettingIsListedInItsOrder() throws {
        let preset = try testRegistry.agent(named: "tabular").settings(preset: .paper, family: "line")
        #expect(preset.keys == [
            "learningRate", "discount", "exploration", "exploringShare", "blockSteps", "averages", "hiddenSizes", "note", "clip", "breaksAt",
        ])
        #expect(preset["learningRate"]?.inline == "0.4")
        #expect(preset["hiddenSizes"]?.inline == "[8, 8]")
        #expect(preset["clip"]?.inline == "null")
    }

    @Test func overridesOfEveryTypeReachTheAgent() throws {
        let value = try settings(
            "learningRate=1e-1", "exploration=constant", "blockSteps=1e2", "averages=false", "hiddenSizes=[64, 32]", "note=two words",
            "clip=2.5", "discount=0.5", "discount=0.75")
        let decoded = try value.decode(TabularSettings.self, origin: .program)
        var expected = TabularSettings()
        expected.learningRate = 0.1
        expected.exploration = .constant
        expected.blockSteps = 100
        expected.averages = false
        expected.hiddenSizes = [64, 32]
        expected.note = "two words"
        expected.clip = 2.5
        expected.discount = 0.75
        #expect(decoded == expected)
    }

    @Test func unknownSettingNamesTheNearest() {
        let found = problem { try settings("learningrate=0.1") }
        #expect(found.exitCode == 64)
        #expect(found.text.contains("--set learningrate=0.1"))
        #expect(found.text.contains("did you mean 'learningRate'?"))
    }

    @Test(arguments: [
        ("blockSteps=many", "blockSteps", "an integer expected, found 'many'"),
        ("blockSteps=1.5", "blockSteps", "an integer expected, found '1.5'"),
        ("learningRate=[1]", "learningRate", "a number expected, found the list [1]"),
        ("averages=maybe", "averages", "true or false expected, found 'maybe'"),
        ("hiddenSizes=8", "hiddenSizes", "a list expected, found '8'"),
        ("hiddenSizes=[8, x]", "hiddenSizes.1", "an integer expected, found 'x'"),
        ("exploration=decayin", "exploration", "one of constant, decaying expected, found 'decayin'; did you mean 'decaying'?"),
        ("learningRate=1.5", "learningRate", "a number in 0...1 expected, found 1.5"),
        ("blockSteps=", "blockSteps", "an integer expected, found nothing"),
    ])
    func wrongValueNamesKeyValueAndWhatWasExpected(option: String, key: String, reason: String) {
        let found = problem { try settings(option) }
        #expect(found.exitCode == 64)
        #expect(found.text.contains("--set \(option)"), "\(found.text)")
        #expect(found.text.contains("'\(key)'"), "\(found.text)")
        #expect(found.text.contains(reason), "\(found.text)")
    }

    @Test(arguments: ["learningRate", "=3", "note=[1, 2"])
    func malformedOptionsAreUsageErrors(option: String) {
        #expect(problem { try settings(option) }.exitCode == 64)
    }

    @Test func mistakesInAFileNameFileLineAndKey() throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("# mine\ndiscount: 0.5\n\nblockStep: 3\n", "mine.yaml")
        let overrides = try SettingOverride.all(in: ConfigurationValue(contentsOf: file), file: file)
        let found = problem { try testRegistry.agent(named: "tabular").settings(preset: .quick, family: "line", overrides: overrides) }
        #expect(found.exitCode == 65)
        #expect(found.text.contains("mine.yaml, line 4"))
        #expect(found.text.contains("did you mean 'blockSteps'?"))
    }
}
