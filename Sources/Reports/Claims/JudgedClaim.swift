import Environments
import Runs

/// A lead that a paper claims, beside what was measured.
struct JudgedLead {
    var own: PolicyScores
    /// Nil where there is no finished run, or its runs have no such policy.
    var other: PolicyScores?
    /// The other's name as the claim has it.
    var otherName: String
    var size: PaperClaims.Size
    /// Where the paper says so.
    var source: String
    /// Nil where the two may not be compared.
    var gain: Gain?
    /// Why not.
    var remark: String?
    var statistic: PaperClaims.Statistic

    var metric: Metric { own.metric }
    var set: TaskSet { own.set }
    /// Of both policies; nil where there is no other.
    var terms: (own: AdaptationTerms, other: AdaptationTerms)? { other.map { (AdaptationTerms(own), AdaptationTerms($0)) } }
    /// Of both policies, with their tasks where these differ.
    var names: (own: String, other: String) {
        guard let other else { return (own.name, otherName) }
        func name(_ scores: PolicyScores) -> String { scores.name + (own.set == other.set ? "" : " on \(scores.set.title) tasks") }
        return (name(own), name(other))
    }
    /// True unless the two had different numbers of adaptation episodes.
    var isOnLikeTerms: Bool { terms.map { $0.own == $0.other } ?? true }
    var agreement: Agreement { gain.map { Agreement($0, size) } ?? .unchecked }
    /// With few seeds little is significant: a reader must see that this is all that the agreement says, and where the seeds say more.
    var agreementText: String {
        switch (agreement, size) {
        case (.undecided, .level): agreement.text + "; too few seeds to call them level"
        case (.undecided, .percent(let claimed)) where gain?.interval?.contains(claimed / 100) == false:
            agreement.text + "; the claimed gain is outside of the interval"
        default: agreement.text
        }
    }
}

/// A claim on one family, beside what was measured.
struct JudgedClaim {
    struct Row {
        /// What is claimed, but for the number.
        var what: String
        var paper: String
        var ours: Table.Cell
        var agreement: String
        var certainty: String
        /// Two policies that are there.
        var isPair = false
    }

    var paper: PaperClaims
    var claim: PaperClaims.Claim
    var family: String
    var rows: [Row] = []
    var leads: [JudgedLead] = []
    /// Those by which policies were compared.
    var tests: Set<Order.Test> = []
    /// The comparison's policies by agent, for their names.
    private let groups: [RunGroup]

    /// Every claim on the families that the report has, in the order of the claims.
    static func all(_ paper: PaperClaims, _ comparison: Comparison) -> [JudgedClaim] {
        paper.claims.flatMap { claim in
            comparison.families.filter { claim.families?.contains($0) ?? true }.map { JudgedClaim(paper, claim, $0, comparison) }
        }
    }

    /// The papers and their main results, in sentences.
    static func papers(_ claims: [JudgedClaim]) -> String {
        let papers = claims.map(\.paper)
        return papers.map(\.paper).unique.map { title in
            let summary = papers.first { $0.paper == title && !$0.summary.isEmpty }?.summary ?? ""
            return "The paper: \(title)." + (summary.isEmpty ? "" : " " + summary)
        }.joined(separator: " ")
    }

    private init(_ paper: PaperClaims, _ claim: PaperClaims.Claim, _ family: String, _ comparison: Comparison) {
        self.paper = paper
        self.claim = claim
        self.family = family
        groups = comparison.groups
        let metric = comparison.metrics.first { $0.name == claim.metric } ?? Metric.named(claim.metric)
        func absence(_ policy: PaperClaims.Policy) -> String { JudgedClaim.absence(policy, claim, family, metric, comparison) }
        let scores = comparison.scores(metric).filter { $0.family == family }
        func found(_ policy: PaperClaims.Policy) -> [PolicyScores] {
            scores.filter { own in
                own.group.isCalled(policy.agent, hasSettings: !claim.settings.isEmpty) && own.policy == policy.policy
                    && own.set == policy.set ?? claim.set && !own.seeds.isEmpty
                    && claim.settings.allSatisfy { own.group.runs.first?.settings[$0.key] == $0.value }
            }
        }
        switch claim.statement {
        case .lead(let own, let others):
            let ours = found(own)
            for lead in others {
                let variants = found(lead.other)
                for mine in ours {
                    for theirs in variants.isEmpty ? [nil] : Comparison.counterparts(of: mine, among: variants).map(Optional.some) {
                        leads.append(JudgedLead(mine, over: theirs, lead, claim, otherName: name(lead.other), absence: absence(lead.other)))
                    }
                }
                let text = "\(name(own)) over \(name(lead.other))"
                if ours.isEmpty { rows.append(missing(text, lead.size.text, absence(own))) }
            }
            rows += leads.map(row)
            tests = Set(leads.compactMap(\.gain?.test))
        case .order(let policies):
            rows = order(policies, policies.map { found($0) }, absence)
        case .numbers(let printed):
            for item in printed {
                let own = found(item.policy)
                let text = Format.printed(item.number)
                if own.isEmpty { rows.append(missing(name(item.policy), text, absence(item.policy))) }
                rows += own.map { number($0, item.number, text) }
            }
        }
    }

    /// A policy as tables name it, by the titles that the agent gives its policies where the report has runs of it.
    private func name(_ policy: PaperClaims.Policy) -> String {
        let set = policy.set.map { " on \($0.title) tasks" } ?? ""
        if let group = groups.first(where: { $0.agent == policy.agent && $0.policies.contains(policy.policy) }) {
            return group.name(policy.policy) { "\($0)'s \($1)" } + set
        }
        // An agent with a meta-policy alone is called by its own name.
        let named = paper.claims.flatMap(\.policies) + groups.filter { $0.agent == policy.agent }.flatMap { group in
            group.policies.map { PaperClaims.Policy(agent: group.agent, policy: $0) }
        }
        let isAlone = policy.policy == PolicyName.meta
            && named.allSatisfy { $0.agent != policy.agent || PolicyName.stem($0.policy) == PolicyName.meta }
        return (isAlone ? policy.agent : "\(policy.agent)'s \(PolicyName.title(policy.policy))") + set
    }

    /// Why there are no final values of a policy: it has no finished run, or its runs have other policies.
    private static func absence(
        _ policy: PaperClaims.Policy, _ claim: PaperClaims.Claim, _ family: String, _ metric: Metric, _ comparison: Comparison
    ) -> String {
        let groups = comparison.groups.filter { group in
            group.family == family && group.isCalled(policy.agent, hasSettings: !claim.settings.isEmpty) && !group.counted.isEmpty
                && claim.settings.allSatisfy { group.runs.first?.settings[$0.key] == $0.value }
        }
        guard !groups.isEmpty else { return "no finished run of \(policy.agent)" }
        let policies = groups.flatMap(\.policies).unique
        if policies.contains(policy.policy) {
            return "\(policy.agent)'s runs have no \(metric.title) of '\(policy.policy)' on \((policy.set ?? claim.set).title) tasks"
        }
        let have = policies.isEmpty ? "they have no evaluation" : "they have \(Format.list(policies.map { "'\($0)'" }))"
        return "\(policy.agent)'s runs have no policy '\(policy.policy)'; \(have)"
    }

    private func missing(_ what: String, _ paper: String, _ absence: String) -> Row {
        Row(what: what, paper: paper, ours: .none, agreement: absence, certainty: "–")
    }

    private func row(_ lead: JudgedLead) -> Row {
        let names = lead.names, what = "\(names.own) over \(names.other)"
            + (lead.isOnLikeTerms ? "" : lead.terms.map { ", " + AdaptationTerms.phrase($0.own, $0.other) } ?? "")
        guard let gain = lead.gain else {
            return Row(
                what: what, paper: lead.size.text, ours: .none, agreement: lead.remark ?? lead.agreementText, certainty: "–",
                isPair: lead.other != nil)
        }
        var ours = gain.cell
        let both = [lead.own, lead.other].map { scores in scores.map { Format.spread($0.seedMeans(claim.statistic)) } ?? "–" }
            .joined(separator: " against ")
        ours.text = gain.text.map { "\($0); \(both)" } ?? both
        let certainty = "p \(Format.chance(gain.chance)) (\(gain.test.name))"
        return Row(what: what, paper: lead.size.text, ours: ours, agreement: lead.agreementText, certainty: certainty, isPair: true)
    }

    /// The claimed order in each choice of one variant of every policy that can be compared, an agent's policies from the same runs; of the first
    /// variants where none can.
    ///
    /// - Parameter found: of each policy, its variants.
    private mutating func order(
        _ policies: [PaperClaims.Policy], _ found: [[PolicyScores]], _ absence: (PaperClaims.Policy) -> String
    ) -> [Row] {
        if let first = found.firstIndex(where: \.isEmpty) {
            return [missing(policies.map(name).joined(separator: ", then "), Self.inThisOrder, absence(policies[first]))]
        }
        let all = found.reduce([[]]) { begun, variants in begun.flatMap { own in variants.map { own + [$0] } } }
        let ofSameRuns = all.filter { scores in Set(scores.map(\.group.label)).count == Set(scores.map(\.group.agent)).count }
        let choices = ofSameRuns.isEmpty ? all : ofSameRuns
        let comparable = choices.filter { Comparison.obstacle($0) == nil }
        return (comparable.isEmpty ? Array(choices.prefix(1)) : comparable).map { order($0, policies.map(name)) }
    }

    private static let inThisOrder = "in this order"

    /// Judged pair by pair of neighbours.
    private mutating func order(_ scores: [PolicyScores], _ policies: [String]) -> Row {
        let names = zip(scores, policies).map { $0.group.label == $0.group.agent ? $1 : $0.name }
        let what = names.joined(separator: ", then "), paper = Self.inThisOrder
        let ours = Table.Cell(scores.map { Format.spread($0.seedMeans(claim.statistic)) }.joined(separator: ", "))
        if let obstacle = Comparison.obstacle(scores) { return Row(what: what, paper: paper, ours: ours, agreement: obstacle, certainty: "–") }
        let gains = zip(scores, scores.dropFirst()).map { own, other in own.gain(over: other, claim.statistic) }
        tests.formUnion(gains.map(\.test))
        func pairs(_ order: Order) -> String? {
            let pairs = gains.indices.filter { gains[$0].order == order }.map { "\(names[$0]) before \(names[$0 + 1])" }
            return pairs.isEmpty ? nil : pairs.joined(separator: "; ")
        }
        let agreement: String
        if let pairs = pairs(.below) {
            agreement = "\(Agreement.disagrees.text): \(pairs)"
        } else if pairs(.tooFew) != nil {
            agreement = Agreement.tooFew.text
        } else if let pairs = pairs(.undecided) {
            agreement = "\(Agreement.undecided.text): \(pairs)"
        } else {
            agreement = Agreement.agrees.text
        }
        return Row(
            what: what, paper: paper, ours: ours, agreement: agreement,
            certainty: "p " + gains.map { Format.chance($0.chance) }.joined(separator: ", ")
                + " (\(gains.map(\.test.name).unique.joined(separator: ", ")))")
    }

    private func number(_ own: PolicyScores, _ printed: PaperClaims.Number, _ text: String) -> Row {
        let values = own.seedMeans(claim.statistic), interval = Statistics.meanInterval(values)
        let difference = Statistics.mean(values) - printed.value
        let width = interval.map { ($0.upperBound - $0.lowerBound) / 2 } ?? .infinity
        let decimals = Format.decimals(for: abs(printed.value), beside: min(abs(difference), width))
        var certainty = (difference < 0 ? "" : "+") + Format.number(difference, decimals: decimals)
        if let interval {
            certainty += "; our mean's 95% interval \(Format.number(interval.lowerBound, decimals: decimals)) to "
                + Format.number(interval.upperBound, decimals: decimals)
        }
        return Row(
            what: own.name, paper: text, ours: .spread(values, interval: interval),
            agreement: Agreement(values, printed, own.metric).text, certainty: certainty)
    }
}

extension RunGroup {
    /// By its own name; where settings tell variants apart, by the name of the agent that it is a variant of, too.
    func isCalled(_ name: String, hasSettings: Bool) -> Bool {
        agent == name || hasSettings && runs.first?.baseAgent == name
    }
}

extension JudgedLead {
    /// - Parameter absence: why `other` is nil.
    init(
        _ own: PolicyScores, over other: PolicyScores?, _ lead: PaperClaims.Lead, _ claim: PaperClaims.Claim, otherName: String, absence: String
    ) {
        self.own = own
        self.other = other
        self.statistic = claim.statistic
        size = lead.size
        source = claim.source
        self.otherName = otherName
        guard let other else {
            remark = absence
            return
        }
        remark = Comparison.obstacle([own, other])
        if remark == nil { gain = own.gain(over: other, claim.statistic) }
    }
}

extension PaperClaims.Claim {
    /// Those that it names.
    fileprivate var policies: [PaperClaims.Policy] {
        switch statement {
        case .lead(let own, let others): [own] + others.map(\.other)
        case .order(let policies): policies
        case .numbers(let printed): printed.map(\.policy)
        }
    }
}

extension Format {
    /// `197.13 ± 0.45`, with the paper's own digits as far as they matter.
    static func printed(_ number: PaperClaims.Number) -> String {
        func text(_ value: Double) -> String {
            for decimals in 0..<4 where abs(value - (value * [1, 10, 100, 1000][decimals]).rounded() / [1, 10, 100, 1000][decimals]) < 1e-9 {
                return Format.number(value, decimals: decimals)
            }
            return Format.number(value, decimals: 4)
        }
        return text(number.value) + (number.deviation.map { " ± " + text($0) } ?? "")
    }
}
