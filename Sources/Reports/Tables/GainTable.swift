import Foundation
import Runs

extension Table {
    /// The gain of personalized policies over every other policy, beside the paper's. No rows if no run has personalized policies.
    static func gain(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim]) -> Table {
        let all = claims.flatMap(\.leads).filter { $0.metric == metric && $0.set == .train }
        // A verdict on another statistic would stand beside numbers that it is not about.
        let leads = all.filter { $0.statistic == .final }, owns = personalized(comparison, metric), tests = tests(owns)
        let verdicts = leads.isEmpty ? Order.rule(tests) : JudgedClaim.papers(claims) + " " + Agreement.rule(tests)
        var table = Table(
            name: metric.fileName("gain"), title: metric.titled("Gain of the personalized policies"),
            columns: [
                Column("family"), Column("personalized policies of"), Column("over"), termsColumn, gainColumn, chanceColumn(metric),
                Column("p", numeric: true),
            ] + (leads.isEmpty ? [Column("significance")] : [Column("the paper's gain", numeric: false), Column("agreement")]),
            notes: gainNotes(metric, tests) + " " + verdicts + (all.count == leads.count ? "" : " " + otherStatistics(metric)))
        for pair in comparison.pairs(owns, leads) {
            let (own, other, lead) = (pair.own, pair.other, pair.lead)
            let compared = ComparedGain(own, over: other)
            let name = own.policy == PolicyName.personal ? own.group.label : "\(own.group.label), \(own.title)"
            table.rows.append(
                [Cell(own.family), Cell(name), Cell(Table.name(of: other, beside: own)), Cell(pair.episodes)] + compared.cells
                    + (leads.isEmpty ? [Cell(compared.text(metric))]
                        : [Cell(lead?.size.text ?? "–"), Cell(compared.remark ?? lead?.agreementText ?? "–")]))
        }
        return table
    }

    private static func personalized(_ comparison: Comparison, _ metric: Metric) -> [PolicyScores] {
        comparison.scores(metric).filter { metric.hasOrder && $0.set == .train && $0.group.isPersonalized($0.policy) }
    }

    private static func tests(_ scores: [PolicyScores]) -> Set<Order.Test> { Set(scores.map(\.group.test)) }

    private static func otherStatistics(_ metric: Metric) -> String {
        "What the paper claims of another statistic than the \(metric.finalTitle), such as the best evaluation, is judged in the table of "
            + "claims alone."
    }

    /// The same of the meta-policies of agents that have personalized ones, on training tasks and on unseen ones.
    static func metaGain(_ comparison: Comparison, _ metric: Metric, _ claims: [JudgedClaim]) -> Table {
        var table = Table(
            name: metric.fileName("gain-meta"), title: metric.titled("Gain of the meta-policy"),
            columns: [
                Column("family"), Column("meta-policy of"), Column("tasks"), Column("over"), termsColumn, gainColumn, chanceColumn(metric),
                Column("p", numeric: true), Column("significance"),
            ],
            notes: "Columns as in the gain of the personalized policies; significant by the same rule.")
        let scores = comparison.scores(metric), unseen = comparison.unseen(metric)
        let owns = scores.filter { own in
            metric.hasOrder && PolicyName.stem(own.policy) == PolicyName.meta
                && (own.set == .train || unseen.contains { $0.isSame(as: own) })
                && scores.contains { $0.group.agent == own.group.agent && $0.group.isPersonalized($0.policy) }
        }
        let leads = claims.flatMap(\.leads).filter { $0.metric == metric && $0.statistic == .final }
        for pair in comparison.pairs(owns, leads) where PolicyName.stem(pair.other.policy) == PolicyName.meta {
            let (own, other) = (pair.own, pair.other)
            let compared = ComparedGain(own, over: other)
            let name = own.policy == PolicyName.meta ? own.group.label : "\(own.group.label), \(own.title)"
            let over = other.policy == PolicyName.meta ? other.group.label : other.name
            table.rows.append(
                [Cell(own.family), Cell(name), Cell(own.set.title), Cell(over), Cell(pair.episodes)] + compared.cells
                    + [Cell(compared.text(metric))])
        }
        return table
    }

    private static let termsColumn = Column("adaptation episodes of both", name: "adaptation episodes")
    private static let gainColumn = Column("gain, % [95% interval]", numeric: true, name: "gain %")
    private static func chanceColumn(_ metric: Metric) -> Column {
        Column("P(\(metric.better)) [95% interval]", numeric: true, name: "P(\(metric.better))")
    }
    private static func gainNotes(_ metric: Metric, _ tests: Set<Order.Test>) -> String {
        let sign = metric.direction == .lowerIsBetter
            ? "(other's mean − mean) / |other's mean| of \(metric.finalTitles), so that positive is better"
            : "(mean − other's mean) / |other's mean| of \(metric.finalTitles), so that positive is better even if they are negative"
        return """
            Gain: \(sign). It is left out if the other's seeds do not all have the same sign. Its interval: percentile bootstrap, drawing whole \
            seeds of both. P(\(metric.better)): the probability that a seed of the first is \(metric.better) than a seed of the other, where a tie \
            counts half, computed for each task and averaged over tasks (rliable's probability of improvement), with its stratified bootstrap \
            interval. With three seeds bootstrap intervals are too narrow. p: of \(testNames(tests)), one-sided, in the direction of the observed \
            difference. Adaptation episodes: of the first and of the other, those of one adaptation. Pairs on like terms come first; a pair on \
            unlike terms is listed only if a claim of the paper is judged by it.
            """
    }

    private static func testNames(_ tests: Set<Order.Test>) -> String {
        Order.Test.allCases.filter(tests.contains).map { $0 == .ranks ? "the exact rank test" : "Wilcoxon's exact signed-rank test" }
            .joined(separator: " or ")
    }

    private static func name(of other: PolicyScores, beside own: PolicyScores) -> String {
        other.group.label == own.group.label ? "its \(other.title)" : other.name
    }
}

/// A comparison of final values of two policies, if they can be compared.
struct ComparedGain {
    let gain: Gain?
    /// Why they can't be compared.
    let remark: String?

    init(_ own: PolicyScores, over other: PolicyScores) {
        let differences = Comparison.differences([own, other])
        gain = differences.isEmpty ? own.gain(over: other) : nil
        remark = differences.isEmpty ? nil : "not compared: different \(differences.joined(separator: ", "))"
    }

    /// Whether the difference is significant, or why they aren't compared.
    func text(_ metric: Metric) -> String { remark ?? gain?.order.text(metric) ?? "–" }

    /// In per cent, with its interval.
    static func relative(_ gain: Gain) -> Table.Cell {
        guard let share = gain.relative else { return .none }
        return .interval(share * 100, gain.interval.map { $0.lowerBound * 100...$0.upperBound * 100 }) { Format.percent($0 / 100) }
    }

    /// `+11% [−12, +81]` of `+11 [−12, +81]`, where no column says the unit.
    static func withPercent(_ text: String) -> String { text.contains(" [") ? text.replacing(" [", with: "% [") : text + "%" }

    /// Gain, probability of improvement and p.
    var cells: [Table.Cell] {
        guard let gain else { return [.none, .none, .none] }
        return [
            ComparedGain.relative(gain), .interval(gain.probability, gain.probabilityInterval) { Format.number($0, decimals: 2) },
            Table.Cell(Format.chance(gain.chance), number: Table.Number(gain.chance)),
        ]
    }
}

extension Order {
    func text(_ metric: Metric) -> String {
        let isLower = metric.direction == .lowerIsBetter
        return switch self {
        case .above: isLower ? "lower" : "higher"
        case .below: isLower ? "higher" : "lower"
        case .undecided: "not significant"
        case .tooFew: "too few seeds"
        }
    }
}

extension Format {
    /// A probability of a test: `0.58`, `0.048`, `< 0.001`. Near the level of significance it has as many digits as tell on which side of it
    /// the value is.
    package static func chance(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        if value < 0.001 { return "< 0.001" }
        var decimals = value < 0.1 ? 3 : 2
        let isSignificant = value <= Order.level + 1e-12
        func rounded() -> Double { (value * pow(10, Double(decimals))).rounded() / pow(10, Double(decimals)) }
        while decimals < 8, (rounded() <= Order.level + 1e-12) != isSignificant { decimals += 1 }
        return number(value, decimals: decimals)
    }
}

/// Two policies of a gain table, and on which terms they are.
struct GainPair {
    let own: PolicyScores
    let other: PolicyScores
    /// What the paper claims of them.
    let lead: JudgedLead?

    private var terms: (own: AdaptationTerms, other: AdaptationTerms) { (AdaptationTerms(own), AdaptationTerms(other)) }
    var isOnLikeTerms: Bool { terms.own == terms.other }
    /// `0 and 2`
    var episodes: String { "\(terms.own.episodes) and \(terms.other.episodes)" }
}

extension Comparison {
    /// Each of `owns` with its opponents, family by family: those on like terms, then those on unlike terms that one of `leads` is about.
    func pairs(_ owns: [PolicyScores], _ leads: [JudgedLead]) -> [GainPair] {
        let all = owns.flatMap { own in
            opponents(of: own).map { other in
                GainPair(own: own, other: other, lead: leads.first { $0.own.isSame(as: own) && $0.other?.isSame(as: other) == true })
            }
        }
        func isClaimed(_ pair: GainPair) -> Bool {
            pair.lead != nil || leads.contains { $0.own.isSame(as: pair.other) && $0.other?.isSame(as: pair.own) == true }
        }
        return all.map(\.own.family).unique.flatMap { family in
            let pairs = all.filter { $0.own.family == family }
            return pairs.filter(\.isOnLikeTerms) + pairs.filter { !$0.isOnLikeTerms && isClaimed($0) }
        }
    }

    /// Policies on the same tasks that `own` is compared with: all of other agents, and of its own agent those that are not personalized.
    func opponents(of own: PolicyScores) -> [PolicyScores] {
        let isPersonal = own.group.isPersonalized(own.policy)
        return scores(own.metric).filter { other in
            other.family == own.family && other.set == own.set
                && (other.group.agent != own.group.agent
                    || (other.group.label == own.group.label && isPersonal && PolicyName.stem(other.policy) != PolicyName.personal))
        }
    }
}

extension PolicyScores {
    func isSame(as other: PolicyScores) -> Bool {
        family == other.family && group.label == other.group.label && policy == other.policy && set == other.set && metric == other.metric
    }
}
