import Environments
import Runs

extension Table {
    /// Policies on like terms below each other, families beside each other: by how much the first is ahead of the second, and whether
    /// that is what the paper says. No rows where there is nothing to compare.
    ///
    /// - Parameter claims: what the notes explain.
    static func pairs(_ pairs: [PolicyPair], _ metric: Metric, _ claims: [JudgedClaim]) -> Table {
        let shown = pairs.filter(\.isOnLikeTerms), claimed = Set(shown.filter { $0.lead != nil }.map(PairRow.init))
        let keys = Set(shown.map(PairRow.init)).sorted { $0.precedes($1, claimed) }
        let families = shown.map(\.own.family).unique, isClaimed = !claimed.isEmpty
        var table = Table(
            name: metric.fileName("pairs"), title: metric.titled(isClaimed ? "Policies compared, and what the paper claims" : "Policies compared"),
            columns: [Column("policy"), Column("adaptation episodes", numeric: true), Column("over")]
                + (isClaimed ? [Column("the paper")] : []) + families.map { Column($0, numeric: true) },
            notes: notes(shown, metric))
        table.rows = keys.map { key in
            let own = shown.filter { PairRow($0) == key }
            let cells = families.map { family in own.first { $0.own.family == family } }
            let sizes = cells.map { $0?.lead?.size.text ?? Cell.none.text }
            return [
                Cell(key.policy), Cell("\(key.episodes)", number: Number(Double(key.episodes))), Cell(key.over),
            ] + (isClaimed ? [Cell(Set(sizes).count == 1 ? sizes[0] : sizes.joined(separator: " / "))] : [])
                + cells.map { $0.map(cell) ?? .none }
        }
        if isClaimed { table.remarks = remarks(claims) }
        return table
    }

    /// `−18 [−52, +16] ✗`
    private static func cell(_ pair: PolicyPair) -> Cell {
        guard let gain = pair.gain else { return Cell("not compared") }
        var cell = gain.cell
        if cell.number == nil { cell.text = gain.order.text(pair.own.metric) }
        cell.isBest = gain.order == .above || gain.order == .below
        let agreement = pair.lead?.agreement.mark ?? (gain.order == .tooFew ? Agreement.tooFew.mark : "")
        let marks = agreement + (pair.otherHasLearned == false ? "°" : "")
        if !marks.isEmpty { cell.text += " " + marks }
        return cell
    }

    private static func notes(_ pairs: [PolicyPair], _ metric: Metric) -> String {
        let sign = metric.direction == .lowerIsBetter
            ? "(other's mean − mean) / |other's mean|, so that positive is better"
            : "(mean − other's mean) / |other's mean|, so that positive is better even if both are negative"
        let tested = pairs.count { $0.gain.map { $0.order != .tooFew } ?? false }
        let significant = pairs.count { [.above, .below].contains($0.gain?.order) }
        let isClaimed = pairs.contains { $0.lead != nil }
        let seemsUnlearned = pairs.contains { $0.gain != nil && $0.otherHasLearned == false }
        return [
            """
            Gain in per cent of \(metric.finalTitles) with its 95% interval: \(sign). The interval is Student's, of the ratio of the seeds' means \
            (delta method, Welch). Where the other's seeds do not all have the same sign, there is only a direction. Bold: significant by the test, \
            which is of ranks and one-sided, so that an interval may still reach over 0.
            """,
            isClaimed ? """
                ✓: agrees with the paper; (✓): in order, not in size; ✗: does not agree; ?: too few seeds; no mark: no significant difference, or no \
                claim.
                """ : "",
            seemsUnlearned ? "°: the other can't be said to have learned (it is not clearly better than before training)." : "",
            tested == 0 ? "" : """
                \(tested) pairs were tested, and \(significant) are significant; were all policies equally good, \
                about \(Format.number(Double(tested) / 10, decimals: 0)) would be.
                """,
            "`tables/\(metric.fileName("comparisons")).csv` has every number, also of pairs on unlike terms.",
        ].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// The same for programs: a line for every pair and family, those on unlike terms that a paper names included.
    static func comparisons(_ pairs: [PolicyPair], _ metric: Metric) -> Table {
        var table = Table(
            name: metric.fileName("comparisons"), title: metric.titled("Every comparison of two policies"),
            columns: [Column("family"), Column("statistic")] + policyColumns("") + policyColumns("over ") + [
                Column("over has learned"), Column("gain %", numeric: true), Column("probability of improvement", numeric: true), Column("test"),
                Column("p", numeric: true), Column("significance"), Column("source"), Column("the paper"), Column("agreement"),
            ],
            notes: """
                Value: mean ± standard deviation over seeds. Gain: as above. Probability of improvement: that a seed of the first is \
                \(metric.better) than a seed of the other, where a tie counts half, computed for each task and averaged over tasks (rliable), with a \
                bootstrap interval that draws whole seeds. p: one-sided, in the direction of the observed difference; two-sided it is twice that. \
                Pairs on unlike terms are listed where a claim of the paper is judged by them.
                """)
        table.rows = pairs.map { pair in
            [Cell(pair.own.family), Cell(pair.statistic.words ?? "last evaluation")] + policy(pair.own, pair.statistic)
                + policy(pair.other, pair.statistic) + [pair.otherHasLearned.map { Cell($0 ? "yes" : "no") } ?? .none, pair.gain?.cell ?? .none]
                + chances(pair.gain) + [Cell(pair.significance)]
                + [pair.lead?.source, pair.lead?.size.text, pair.lead?.agreementText].map { $0.map { Cell($0) } ?? .none }
        }
        return table
    }

    private static func policyColumns(_ prefix: String) -> [Column] {
        [
            Column(prefix + "agent"), Column(prefix + "policy"), Column(prefix + "tasks"), Column(prefix + "adaptation episodes", numeric: true),
            Column(prefix + "seeds", numeric: true), Column(prefix + "value", numeric: true),
        ]
    }

    private static func policy(_ scores: PolicyScores, _ statistic: PaperClaims.Statistic) -> [Cell] {
        let episodes = AdaptationTerms(scores).episodes
        return [
            Cell(scores.group.label), Cell(scores.policy), Cell(scores.set.title), Cell("\(episodes)", number: Number(Double(episodes))),
            Cell("\(scores.seeds.count)", number: Number(Double(scores.seeds.count))), .spread(scores.seedMeans(statistic)),
        ]
    }

    private static func chances(_ gain: Gain?) -> [Cell] {
        guard let gain else { return [.none, .none, .none] }
        return [
            .interval(gain.probability, gain.probabilityInterval) { Format.number($0, decimals: 2) }, Cell(gain.test.name),
            Cell(Format.chance(gain.chance), number: Number(gain.chance)),
        ]
    }
}

/// A row of the table: two policies and which of their evaluations, whatever the family.
private struct PairRow: Hashable {
    let policy: String
    let over: String
    /// Of both, as runs call them.
    private let names: [String]
    let episodes: Int
    let isOfOneAgent: Bool
    /// Where it stands: personalized policies first, then meta-policies of the same agents, then other agents; of these the training tasks first,
    /// then fewest episodes.
    private let place: [Int]

    init(_ pair: PolicyPair) {
        let (own, other) = (pair.own, pair.other), isOnOtherTasks = own.set != other.set
        let hasSets = isOnOtherTasks || own.set == .test
        let terms = AdaptationTerms(own)
        names = [own.policy, other.policy]
        policy = terms.removed(from: own.name) + (hasSets ? " on \(own.set.title) tasks" : "") + (pair.statistic.words.map { ", \($0)" } ?? "")
        over = terms.removed(from: pair.isOfOneAgent ? "its \(other.title)" : other.name) + (hasSets ? " on \(other.set.title) tasks" : "")
        episodes = pair.terms.own.episodes
        isOfOneAgent = pair.isOfOneAgent
        let hasPersonalized = own.group.policies.contains(where: own.group.isPersonalized)
        place = [
            own.group.isPersonalized(own.policy) ? 0 : hasPersonalized ? 1 : 2, isOnOtherTasks ? 2 : own.set == .test ? 1 : 0, episodes,
        ]
    }

    /// Rows of one policy stay together: what a paper compares before what none does, the agent's own meta-policy last.
    func precedes(_ other: PairRow, _ claimed: Set<PairRow>) -> Bool {
        if place != other.place { return place.lexicographicallyPrecedes(other.place) }
        if policy != other.policy { return Comparison.precedes(policy, other.policy) }
        let isClaimed = claimed.contains(self)
        if isClaimed != claimed.contains(other) { return isClaimed }
        return isOfOneAgent != other.isOfOneAgent ? other.isOfOneAgent : Comparison.precedes(over, other.over)
    }
}

extension PolicyPair {
    /// Whether the other's last quarter of training is clearly better than its first evaluation; nil where nothing tells.
    fileprivate var otherHasLearned: Bool? {
        let filter = EvaluationFilter(policy: other.policy, set: other.set, metric: other.metric)
        return LearningEvidence(other.group, filter).hasLearned(other.metric)
    }
}

extension Agreement {
    /// In a cell.
    fileprivate var mark: String {
        switch self {
        case .agrees: "✓"
        case .agreesInOrder: "(✓)"
        case .disagrees: "✗"
        case .tooFew: "?"
        default: ""
        }
    }
}
