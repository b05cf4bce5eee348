import Agents
import Runs
import TestEnvironments
import Testing
import gait

/// sac-per-task and pmeta-rl are compared with each other, so they have to have the same sizes. `updatesPerRound` is not
/// compared: it only decides where sac-per-task can be evaluated.
@Suite struct SACPerTaskPresetTests {
    @Test(arguments: Preset.allCases, [
        "ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params", "ant-dir", "ant-goal", "hopper-params",
        "humanoid-dir", "sparse-point-robot", "another-family",
    ])
    func everySettingHasTheValueOfPMetaRL(preset: Preset, family: String) throws {
        let registry = Registry.standard(assets: assetsFolder.path)
        let own = try registry.agent(named: "sac-per-task").settings(preset: preset, family: family)
        let other = try registry.agent(named: "pmeta-rl").settings(preset: preset, family: family)
        #expect(own.keys.count > 10)
        for field in own.fields where field.key != "updatesPerRound" { #expect(field.value == other[field.key], "\(field.key)") }
    }
}

/// The agents with Q networks are compared with each other, so they have to have the same sizes.
@Suite struct DQNPresetTests {
    @Test(arguments: Preset.allCases, ["cart-pole", "mountain-car", "another-family"])
    func everySettingHasTheValueOfPMetaDQN(preset: Preset, family: String) throws {
        let registry = Registry.standard(assets: assetsFolder.path)
        let other = try registry.agent(named: "pmeta-dqn").settings(preset: preset, family: family)
        for name in ["dqn", "dqn-per-task", "dqn-averaging"] {
            let own = try registry.agent(named: name).settings(preset: preset, family: family)
            #expect(own.keys.count > 10)
            for field in own.fields { #expect(field.value == other[field.key], "\(name): \(field.key)") }
        }
    }
}
