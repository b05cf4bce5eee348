import Agents

/// The settings of an agent that its presets change: a row for each setting whose value is not the same on every preset and family.
/// The preset `paper` has the authors' numbers, so the table shows where the others depart from them.
public struct PresetTable: Sendable {
    public struct Row: Sendable, Equatable {
        /// The setting's key.
        public let setting: String
        /// By the preset's name: the value, `128` or, where families differ, `128; 64 on ant-fwd-back`.
        public let values: [String: String]
    }

    public let agent: String
    public let rows: [Row]

    /// The presets in the order of the columns.
    public static let presets: [Preset] = [.paper, .long, .laptop, .quick]

    /// Throws `ConfigurationError` for a presets file that can't be used.
    public init(_ entry: AgentEntry, families: [String]) throws {
        agent = entry.name
        let settings = try Self.presets.map { preset in try families.map { try entry.settings(preset: preset, family: $0) } }
        rows = try entry.defaults().keys.compactMap { key in
            let values = settings.map { $0.map { $0[key]?.inline ?? "" } }
            guard Set(values.joined()).count > 1 else { return nil }
            let cells = zip(Self.presets, values).map { ($0.rawValue, Self.cell($1, families)) }
            return Row(setting: key, values: Dictionary(uniqueKeysWithValues: cells))
        }
    }

    /// The value that most families have, then the others with their families.
    private static func cell(_ values: [String], _ families: [String]) -> String {
        var groups: [(value: String, families: [String])] = []
        for (value, family) in zip(values, families) {
            if let index = groups.firstIndex(where: { $0.value == value }) {
                groups[index].families.append(family)
            } else {
                groups.append((value, [family]))
            }
        }
        guard let most = groups.max(by: { $0.families.count < $1.families.count }) else { return "" }
        let others = groups.filter { $0.value != most.value }.map { "\($0.value) on \($0.families.joined(separator: ", "))" }
        return ([most.value] + others).joined(separator: "; ")
    }

    /// A heading with the agent's name and the table.
    public var markdown: String {
        let names = Self.presets.map(\.rawValue)
        let lines = rows.map { row in
            "| `\(row.setting)` | " + names.map { row.values[$0] ?? "" }.joined(separator: " | ") + " |"
        }
        let head = ["### \(agent)", "", "| setting | " + names.map { "`\($0)`" }.joined(separator: " | ") + " |"]
        return (head + ["|---|" + names.map { _ in "---|" }.joined()] + lines).joined(separator: "\n") + "\n"
    }
}
