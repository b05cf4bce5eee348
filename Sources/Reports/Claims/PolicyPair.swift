import Environments
import Runs

/// Two policies that a report compares, and what a paper says of them.
struct PolicyPair {
    let own: PolicyScores
    let other: PolicyScores
    /// Which of their evaluations.
    let statistic: PaperClaims.Statistic
    /// Nil where the two may not be compared.
    let gain: Gain?
    /// Why not.
    let remark: String?
    /// Nil where no paper compares the two.
    let lead: JudgedLead?

    fileprivate init?(_ lead: JudgedLead) {
        guard let other = lead.other else { return nil }
        (own, self.other, statistic, gain, remark, self.lead) = (lead.own, other, lead.statistic, lead.gain, lead.remark, lead)
    }

    fileprivate init(_ own: PolicyScores, over other: PolicyScores) {
        (self.own, self.other, statistic, lead) = (own, other, .final, nil)
        remark = Comparison.obstacle([own, other])
        gain = remark == nil ? own.gain(over: other) : nil
    }

    var terms: (own: AdaptationTerms, other: AdaptationTerms) { (AdaptationTerms(own), AdaptationTerms(other)) }
    var isOnLikeTerms: Bool { terms.own == terms.other }
    var isOfOneAgent: Bool { own.group.label == other.group.label }

    /// Whether `own` is significantly higher or lower, or why the two are not compared.
    var significance: String { remark ?? gain?.order.text(own.metric) ?? Table.Cell.none.text }

    fileprivate func isOf(_ a: PolicyScores, _ b: PolicyScores) -> Bool {
        statistic == .final && (own.isSame(as: a) && other.isSame(as: b) || own.isSame(as: b) && other.isSame(as: a))
    }
}

extension Comparison {
    /// Why the policies may not be compared; nil where they may.
    static func obstacle(_ scores: [PolicyScores]) -> String? {
        // Other tasks are no obstacle to a comparison of two sets of them.
        let differences = Set(scores.map(\.set)).count == 1 ? differences(scores) : differences(scores.map(\.group))
        return differences.isEmpty ? nil : "not compared: different \(differences.joined(separator: ", "))"
    }

    /// Every claim of a lead of one policy over another. Then what no paper compares: of each agent with personalized policies, these and its
    /// meta-policies with the policies on like terms that are their opponents, no two of them twice. Variants that may not be compared are left out
    /// where others may: what they differ in is among the cautions.
    func pairs(_ metric: Metric, _ leads: [JudgedLead]) -> [PolicyPair] {
        var pairs = leads.filter { $0.metric == metric }.compactMap(PolicyPair.init)
        guard metric.hasOrder else { return pairs }
        let unseen = unseen(metric)
        for own in scores(metric) where own.set == .train || unseen.contains(where: { $0.isSame(as: own) }) {
            let opponents = opponents(of: own)
            for other in opponents where !pairs.contains(where: { $0.isOf(own, other) }) {
                let variants = opponents.filter { $0.group.agent == other.group.agent && $0.policy == other.policy }
                if Comparison.counterparts(of: own, among: variants).contains(where: other.isSame) { pairs.append(PolicyPair(own, over: other)) }
            }
        }
        return pairs
    }

    /// Of the variants of another policy those that `own` is compared with: of the same runs if there are any, or else those with which it may be
    /// compared, or else all.
    static func counterparts(of own: PolicyScores, among variants: [PolicyScores]) -> [PolicyScores] {
        let ofSameRuns = variants.filter { $0.group.label == own.group.label }
        let comparable = variants.filter { obstacle([own, $0]) == nil }
        return [ofSameRuns, comparable].first { !$0.isEmpty } ?? variants
    }

    /// Policies on the same tasks and on the same terms that `own` is compared with: of other agents, and of its own agent those that are not
    /// personalized. A meta-policy is compared with meta-policies alone, and variants of one agent policy by policy.
    private func opponents(of own: PolicyScores) -> [PolicyScores] {
        let group = own.group, isPersonal = group.isPersonalized(own.policy)
        guard isPersonal || PolicyName.stem(own.policy) == PolicyName.meta && group.policies.contains(where: group.isPersonalized) else { return [] }
        return scores(own.metric).filter { other in
            let isMeta = PolicyName.stem(other.policy) == PolicyName.meta
            return other.family == own.family && other.set == own.set && AdaptationTerms(other) == AdaptationTerms(own) && (isPersonal || isMeta)
                && (group.label == other.group.label ? isPersonal && isMeta
                    : group.isComparable(with: other.group) && (!group.isVariant(of: other.group) || own.policy == other.policy))
        }
    }
}

extension RunGroup {
    private var baseAgent: String { runs.first?.baseAgent ?? agent }

    /// `precision=bfloat16` of `pmeta-rl precision=bfloat16`; empty where the name doesn't tell.
    private var variation: Substring { agent.hasPrefix(baseAgent + " ") ? agent.dropFirst(baseAgent.count + 1) : "" }

    /// Both are the same agent with other settings.
    fileprivate func isVariant(of other: RunGroup) -> Bool { agent != other.agent && baseAgent == other.baseAgent }

    /// True for two agents or two variants of one, unless they are variants of two agents that differ in what makes them variants:
    /// `pmeta-rl precision=bfloat16` and `pearl precision=float32`.
    fileprivate func isComparable(with other: RunGroup) -> Bool {
        isVariant(of: other)
            || agent != other.agent && (variation == other.variation || variation.isEmpty || other.variation.isEmpty)
    }
}

extension PolicyScores {
    func isSame(as other: PolicyScores) -> Bool {
        family == other.family && group.label == other.group.label && policy == other.policy && set == other.set && metric == other.metric
    }
}
