import Foundation
import Runs
import TestEnvironments
import Testing
import gait

/// The account of how each agent was tuned follows the presets.
@Suite struct TuningTests {
    private func page() throws -> String {
        try String(contentsOf: packageFolder.appendingPathComponent("baselines/TUNING.md"), encoding: .utf8)
    }

    @Test func theTablesAreThoseOfThePresets() throws {
        let page = try page(), first = try #require(page.range(of: "### ")?.lowerBound)
        let tables = try presetTables(Registry.standard(assets: assetsFolder.path))
        #expect(page[first...] == tables, "baselines/TUNING.md is out of date: replace its tables by what ./gait presets prints")
    }

    @Test func thePageSaysHowManyVariantsOfEveryAgentWereTried() throws {
        let page = try page(), start = try #require(page.range(of: "## Variants tried")), end = try #require(page.range(of: "## What `paper` is"))
        for agent in Registry.standard(assets: assetsFolder.path).agents {
            let lines = page[start.upperBound..<end.lowerBound].components(separatedBy: "The agents that do not play")
            let hasRow = lines[0].contains("\n| `\(agent.name)` |")
            let list = lines[1].components(separatedBy: "\n- On ")[0]
            #expect(hasRow || list.contains("`\(agent.name)`"), "\(agent.name)")
        }
    }

    @Test func aCellHasTheValueOfMostFamiliesFirst() throws {
        let agent = try Registry.standard(assets: assetsFolder.path).agent(named: "pmeta-rl")
        let table = try PresetTable(agent, families: ["ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params"])
        let batch = try #require(table.rows.first { $0.setting == "batchSize" })
        #expect(batch.values["laptop"] == "64; 128 on half-cheetah-dir" && batch.values["paper"] == "256")
        #expect(!table.rows.contains { $0.setting == "discount" })
    }
}
