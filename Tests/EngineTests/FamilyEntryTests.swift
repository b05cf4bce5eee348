import Core
import Environments
import Locomotion
import Runs
import TestEnvironments
import Testing

@Suite struct FamilyEntryTests {
    private let entry = FamilyEntry(HalfCheetahVel.self)

    private func refusal(_ option: String) -> String {
        problem { try entry.settings(overrides: [SettingOverride(option: option)]) }.text
    }

    @Test func settingsAreKeysInTheirOrderWithDefaults() throws {
        #expect(try entry.settings().inline == "{trainTasks: 10, testTasks: 3, topSpeed: 3.0}")
        #expect(try FamilyEntry(HalfCheetahDir.self).settings().inline == "{}")
    }

    @Test func overridesChangeTheFamilyThatIsMade() throws {
        let settings = try entry.settings(overrides: [SettingOverride(option: "trainTasks=20")])
        let family = try entry.make(settings: settings, assets: FamilyAssets())
        #expect(try family.tasks(.train, seed: 1337).count == 20)
        #expect(try entry.make(assets: FamilyAssets()).tasks(.train, seed: 1337).count == 10)
        #expect(family.name == "half-cheetah-vel" && entry.name == family.name)
    }

    @Test func wrongSettingsNameTheKeyAndTheNearestOne() {
        #expect(refusal("trainTask=20").contains("unknown setting 'trainTask'; did you mean 'trainTasks'?"))
        #expect(refusal("trainTasks=many").contains("key 'trainTasks': an integer expected, found 'many'"))
        #expect(refusal("topSpeed=-1").contains("key 'topSpeed': a speed above 0"))
        #expect(problem { try FamilyEntry(AntFwdBack.self).settings(overrides: [SettingOverride(option: "slip=1")]) }.text
            .contains("unknown setting 'slip'"))
    }

    @Test func settingsOfARunsFileAreExactlyTheFamilys() throws {
        let origin = ConfigurationOrigin.file("config.yaml")
        try entry.validate(entry.settings(), origin: origin)
        let written = try ConfigurationValue(yaml: "trainTasks: 10\ntestTasks: 3\ntopSped: 3.0\n", origin: origin)
        let (text, code) = problem { try entry.validate(written, origin: origin) }
        #expect(code == 65 && text.contains("line 3") && text.contains("did you mean 'topSpeed'?"), "\(text)")
    }
}
