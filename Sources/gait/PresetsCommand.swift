import ArgumentParser
import Core
import Runs

struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets", abstract: "Shows which settings differ between an agent's presets and families.",
        discussion: """
            The preset 'paper' has the authors' numbers; the table shows where the other presets depart from them. Settings that are the same
            everywhere are left out. The output is Markdown, as in baselines/TUNING.md.
            """)

    @Argument(help: ArgumentHelp("Names of agents.", discussion: "Default: all agents."))
    var agents: [String] = []

    @OptionGroup var output: OutputOptions

    /// Those of the papers' experiments, also where the program was built without MuJoCo: presets know them by name.
    static let families = ["ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params", "sparse-point-robot"]

    private struct Line: Encodable {
        var name: String
        var setting: String
        var values: [String: String]
    }

    func run() throws {
        let registry = Registry.standard(assets: try AssetsFolder.find())
        let tables = try Self.tables(registry, agents: agents)
        if output.json {
            for table in tables {
                for row in table.rows { Console.json(Line(name: table.agent, setting: row.setting, values: row.values)) }
            }
        } else {
            print(tables.map(\.markdown).joined(separator: "\n"), terminator: "")
        }
    }

    /// Of these agents, or of all that have such settings.
    static func tables(_ registry: Registry, agents names: [String] = []) throws -> [PresetTable] {
        let entries = names.isEmpty ? registry.agents : try names.map(registry.agent(named:))
        return try entries.map { try PresetTable($0, families: families) }.filter { !names.isEmpty || !$0.rows.isEmpty }
    }
}

/// What `./gait presets` prints: tests compare it with baselines/TUNING.md.
public func presetTables(_ registry: Registry) throws -> String {
    try PresetsCommand.tables(registry).map(\.markdown).joined(separator: "\n")
}
