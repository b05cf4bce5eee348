import Runs

extension Table {
    /// The gain of personalized policies over every other policy, beside the paper's. No rows if no run has personalized policies.
    static func gain(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "gain", title: "Gain of the personalized policies",
            columns: [
                Column("family"), Column("personalized policies of"), Column("over"), gainColumn, chanceColumn, Column("p", numeric: true),
                Column("the paper's gain", numeric: false), Column("agreement"),
            ],
            notes: gainNotes + " " + PaperClaims.source + " " + Agreement.rule)
        for own in comparison.scores where own.policy == PolicyName.personal {
            for other in comparison.opponents(of: own) {
                let compared = ComparedGain(own, over: other)
                let lead = PaperClaims.lead(agent: own.group.agent, family: own.family, over: other.group.agent, other.policy)
                let agreement = lead.map { compared.agreement(with: $0).text } ?? "–"
                table.rows.append(
                    own.group.cells + [Cell(Table.name(of: other, beside: own))] + compared.cells
                        + [Cell(lead?.text ?? "–"), Cell(compared.remark ?? agreement)])
            }
        }
        return table
    }

    /// The same of the meta-policies of agents that have personalized ones, on training tasks and on unseen ones.
    static func metaGain(_ comparison: Comparison) -> Table {
        var table = Table(
            name: "gain-meta", title: "Gain of the meta-policy",
            columns: [
                Column("family"), Column("meta-policy of"), Column("tasks"), Column("over"), gainColumn, chanceColumn, Column("p", numeric: true),
                Column("significance"),
            ],
            notes: "Columns as in the gain of the personalized policies; significant by the same rule.")
        let pairs = comparison.scores.filter { own in
            own.policy == PolicyName.meta && (own.set == .train || comparison.unseen.contains { $0.isSame(as: own) })
                && comparison.scores.contains { $0.group.agent == own.group.agent && $0.policy == PolicyName.personal }
        }
        for own in pairs {
            for other in comparison.opponents(of: own) where other.policy == PolicyName.meta {
                let compared = ComparedGain(own, over: other)
                table.rows.append(
                    own.group.cells + [Cell(own.set.title), Cell(other.group.label)] + compared.cells
                        + [Cell(compared.remark ?? compared.gain?.order.text ?? "–")])
            }
        }
        return table
    }

    private static let gainColumn = Column("gain, % [95% interval]", numeric: true, name: "gain %")
    private static let chanceColumn = Column("P(higher) [95% interval]", numeric: true, name: "P(higher)")
    private static let gainNotes = """
        Gain: (mean − other's mean) / |other's mean| of final returns, so that positive is better even if returns are negative. It is left out if \
        the other's seeds do not all have the same sign. Its interval: percentile bootstrap, drawing whole seeds of both. P(higher): the \
        probability that a seed of the first has a higher return than a seed of the other, where a tie counts half, computed for each task and \
        averaged over tasks (rliable's probability of improvement), with its stratified bootstrap interval. With three seeds bootstrap intervals \
        are too narrow. p: of the exact rank test, one-sided, in the direction of the observed difference.
        """

    private static func name(of other: PolicyScores, beside own: PolicyScores) -> String {
        other.group.label == own.group.label ? "its \(other.title)" : other.name
    }
}

/// A comparison of two policies' final returns, if they can be compared.
struct ComparedGain {
    let gain: Gain?
    /// Why they can't be compared.
    let remark: String?

    init(_ own: PolicyScores, over other: PolicyScores) {
        let differences = Comparison.differences([own, other])
        gain = differences.isEmpty ? Gain(own.returns, over: other.returns) : nil
        remark = differences.isEmpty ? nil : "not compared: different \(differences.joined(separator: ", "))"
    }

    func agreement(with lead: PaperClaims.Lead) -> Agreement { gain.map { Agreement($0, lead) } ?? .unchecked }

    /// Gain, probability of improvement and p.
    var cells: [Table.Cell] {
        guard let gain else { return [.none, .none, .none] }
        let relative = gain.relative.map { share in
            let percent = gain.interval.map { $0.lowerBound * 100...$0.upperBound * 100 }
            return Table.Cell.interval(share * 100, percent) { Format.percent($0 / 100) }
        }
        return [
            relative ?? .none, .interval(gain.probability, gain.probabilityInterval) { Format.number($0, decimals: 2) },
            Table.Cell(Format.chance(gain.chance), number: Table.Number(gain.chance)),
        ]
    }
}

extension Order {
    var text: String {
        switch self {
        case .above: "higher"
        case .below: "lower"
        case .undecided: "not significant"
        case .tooFew: "too few seeds"
        }
    }
}

extension Format {
    /// A probability of a test: `0.05`, `0.003`, `< 0.001`.
    static func chance(_ value: Double) -> String {
        guard value.isFinite else { return "–" }
        return value < 0.001 ? "< 0.001" : number(value, decimals: value < 0.01 ? 3 : 2)
    }
}

extension Comparison {
    /// Policies on the same tasks that `own` is compared with: its own meta-policy and all of other agents.
    func opponents(of own: PolicyScores) -> [PolicyScores] {
        scores.filter { other in
            other.family == own.family && other.set == own.set
                && (other.group.agent != own.group.agent
                    || (other.group.label == own.group.label && own.policy == PolicyName.personal && other.policy == PolicyName.meta))
        }
    }
}

extension PolicyScores {
    func isSame(as other: PolicyScores) -> Bool {
        family == other.family && group.label == other.group.label && policy == other.policy && set == other.set
    }
}
