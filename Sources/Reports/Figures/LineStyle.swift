import Runs

/// How a line of a figure looks: told from the others by colour, by dashes and by the shape of its markers.
package struct LineStyle: Sendable, Equatable {
    var color: String
    var dash: String?
    var marker: Marker?
    /// Markers of an agent's second policy are hollow.
    var isFilled = true

    /// What is drawn in a line's own colour otherwise.
    static let finalLevel = LineStyle(color: Ink.faint, dash: "1 3")
    static let unfinished = LineStyle(color: Ink.faint, dash: "4 3")
    static let bestPossible = LineStyle(color: Ink.text, dash: "14 2")
}

/// Colours that mean nothing.
enum Ink {
    static let text = "#222222", faint = "#666666", grid = "#e4e4e4", zero = "#b0b0b0", stripe = "#f5f5f5"
}

/// An agent's policy as figures show it.
package struct PolicyLine: Sendable {
    var group: RunGroup
    var policy: String
    /// The same on all families.
    var key: String
    /// As legends show it.
    var label: String
    package var style: LineStyle
}

/// Every line of a report with its look, which it keeps in all figures and families.
package struct LineStyles {
    /// An agent, and which of its variants on a family.
    private struct Slot: Hashable {
        var agent: String
        var variant: Int
    }

    /// Okabe and Ito's palette (2008), readable with any colour vision, but for its yellow, which is not on white; then a violet and a brown
    /// that are as far from the others with any colour vision. First the colour of an agent's first policy, then a lighter one of its second.
    package static let colors = [
        ("#0072B2", "#56B4E9"), ("#D55E00", "#F0A070"), ("#009E73", "#66C5AB"), ("#CC79A7", "#E3B5CE"), ("#E69F00", "#F2CB78"),
        ("#000000", "#808080"), ("#7818D8", "#BC94EE"), ("#603000", "#A98260"),
    ]
    private static let dashes: [String?] = [nil, "7 2 2 2", "3 2", nil, "10 3", "5 2", "7 2 2 2 2 2", "1 2 6 2"]
    private static let markers: [Marker] = [.circle, .square, .triangle, .diamond, .wedge, .cross, .plus]

    private let comparison: Comparison
    /// Agents with personalized policies first, then by name.
    private let slots: [Slot]
    /// Of each slot over all families, in the order of legends.
    private let policies: [Slot: [String]]

    package init(_ comparison: Comparison) {
        self.comparison = comparison
        var policies: [Slot: Set<String>] = [:]
        for family in comparison.families {
            for (slot, group) in LineStyles.slots(comparison, family) { policies[slot, default: []].formUnion(group.policies) }
        }
        self.policies = policies.mapValues { $0.sorted(by: PolicyName.precedes) }
        func isPersonal(_ slot: Slot) -> Bool { policies[slot]?.contains { PolicyName.stem($0) == PolicyName.personal } == true }
        slots = policies.keys.sorted {
            let first = isPersonal($0), second = isPersonal($1)
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

    /// A family's lines of one metric in the order of legends: agents with personalized policies first, of each agent the personalized
    /// policies, then its meta-policy, then others.
    package func lines(_ family: String, _ metric: Metric) -> [PolicyLine] {
        let found = Dictionary(LineStyles.slots(comparison, family), uniquingKeysWith: { first, _ in first })
        return slots.enumerated().flatMap { index, slot -> [PolicyLine] in
            guard let group = found[slot] else { return [] }
            let own = policies[slot] ?? []
            return own.enumerated().filter { group.has($0.element, metric) }.map { place, policy in
                let label = own == [PolicyName.meta] ? group.label : "\(group.label), \(group.title(policy))"
                return PolicyLine(
                    group: group, policy: policy, key: "\(slot.agent) \(slot.variant) \(policy)", label: label,
                    style: style(index, place))
            }
        }
    }

    /// Which agents and variants of them have finished runs on a family.
    func finished(_ family: String) -> Set<String> {
        Set(LineStyles.slots(comparison, family).filter { !$0.1.counted.isEmpty }.map { "\($0.0.agent) \($0.0.variant)" })
    }

    /// - Parameters:
    ///   - index: of the agent, which has a colour and a marker of its own.
    ///   - place: of the policy among the agent's: the first is drawn strongest.
    private func style(_ index: Int, _ place: Int) -> LineStyle {
        let pair = LineStyles.colors[index % LineStyles.colors.count]
        func marker(_ index: Int) -> Marker { LineStyles.markers[index % LineStyles.markers.count] }
        switch place {
        case 0: return LineStyle(color: pair.0, dash: LineStyles.dashes[index % LineStyles.dashes.count], marker: marker(index))
        case 1: return LineStyle(color: pair.1, dash: "8 3", marker: marker(index), isFilled: false)
        default:
            let dashes = ["2 3", "12 3 2 3", "5 5", "1 2"]
            return LineStyle(
                color: place % 2 == 0 ? pair.0 : pair.1, dash: dashes[(place - 2) % dashes.count], marker: marker(index + place - 1),
                isFilled: place % 2 == 0)
        }
    }
}

extension PolicyLine {
    /// True where the policy is drawn over adaptation episodes: a meta-policy adapts even where it needs none.
    var adapts: Bool { policy == PolicyName.meta || playsAdaptation }

    /// True where the policy has adaptation episodes.
    var playsAdaptation: Bool {
        group.runs.contains { run in run.evaluations.contains { $0.phase == .adaptation && $0.policy == policy } }
    }
}
