import Runs

extension Table {
    /// Every claim of the papers beside what was measured.
    static func claims(_ claims: [JudgedClaim]) -> Table { self.claims(claims.flatMap(\.tableRows), notes: notes(claims)) }

    /// A table of such rows. It has a column of reasons where one is known.
    static func claims(_ rows: [ClaimRow], notes: String) -> Table {
        let explains = rows.contains { !$0.reason.isEmpty }
        var table = Table(
            name: "claims", title: "What the paper claims",
            columns: [
                Column("source"), Column("family"), Column("claim"), Column("the paper"), Column("ours", numeric: true), Column("agreement"),
                Column("how sure"),
            ] + (explains ? [Column("why it differs")] : []), notes: notes)
        table.rows = rows.map { row in
            [
                Cell(row.source), Cell(row.place), Cell(row.what), Cell(row.paper), row.ours, Cell(row.agreement), Cell(row.certainty),
            ] + (explains ? [Cell(row.reason)] : [])
        }
        return table
    }

    static func notes(_ claims: [JudgedClaim]) -> String {
        let kinds = claims.map(\.claim.statement)
        var notes = [JudgedClaim.papers(claims)]
        if kinds.contains(where: { if case .numbers = $0 { false } else { true } }) {
            notes.append("""
                Ours, of a lead: the gain in per cent with its 95% bootstrap interval, then both means ± standard deviation over seeds. It \
                agrees if the first is significantly ahead and a claimed number is in the interval. Two policies that are level in the paper \
                agree if they do not differ significantly. \(Agreement.slightRule) \(Order.rule) The claim says after how many adaptation episodes \
                each policy was evaluated, where these differ. P: the probability that a seed of the first is better; p: of the rank \
                test, in the direction of the observed difference.
                """)
        }
        if kinds.contains(where: { if case .numbers = $0 { true } else { false } }) {
            notes.append("""
                Ours, of a number: mean ± standard deviation over seeds. It agrees if the 95% interval of our mean (Student's) overlaps the paper's \
                number ± its deviation.
                """)
        }
        let remarks = claims.filter { !$0.claim.note.isEmpty }.map { claim in
            let families = claim.claim.families.map { ", " + Format.list($0) } ?? ""
            return "\(claim.claim.source)\(families): \(claim.claim.note)"
        }.unique
        return (notes + remarks).joined(separator: " ")
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
}

extension JudgedClaim {
    var tableRows: [ClaimRow] {
        rows.map { row in
            let isUnjudged = row.ours == .none || row.agreement.hasPrefix(Agreement.tooFew.text)
            return ClaimRow(
                source: claim.source, place: family, what: row.what + about, paper: row.paper, ours: row.ours, agreement: row.agreement,
                certainty: row.certainty, reason: isUnjudged || row.agreement == Agreement.agrees.text ? "" : claim.reason)
        }
    }

    /// What of the runs a claim is about, where that is not the final return on training tasks.
    fileprivate var about: String {
        var parts: [String] = []
        switch claim.statistic {
        case .final: break
        case .best: parts.append("best evaluation")
        case .lastFive: parts.append("mean of the last five evaluations")
        case .mean: parts.append("mean of all evaluations")
        }
        if claim.metric != Metric.episodeReturn.name { parts.append(Metric.named(claim.metric).title) }
        if claim.set == .test { parts.append("unseen tasks") }
        parts += claim.settings.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
    }
}
