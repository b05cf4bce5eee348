import Runs

extension Table {
    /// Every claim of the papers beside what was measured.
    static func claims(_ claims: [JudgedClaim]) -> Table { self.claims(claims.flatMap(\.tableRows), of: claims) }

    /// Those that no table of pairs has: numbers, orders, and leads of which a policy is missing.
    static func otherClaims(_ claims: [JudgedClaim]) -> Table {
        let others = claims.filter { !$0.tableRows.allSatisfy(\.isPair) }
        var table = self.claims(others.flatMap(\.tableRows).filter { !$0.isPair }, of: others)
        (table.name, table.title) = ("other-claims", "What else the paper claims")
        return table
    }

    /// A table of such rows. It has a column of reasons where one is known.
    ///
    /// - Parameter claims: what the notes explain.
    static func claims(_ rows: [ClaimRow], of claims: [JudgedClaim]) -> Table {
        let explains = rows.contains { !$0.reason.isEmpty }
        var table = Table(
            name: "claims", title: "What the paper claims",
            columns: [
                Column("source"), Column("family"), Column("claim"), Column("the paper"), Column("ours", numeric: true), Column("agreement"),
                Column("how sure"),
            ] + (explains ? [Column("why it differs")] : []), notes: JudgedClaim.papers(claims))
        table.remarks = remarks(claims)
        table.rows = rows.map { row in
            [
                Cell(row.source), Cell(row.place), Cell(row.what), Cell(row.paper), row.ours, Cell(row.agreement), Cell(row.certainty),
            ] + (explains ? [Cell(row.reason)] : [])
        }
        return table
    }

    /// How claims are judged, then what each claim's file says of it.
    static func remarks(_ claims: [JudgedClaim]) -> [String] {
        let sizes = claims.flatMap(\.leads).map(\.size), kinds = claims.map(\.claim.statement)
        var rules: [String] = []
        if !sizes.isEmpty {
            let isNumbered = sizes.contains { if case .percent = $0 { true } else { false } }
            rules.append([
                sizes.allSatisfy { $0 == .level } ? ""
                    : "A lead agrees if the first is significantly ahead" + (isNumbered ? ", and if a claimed number is in the interval." : "."),
                sizes.contains(.level) ? Agreement.levelRule : "", sizes.contains(.slight) ? Agreement.slightRule : "",
            ].filter { !$0.isEmpty }.joined(separator: " "))
        }
        if kinds.contains(where: { if case .order = $0 { true } else { false } }) {
            rules.append("An order: it is judged pair by pair of neighbours; p of each. The pairs for which it does not hold are named.")
        }
        let tests = Set(claims.flatMap(\.tests))
        if !tests.isEmpty { rules.append(Order.rule(tests)) }
        if kinds.contains(where: { if case .numbers = $0 { true } else { false } }) {
            rules.append("""
                A number: mean ± standard deviation over seeds. It agrees if the 95% interval of our mean (Student's) overlaps the paper's number \
                ± its deviation.
                """)
        }
        return rules + notes(claims)
    }

    /// Each note of a claim once, behind the claims that it is about: `Table V, cart-pole and mountain-car: ...`.
    private static func notes(_ claims: [JudgedClaim]) -> [String] {
        claims.map(\.claim.note).unique.filter { !$0.isEmpty }.flatMap { note -> [String] in
            let own = claims.filter { $0.claim.note == note }
            return own.map(\.claim.source).unique.map { source in
                let families = own.filter { $0.claim.source == source }.flatMap { $0.claim.families ?? [] }.unique
                return source + (families.isEmpty ? "" : ", " + Format.list(families)) + ": " + note
            }
        }
    }
}

extension [String] {
    /// Of what agrees and what doesn't, the most frequent first and without details: `agrees: 15; does not agree: 11`.
    var tally: String {
        let counts = Dictionary(grouping: self) { $0.prefix { $0 != ":" && $0 != ";" } }.map { (verdict: $0.key, count: $0.value.count) }
        return counts.sorted { ($1.count, $0.verdict) < ($0.count, $1.verdict) }.map { "\($0.verdict): \($0.count)" }.joined(separator: "; ")
    }
}

/// A line of the table of claims.
struct ClaimRow {
    var source: String
    /// The family, or what else the claim is about.
    var place: String
    var what: String
    var paper: String
    var ours: Table.Cell
    var agreement: String
    var certainty: String
    /// Empty where the claim agrees, or nobody knows.
    var reason: String
    /// Two policies that are there, which the table of pairs has, too.
    var isPair = false
}

extension JudgedClaim {
    var tableRows: [ClaimRow] {
        rows.map { row in
            let isUnjudged = row.ours == .none || row.agreement.hasPrefix(Agreement.tooFew.text)
            return ClaimRow(
                source: claim.source, place: family, what: row.what + about, paper: row.paper, ours: row.ours, agreement: row.agreement,
                certainty: row.certainty, reason: isUnjudged || row.agreement == Agreement.agrees.text ? "" : claim.reason,
                isPair: row.isPair)
        }
    }

    /// What of the runs a claim is about, where that is not the final return on training tasks.
    fileprivate var about: String {
        var parts: [String] = []
        if let words = claim.statistic.words { parts.append(words) }
        if claim.metric != Metric.episodeReturn.name { parts.append(Metric.named(claim.metric).title) }
        if claim.set == .test { parts.append("unseen tasks") }
        parts += claim.settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
    }
}

extension PaperClaims.Statistic {
    /// As sentences name it; nil of the final values, which go without saying.
    var words: String? {
        switch self {
        case .final: nil
        case .best: "best evaluation"
        case .lastFive: "mean of the last five evaluations"
        case .mean: "mean of all evaluations"
        }
    }
}
