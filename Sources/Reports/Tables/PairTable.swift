import Environments
import Runs

extension Table {
    /// Pairs of policies below each other, families beside each other: by how much the first is ahead of the second, and whether that is
    /// what the paper says. No rows where there is nothing to compare.
    ///
    /// - Parameters:
    ///   - families: in the order of the columns; those without a pair are left out.
    ///   - claims: what the notes explain.
    static func pairs(_ pairs: [PolicyPair], _ metric: Metric, families: [String], _ claims: [JudgedClaim]) -> Table {
        let rows = Dictionary(grouping: pairs, by: PairRow.init), claimed = Set(rows.filter { $0.value.contains { $0.lead != nil } }.keys)
        let families = families.filter { family in pairs.contains { $0.own.family == family } }, isClaimed = !claimed.isEmpty
        var table = Table(
            name: metric.fileName("pairs"), title: metric.titled(isClaimed ? "Policies compared, and what the paper claims" : "Policies compared"),
            columns: [Column("policy"), Column("adaptation episodes", numeric: pairs.allSatisfy(\.isOnLikeTerms)), Column("over")]
                + (isClaimed ? [Column("the paper")] : []) + families.map { Column($0, numeric: true) },
            notes: notes(pairs, metric))
        table.rows = rows.sorted { $0.key.precedes($1.key, claimed) }.map { key, pairs in
            let cells = families.map { family in pairs.filter { $0.own.family == family } }
            let sizes = cells.map { $0.compactMap { $0.lead?.size.text }.unique.joined(separator: ", ") }.map { $0.isEmpty ? Cell.none.text : $0 }
            return [Cell(key.policy), key.episodes, Cell(key.over)]
                + (isClaimed ? [Cell(Set(sizes).count == 1 ? sizes[0] : sizes.joined(separator: " / "))] : []) + cells.map(cell)
        }
        let own = claims.filter { $0.claim.metric == metric.name && !$0.leads.isEmpty }
        if isClaimed { table.remarks = remarks(own) + reasons(own) }
        return table
    }

    /// `−18 [−52, +16] ✗`
    ///
    /// - Parameter pairs: all of the same two policies: more than one where a paper says two things of them.
    private static func cell(_ pairs: [PolicyPair]) -> Cell {
        guard let pair = pairs.first else { return .none }
        guard let gain = pair.gain else { return Cell("not compared") }
        var cell = gain.cell
        if cell.number == nil { cell.text = gain.order.text(pair.own.metric) }
        cell.isBest = gain.order == .above || gain.order == .below
        let agreements = pairs.compactMap { $0.lead?.agreement.mark }
        let marks = (agreements.isEmpty && gain.order == .tooFew ? [Agreement.tooFew.mark] : agreements.unique) + [pair.bothHaveLearned ? "" : "°"]
        if !marks.joined().isEmpty { cell.text += " " + marks.joined() }
        return cell
    }

    /// Why claims do not agree, where that is known.
    private static func reasons(_ claims: [JudgedClaim]) -> [String] {
        claims.filter { claim in claim.leads.contains { $0.gain != nil && $0.agreement != .agrees } && !claim.claim.reason.isEmpty }.map {
            "\($0.claim.source), \($0.family), why it differs: \($0.claim.reason)"
        }.unique
    }

    private static func notes(_ pairs: [PolicyPair], _ metric: Metric) -> String {
        let sign = share(metric) + ", so that positive is better" + (metric.direction == .lowerIsBetter ? "" : " even if both are negative")
        // The unseen tasks' level beside that of the training tasks tells nothing of two policies.
        let tested = pairs.filter { $0.own.set == $0.other.set && $0.gain.map { $0.order != .tooFew } ?? false }
        let significant = tested.count { [.above, .below].contains($0.gain?.order) }
        let marks = Set(pairs.compactMap { $0.lead?.agreement })
        // Marked although no paper claims anything of them.
        let areTooFew = pairs.contains { $0.lead == nil && $0.gain?.order == .tooFew }, isPaired = pairs.contains { $0.gain?.test == .signedRanks }
        let legend = [
            (Agreement.agrees, "agrees with the paper"), (.agreesInOrder, "agrees in order, not in size"), (.disagrees, "does not agree"),
        ].filter { marks.contains($0.0) }.map { "\($0.0.mark) \($0.1)" } + (marks.contains(.undecided) ? ["no mark: no significant difference"] : [])
        return [
            """
            Gain in per cent of \(metric.finalTitles) with its 95% interval: \(sign). The interval is Student's, of the ratio of the seeds' means \
            (delta method, Welch)\(isPaired ? ", or of the seeds' differences from it for \(Order.pairs)" : ""). Where the other's seeds do not all have the same sign, there is only a direction. Bold: a significant \
            difference, to either side, by the test, which is of ranks and one-sided, so that an interval may still reach over 0.
            """,
            legend.isEmpty ? "" : "The paper: \(legend.joined(separator: "; ")).",
            marks.contains(.tooFew) || areTooFew ? "\(Agreement.tooFew.mark) too few seeds." : "",
            pairs.allSatisfy { $0.gain == nil || $0.bothHaveLearned } ? ""
                : "°: one of the two can't be said to have learned: it is not clearly better than before training, \(LearningEvidence.rule). Where nothing was measured before training there is no °.",
            pairs.allSatisfy(\.isOnLikeTerms) ? ""
                : "Two numbers of adaptation episodes: a claim on unlike terms, where one policy knows its task from training or adapts for longer.",
            tested.isEmpty ? "" : """
                \(tested.count) pairs were tested, and \(significant) are significant; were all policies equally good, \
                at most about \(Format.number(Double(tested.count) / 10, decimals: 0)) would be.
                """,
        ].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// What a gain is.
    private static func share(_ metric: Metric) -> String {
        (metric.direction == .lowerIsBetter ? "(other's mean − mean)" : "(mean − other's mean)") + " / |other's mean|"
    }

    /// The same for programs: a line for every pair and family, those on unlike terms that a paper names included.
    static func comparisons(_ pairs: [PolicyPair], _ metric: Metric) -> Table {
        var table = Table(
            name: metric.fileName("comparisons"), title: metric.titled("Every comparison of two policies"),
            columns: [Column("family"), Column("statistic")] + policyColumns("") + policyColumns("over ") + [
                Column("outcome of training"), Column("over outcome of training"), Column("gain %", numeric: true),
                Column("probability of improvement", numeric: true), Column("test"), Column("p", numeric: true), Column("significance"),
                Column("source"), Column("the paper"), Column("agreement"),
            ],
            notes: """
                Value: mean ± standard deviation over seeds. Gain: \(share(metric)), positive where the first is better. \
                Probability of improvement: that a seed of the first is \(metric.better) than a seed of the other (than the same seed, where the test is Wilcoxon's), where a tie counts half, computed for each task and averaged over tasks (rliable), with a \
                bootstrap interval that draws whole seeds. p: one-sided, in the direction of the observed difference; two-sided it is twice that. \
                Pairs on unlike terms are listed where a claim of the paper is judged by them.
                """)
        table.rows = pairs.map { pair in
            [Cell(pair.own.family), Cell(pair.statistic.words ?? "last evaluation")] + policy(pair.own, pair.statistic)
                + policy(pair.other, pair.statistic) + [pair.own, pair.other].map { $0.outcome.map { Cell($0.rawValue) } ?? .none }
                + [pair.gain?.cell ?? .none]
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
        [
            Cell(scores.group.label), Cell(scores.policy), Cell(scores.set.title), .whole(AdaptationTerms(scores).episodes),
            .whole(scores.seeds.count), .spread(scores.seedMeans(statistic)),
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
    /// `2`; `0 and 2` on unlike terms.
    var episodes: Table.Cell { terms == otherTerms ? .whole(terms.episodes) : Table.Cell("\(terms.episodes) and \(otherTerms.episodes)") }
    private let terms: AdaptationTerms
    private let otherTerms: AdaptationTerms
    private let isOfOneAgent: Bool
    /// Where it stands: like terms first; of these personalized policies, then meta-policies of the same agents, then other agents; of each
    /// the training tasks first, then fewest episodes.
    private let place: [Int]

    init(_ pair: PolicyPair) {
        let (own, other) = (pair.own, pair.other), isOnOtherTasks = own.set != other.set
        let hasSets = isOnOtherTasks || own.set == .test
        (terms, otherTerms) = pair.terms
        names = [own.policy, other.policy]
        func name(_ title: String, _ terms: AdaptationTerms) -> String { pair.isOnLikeTerms ? terms.removed(from: title) : title }
        policy = name(own.name, terms) + (hasSets ? " on \(own.set.title) tasks" : "") + (pair.statistic.words.map { ", \($0)" } ?? "")
        over = name(pair.isOfOneAgent ? "its \(other.title)" : other.name, otherTerms) + (hasSets ? " on \(other.set.title) tasks" : "")
        isOfOneAgent = pair.isOfOneAgent
        let hasPersonalized = own.group.policies.contains(where: own.group.isPersonalized)
        place = [
            pair.isOnLikeTerms ? 0 : 1, own.group.isPersonalized(own.policy) ? 0 : hasPersonalized ? 1 : 2,
            isOnOtherTasks ? 2 : own.set == .test ? 1 : 0, terms.episodes,
        ]
    }

    /// Rows of one policy stay together: what a paper compares before what none does, the agent's own meta-policy last.
    func precedes(_ other: PairRow, _ claimed: Set<PairRow>) -> Bool {
        if place != other.place { return place.lexicographicallyPrecedes(other.place) }
        if policy != other.policy { return Comparison.precedes(policy, other.policy) }
        let isClaimed = claimed.contains(self)
        if isClaimed != claimed.contains(other) { return isClaimed }
        if isOfOneAgent != other.isOfOneAgent { return other.isOfOneAgent }
        return over != other.over ? Comparison.precedes(over, other.over) : names.lexicographicallyPrecedes(other.names)
    }
}

extension PolicyPair {
    /// True also where nothing tells.
    fileprivate var bothHaveLearned: Bool { [own, other].allSatisfy { $0.outcome == nil || $0.outcome == .learned } }
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
