import Runs

/// How a line of a figure looks: told from the others by colour, by dashes and by the shape of its markers.
struct LineStyle: Sendable, Equatable {
    var color: String
    var dash: String?
    var marker: Marker?
    /// Markers of meta-policies that have personalized ones beside them are hollow.
    var isFilled = true

    /// What is drawn in a line's own colour otherwise.
    static let finalLevel = LineStyle(color: Ink.faint, dash: "1 3")
    static let unfinished = LineStyle(color: Ink.faint, dash: "4 3")
}

/// Colours that mean nothing.
enum Ink {
    static let text = "#222222", faint = "#666666", grid = "#e4e4e4", zero = "#b0b0b0", stripe = "#f5f5f5"
}

/// An agent's policy as figures show it.
struct PolicyLine: Sendable {
    var group: RunGroup
    var policy: String
    /// The same on all families.
    var key: String
    /// As legends show it.
    var label: String
    var style: LineStyle
}

/// Every line of a report with its look, which it keeps in all figures and families.
struct LineStyles {
    /// An agent, and which of its variants on a family.
    private struct Slot: Hashable {
        var agent: String
        var variant: Int
    }

    /// Okabe and Ito's palette (2008), readable with any colour vision, but for its yellow, which is not on white. First the
    /// colour of an agent's personalized policies or of its only policy, then a lighter one of its meta-policy.
    private static let colors = [
        ("#0072B2", "#56B4E9"), ("#D55E00", "#F0A070"), ("#009E73", "#66C5AB"), ("#CC79A7", "#E3B5CE"), ("#E69F00", "#F2CB78"),
        ("#000000", "#808080"),
    ]
    private static let dashes: [String?] = [nil, "7 2 2 2", "3 2", nil, "10 3", "5 2", "7 2 2 2 2 2"]
    private static let markers: [Marker] = [.circle, .square, .triangle, .diamond, .wedge, .cross, .plus]

    private let comparison: Comparison
    /// Agents with personalized policies first, then by name.
    private let slots: [Slot]
    private let personal: Set<Slot>

    init(_ comparison: Comparison) {
        self.comparison = comparison
        var slots: Set<Slot> = [], personal: Set<Slot> = []
        for family in comparison.families {
            for (slot, group) in LineStyles.slots(comparison, family) {
                slots.insert(slot)
                if group.has(PolicyName.personal) { personal.insert(slot) }
            }
        }
        self.personal = personal
        self.slots = slots.sorted {
            let first = personal.contains($0), second = personal.contains($1)
            return first != second ? first : ($0.agent, $0.variant) < ($1.agent, $1.variant)
        }
    }

    private static func slots(_ comparison: Comparison, _ family: String) -> [(Slot, RunGroup)] {
        var variants: [String: Int] = [:]
        return comparison.groups.filter { $0.family == family }.map { group in
            defer { variants[group.agent, default: 0] += 1 }
            return (Slot(agent: group.agent, variant: variants[group.agent] ?? 0), group)
        }
    }

    /// A family's lines in the order of legends: agents with personalized policies first, these before their meta-policy.
    func lines(_ family: String) -> [PolicyLine] {
        let found = Dictionary(LineStyles.slots(comparison, family), uniquingKeysWith: { first, _ in first })
        return slots.enumerated().flatMap { index, slot -> [PolicyLine] in
            guard let group = found[slot] else { return [] }
            return [PolicyName.personal, PolicyName.meta].filter(group.has).map { policy in
                let label = personal.contains(slot) ? "\(group.label), \(PolicyName.title(policy))" : group.label
                return PolicyLine(
                    group: group, policy: policy, key: "\(slot.agent) \(slot.variant) \(policy)", label: label,
                    style: style(index, slot, policy))
            }
        }
    }

    /// Which agents and variants of them have finished runs on a family.
    func finished(_ family: String) -> Set<String> {
        Set(LineStyles.slots(comparison, family).filter { !$0.1.counted.isEmpty }.map { "\($0.0.agent) \($0.0.variant)" })
    }

    private func style(_ index: Int, _ slot: Slot, _ policy: String) -> LineStyle {
        let pair = LineStyles.colors[index % LineStyles.colors.count]
        let marker = LineStyles.markers[index % LineStyles.markers.count]
        if personal.contains(slot), policy == PolicyName.meta { return LineStyle(color: pair.1, dash: "8 3", marker: marker, isFilled: false) }
        return LineStyle(color: pair.0, dash: LineStyles.dashes[index % LineStyles.dashes.count], marker: marker)
    }
}

extension RunGroup {
    func has(_ policy: String) -> Bool { runs.contains { $0.evaluations.contains { $0.policy == policy } } }
}
