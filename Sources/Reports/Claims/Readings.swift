import Runs

/// How a paper was read where it leaves a choice.
extension ReportDocument {
    /// What the runs have of the settings that papers leave open, an item for each setting; empty where no paper's claims name one.
    static func readings(_ papers: [PaperClaims], _ comparison: Comparison) -> [Block] {
        let items = papers.flatMap(\.readings).flatMap { reading -> [String] in
            let groups = comparison.groups.filter { group in
                group.agent == reading.agent || group.runs.first?.baseAgent == reading.agent
            }
            return reading.settings.compactMap { setting in
                values(of: setting, groups).map { "\(reading.agent), `\(setting)`: \($0)." }
            }
        }.unique
        return items.isEmpty ? [] : [.paragraph("Settings that the paper leaves open, as these runs have them:"), .list(items)]
    }

    /// `50 on half-cheetah-dir; 2000 on half-cheetah-vel and ant-fwd-back`; the value alone where all groups have the same. Nil where none has
    /// such a setting.
    private static func values(of setting: String, _ groups: [RunGroup]) -> String? {
        let known = groups.compactMap { group in group.runs.first?.settings[setting].map { (group: group, value: $0) } }
        let values = known.map(\.value).unique
        guard values.count > 1 else { return values.first }
        let isOneAgent = Set(known.map(\.group.label)).count == 1
        return values.map { value in
            let own = known.filter { $0.value == value }.map(\.group)
            return isOneAgent
                ? "\(value) on \(Format.list(own.map(\.family)))" : "\(value) of \(Format.list(own.map { "\($0.label) on \($0.family)" }))"
        }.joined(separator: "; ")
    }
}
