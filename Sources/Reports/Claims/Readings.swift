import Runs

/// How a paper was read where it leaves a choice.
extension ReportDocument {
    /// What the runs have of the settings that papers leave open, an item for each setting; empty where no paper's claims name one.
    static func readings(_ papers: [PaperClaims], _ comparison: Comparison) -> [Block] {
        let items = papers.flatMap(\.readings).flatMap { reading -> [String] in
            let groups = comparison.groups.filter { $0.isCalled(reading.agent, hasSettings: true) }
            return reading.settings.compactMap { setting in
                values(of: setting, groups).map { "\(reading.agent), `\(setting)`: \($0)." }
            }
        }.unique
        return items.isEmpty ? [] : [.paragraph("Settings that the paper leaves open, as these runs have them:"), .list(items)]
    }

    private static let absent = "not set"

    /// `2000 on ant-fwd-back and half-cheetah-vel; 50 on half-cheetah-dir`; the value alone where all groups have the same. Nil where none has
    /// such a setting.
    private static func values(of setting: String, _ groups: [RunGroup]) -> String? {
        let known = groups.map { (group: $0, value: $0.runs.first?.settings[setting] ?? absent) }
        let values = known.map(\.value).unique
        guard values.count > 1 else { return values.first { $0 != absent } }
        let isOneAgent = Set(known.map(\.group.label)).count == 1
        return values.map { value in
            let own = known.filter { $0.value == value }.map(\.group)
            return isOneAgent
                ? "\(value) on \(Format.list(own.map(\.family)))" : "\(value) of \(Format.list(own.map { "\($0.label) on \($0.family)" }))"
        }.joined(separator: "; ")
    }
}
