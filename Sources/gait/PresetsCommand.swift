import ArgumentParser
import Core
import Launching
import Runs

struct PresetsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "presets", abstract: "Shows which settings differ between an agent's presets and families.",
        discussion: """
            The preset 'paper' has the authors' numbers; the table shows where the other presets depart from them, on the families of the papers' \
            experiments or on those of --families. Settings that are the same on all of them are left out. The output is Markdown, as in \
            baselines/TUNING.md.
            """)

    @Argument(help: ArgumentHelp("Names of agents.", discussion: "Default: all agents."))
    var agents: [String] = []

    @Option(help: ArgumentHelp(
        "Families, separated by commas. Default: \(Self.standardFamilies.joined(separator: ", ")).", valueName: "names"))
    var families: [String] = []

    @OptionGroup var output: OutputOptions

    /// Those of the papers' experiments, also where the program was built without MuJoCo: presets know them by name.
    static let standardFamilies = ["ant-fwd-back", "half-cheetah-dir", "half-cheetah-vel", "walker-2d-params", "sparse-point-robot"]

    private struct Line: Encodable {
        var name: String
        var setting: String
        var values: [String: String]
    }

    func run() throws {
        let registry = Registry.standard(assets: try AssetsFolder.find())
        let families = [].names(in: families)
        for name in families where !Self.standardFamilies.contains(name) { _ = try registry.familyEntry(named: name) }
        let tables = try Self.tables(registry, agents: agents, families: families.isEmpty ? Self.standardFamilies : families)
        if output.json {
            for table in tables {
                for row in table.rows { Console.json(Line(name: table.agent, setting: row.setting, values: row.values)) }
            }
        } else {
            print(tables.map(\.markdown).joined(separator: "\n"), terminator: "")
            for table in tables where table.rows.isEmpty { print("No setting of \(table.agent) differs between the presets on these families.") }
        }
    }

    /// Of these agents, or of all that have such settings.
    static func tables(_ registry: Registry, agents names: [String] = [], families: [String] = standardFamilies) throws -> [PresetTable] {
        let entries = names.isEmpty ? registry.agents : try names.map(registry.agent(named:))
        return try entries.map { try PresetTable($0, families: families) }.filter { !names.isEmpty || !$0.rows.isEmpty }
    }
}

/// What `./gait presets` prints: tests compare it with baselines/TUNING.md.
public func presetTables(_ registry: Registry) throws -> String {
    try PresetsCommand.tables(registry).map(\.markdown).joined(separator: "\n")
}
