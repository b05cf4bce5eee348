import Foundation
import Reports
import TabularPMetaRL

/// Theorems 1 and 2 of pMeta-RL, measured with exact operators on small tables (`TheoryCheck`): needs no runs.
package struct Theorems: Study {
    package static let name = "theorems"

    /// A fitted slope this far from the theorem's still agrees.
    private static let tolerance = 0.2

    package init() {}

    package func result(_ context: StudyContext) throws -> StudyResult {
        let claims = TheoryCheck.all(seed: 10)
        var blocks: [StudyResult.Block] = [.text("""
            Five tasks on a grid of 6 x 6 cells that differ in their landmarks; rewards are minus the distance over 12, an action slips with probability \
            0.1, the discount is 0.9. Tables are exact: every state and action is updated with its true expectation, or in Theorem 1 with one \
            sampled next state. Dashed: the slope that follows from the theorem.
            """)]
        for claim in claims {
            blocks += [.text("\(claim.theorem): \(claim.statement)"), .plot(Self.plot(claim))]
        }
        return StudyResult(
            name: Self.name, title: "The theorems", blocks: blocks + [.table(Self.slopes(claims)), .table(Self.conditions(claims))],
            claims: claims.flatMap(Self.judged))
    }

    private static func plot(_ claim: TheoryClaim) -> LinePlot {
        let series = claim.series.map { own in LinePlot.Series(own.name, own.points.map { .init($0.x, $0.y) }) }
        let references = Dictionary(grouping: claim.series, by: \.theorySlope).sorted { $0.key < $1.key }.compactMap { slope, own in
            // Through the last point of the longest line.
            own.max { $0.points.count < $1.points.count }.flatMap { line -> LinePlot.Series? in
                guard let first = line.points.first, let last = line.points.last else { return nil }
                return LinePlot.Series(
                    "slope \(number(slope))", [.init(first.x, last.y * pow(first.x / last.x, slope)), .init(last.x, last.y)], isReference: true)
            }
        }
        return LinePlot(
            name: fileName(claim), title: claim.title, caption: "Both axes are logarithmic. \(claim.theorem).",
            xTitle: claim.xTitle, yTitle: claim.yTitle, xScale: .logarithmic, yScale: .logarithmic,
            panels: [.init(title: claim.theorem, series: series + references)])
    }

    private static func fileName(_ claim: TheoryClaim) -> String {
        let words = claim.title.lowercased().split { !($0.isLetter || $0.isNumber) }.joined(separator: "-")
        return "theory-\(words)"
    }

    private static func slopes(_ claims: [TheoryClaim]) -> Table {
        var table = Table(
            name: "theory-slopes", title: "Fitted slopes",
            columns: [
                .init("theorem"), .init("measured"), .init("line"), .init("fitted from", numeric: true), .init("slope", numeric: true),
                .init("the theorem's slope", numeric: true),
            ],
            notes: "Least squares of the logarithms, from the given place on.")
        for claim in claims {
            for line in claim.series {
                func place(_ x: Double) -> Table.Cell { .init(number(x), number: .init(x)) }
                table.rows.append([
                    .init(claim.theorem), .init(claim.title), .init(line.name), place(max(line.fitFrom, line.points.first?.x ?? 0)),
                    .init(number(line.slope), number: .init(line.slope)), .init(number(line.theorySlope), number: .init(line.theorySlope)),
                ])
            }
        }
        return table
    }

    private static func conditions(_ claims: [TheoryClaim]) -> Table {
        var table = Table(
            name: "theory-conditions", title: "What the proofs need, and whether the measurement has it",
            columns: [.init("theorem"), .init("condition"), .init("measured with"), .init("met")], notes: "")
        var seen: Set<[String]> = []
        for claim in claims {
            for condition in claim.conditions {
                let row = [claim.theorem, condition.condition, condition.measured, condition.isMet ? "yes" : "no"]
                if seen.insert(row).inserted { table.rows.append(row.map { .init($0) }) }
            }
        }
        // Two measurements of a theorem share some.
        let remarks = claims.flatMap { claim in claim.remarks.map { "\(claim.theorem): \($0)" } }
        table.remarks = remarks.enumerated().filter { remarks.firstIndex(of: $1) == $0 }.map(\.element)
        return table
    }

    private static func judged(_ claim: TheoryClaim) -> [StudyResult.Claim] {
        let bounds = claim.bounds.map { bound in
            StudyResult.Claim(
                source: claim.theorem, place: "6 x 6 grid", claim: "\(claim.title): \(bound.name)", paper: "at most \(number(bound.bound))",
                ours: number(bound.value), agreement: bound.holds ? "agrees" : "does not agree", certainty: "exact tables")
        }
        return bounds + claim.series.map { line in
            let verdict = verdict(line.slope, theory: line.theorySlope), agrees = verdict == "agrees"
            return StudyResult.Claim(
                source: claim.theorem, place: "6 x 6 grid", claim: "\(claim.title): slope, \(line.name)",
                paper: number(line.theorySlope), ours: number(line.slope),
                agreement: verdict,
                certainty: "exact tables; fitted over \(line.points.filter { $0.x >= line.fitFrom }.count) points",
                reason: agrees ? nil : line.reason)
        }
    }

    /// Of a fitted slope.
    package static func verdict(_ slope: Double, theory: Double) -> String {
        if abs(slope - theory) <= tolerance { return "agrees" }
        if slope * theory < 0 { return "does not agree" }
        return abs(slope) > abs(theory) ? "steeper" : "flatter"
    }

    /// `−0.5`, `2`
    private static func number(_ value: Double) -> String {
        let text = String(format: "%.3g", abs(value))
        return (value < 0 ? "−" : "") + text
    }
}
