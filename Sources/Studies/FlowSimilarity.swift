import Environments
import Formats
import Foundation
import Reports
import Runs

/// Figures 1 and 9 of pGFlowMeta as measured curves, from the runs of flow-table4: how GFlowMeta's L1 error and the distance between the
/// tasks' networks and the meta network develop on similar and on distinct tasks.
struct FlowSimilarity: Study {
    static let name = "flow-similarity"
    private static let experiment = "flow-table4"

    /// Runs of one agent on one family, or a variant of it.
    private struct Group {
        var agent: String
        var family: String
        var isSimilar: Bool
        var errors: [LinePlot.Point]
        var distances: [LinePlot.Point]
    }

    func result(_ context: StudyContext) throws -> StudyResult {
        let finished = context.finishedRuns(of: Self.experiment)
        guard !finished.isEmpty else { throw StudyUnavailable("no run of \(Self.experiment) is finished, which it needs") }
        let runs = try finished.map { (directory: $0, configuration: try $0.configuration()) }
        let grouped = Dictionary(grouping: runs) { "\($0.configuration.agent)/\($0.configuration.familyVariant ?? $0.configuration.family)" }
        let groups = try grouped.sorted { $0.key < $1.key }.map { _, runs in
            let first = runs[0].configuration
            return Group(
                agent: first.agent, family: first.family, isSimilar: (first.familyVariant ?? "").contains("similar"),
                errors: mean(try runs.map { try Self.errors($0.directory) }), distances: mean(try runs.map { try Self.distances($0.directory) }))
        }
        let families = Set(groups.map(\.family)).sorted()
        func panels(_ agents: [String], _ points: (Group) -> [LinePlot.Point]) -> [LinePlot.Panel] {
            families.map { family in
                let shown = groups.filter { $0.family == family && agents.contains($0.agent) }
                return .init(title: family, series: shown.map { group in
                    .init("\(agents.count > 1 ? group.agent + ", " : "")\(group.isSimilar ? "similar" : "distinct")", points(group))
                })
            }
        }
        let seeds = Set(runs.map(\.configuration.seed)).count, words = "\(seeds) seed\(seeds == 1 ? "" : "s")"
        let errors = LinePlot(
            name: "flow-similarity-error", title: "GFlowMeta on similar and distinct tasks (Figure 1)",
            caption: """
                Empirical L1 error of gflow-meta's meta-policy over the last 2,000 trajectories; mean of \(words). The paper shows frozen-lake.
                """,
            xTitle: "trajectories of all tasks", yTitle: "empirical L1 error", yScale: .logarithmic, panels: panels(["gflow-meta"], \.errors))
        let distances = LinePlot(
            name: "flow-similarity-distance", title: "Distance from the meta network (Figure 9)",
            caption: """
                Euclidean distance between the parameters of a task's network, the personalized one for pgflow-meta, and the meta network at the \
                end of each round; mean over tasks and \(words). The paper has a sketch.
                """,
            xTitle: "rounds", yTitle: "distance", panels: panels(["gflow-meta", "pgflow-meta"], \.distances))
        return StudyResult(
            name: Self.name, title: "Similar and distinct tasks", blocks: [.plot(errors), .plot(distances)],
            claims: families.flatMap { family in claims(groups.filter { $0.family == family }, family, words) })
    }

    private func claims(_ groups: [Group], _ family: String, _ seeds: String) -> [StudyResult.Claim] {
        func last(_ agent: String, _ isSimilar: Bool, _ points: (Group) -> [LinePlot.Point]) -> Double? {
            groups.first { $0.agent == agent && $0.isSimilar == isSimilar }.flatMap { points($0).last?.y }
        }
        func claim(_ source: String, _ what: String, _ similar: Double?, _ distinct: Double?) -> StudyResult.Claim? {
            guard let similar, let distinct else { return nil }
            return .init(
                source: source, place: family, claim: what, paper: "larger on distinct tasks",
                ours: String(format: "%.4g on similar, %.4g on distinct", similar, distinct),
                agreement: distinct > similar ? "agrees" : "does not agree",
                certainty: "mean of \(seeds)")
        }
        return [
            claim("Figure 1", "GFlowMeta's empirical L1 error", last("gflow-meta", true, \.errors), last("gflow-meta", false, \.errors)),
            claim("Figure 9", "GFlowMeta's distance", last("gflow-meta", true, \.distances), last("gflow-meta", false, \.distances)),
            claim("Figure 9", "pGFlowMeta's distance", last("pgflow-meta", true, \.distances), last("pgflow-meta", false, \.distances)),
        ].compactMap { $0 }
    }

    /// The meta-policy's error at each evaluation that has one, mean over training tasks.
    private static func errors(_ run: RunDirectory) throws -> [LinePlot.Point] {
        let records = try MetricRecord.read(run.evaluationsFile).filter {
            $0.metric == Metric.empiricalL1.name && $0.policy == PolicyName.meta && $0.taskSet == .train
        }
        return Dictionary(grouping: records, by: \.spent).sorted { $0.key < $1.key }
            .map { LinePlot.Point(Double($0), $1.reduce(0) { $0 + $1.value } / Double($1.count)) }
    }

    /// The distance at the end of each round.
    private static func distances(_ run: RunDirectory) throws -> [LinePlot.Point] {
        let table = try TableFile.read(run.progressFile)
        guard let column = table.columns.firstIndex(of: "metaDistance") else { return [] }
        return table.rows.compactMap { Double($0[column]) }.enumerated().map { LinePlot.Point(Double($0 + 1), $1) }
    }

    /// Point by point, as far as all runs have them.
    private func mean(_ runs: [[LinePlot.Point]]) -> [LinePlot.Point] {
        (0..<(runs.map(\.count).min() ?? 0)).map { index in
            LinePlot.Point(runs[0][index].x, runs.reduce(0) { $0 + $1[index].y } / Double(runs.count))
        }
    }
}
