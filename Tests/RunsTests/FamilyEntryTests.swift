import ClassicControl
import Core
import Environments
import Foundation
import Runs
import TestEnvironments
import Testing

@Suite struct FamilyEntryTests {
    private let entry = FamilyEntry(CartPole.self)

    private func refusal(_ options: String...) -> String {
        problem { try entry.settings(overrides: options.map { try SettingOverride(option: $0) }) }.text
    }

    @Test func settingsAreKeysInTheirOrderWithDefaults() throws {
        let settings = try entry.settings()
        #expect(settings.keys == ["tasks", "trainTasks", "testTasks", "force", "poleMass", "halfLength", "episodeLimit"])
        #expect(settings["force"]?.inline == "[1.0, 20.0]" && settings["tasks"]?.inline == "table")
        #expect(try FamilyEntry(LineFamily.self).settings().inline == "{}")
    }

    @Test func overridesChangeTheFamilyThatIsMade() throws {
        let settings = try entry.settings(overrides: [SettingOverride(option: "tasks=random"), SettingOverride(option: "trainTasks=20")])
        let family = try entry.make(settings: settings, assets: FamilyAssets())
        #expect(try family.tasks(.train, seed: 1337).count == 20)
        #expect(try entry.make(assets: FamilyAssets()).tasks(.train, seed: 1337).count == 5)
        #expect(family.name == "cart-pole" && entry.name == family.name)
    }

    @Test func wrongSettingsNameTheKeyAndTheNearestOne() {
        #expect(refusal("trainTask=20").contains("unknown setting 'trainTask'; did you mean 'trainTasks'?"))
        #expect(refusal("trainTasks=many").contains("key 'trainTasks': an integer expected, found 'many'"))
        #expect(refusal("trainTasks=20").contains("key 'trainTasks': a whole number in 1...5 expected, found 20; tasks=random draws more"))
        #expect(refusal("tasks=tabel").contains("did you mean 'table'?"))
        #expect(refusal("tasks=random", "force=[3]").contains("key 'force': a range [low, high]"))
        #expect(problem { try FamilyEntry(LineFamily.self).settings(overrides: [SettingOverride(option: "slip=1")]) }.text
            .contains("unknown setting 'slip'"))
    }

    @Test func settingsOfARunsFileAreExactlyTheFamilys() throws {
        let origin = ConfigurationOrigin.file("config.yaml")
        try entry.validate(entry.settings(), origin: origin)
        let yaml = try entry.settings().yaml
        let written = try ConfigurationValue(yaml: yaml.replacingOccurrences(of: "episodeLimit", with: "episodeLimits"), origin: origin)
        let (text, code) = problem { try entry.validate(written, origin: origin) }
        #expect(code == 65 && text.contains("config.yaml, line ") && text.contains("did you mean 'episodeLimit'?"), "\(text)")
    }
}
