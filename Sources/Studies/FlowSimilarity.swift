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
        /// By seed.
        var errors: [UInt64: [LinePlot.Point]]
        var distances: [UInt64: [LinePlot.Point]]
        /// The exact L1 error at the end, of the personalized policies where there are any, by seed.
        var exactErrors: [UInt64: Double]
        var seeds: Set<UInt64> { Set(errors.keys) }
    }

    func result(_ context: StudyContext) throws -> StudyResult {
        let finished = context.finishedRuns(of: Self.experiment)
        guard !finished.isEmpty else { throw StudyUnavailable("no run of \(Self.experiment) is finished, which it needs") }
        let runs = try finished.map { (directory: $0, configuration: try $0.configuration()) }
        let grouped = Dictionary(grouping: runs) { "\($0.configuration.agent)/\($0.configuration.familyVariant ?? $0.configuration.family)" }
        let groups = try grouped.sorted { $0.key < $1.key }.map { _, runs in
            let first = runs[0].configuration
            let records = try bySeed(runs) { try MetricRecord.read($0.evaluationsFile).filter { $0.taskSet == .train } }
            return Group(
                agent: first.agent, family: first.family, isSimilar: (first.familyVariant ?? "").contains("similar"),
                errors: records.mapValues(Self.errors), distances: try bySeed(runs, Self.distances),
                exactErrors: records.compactMapValues(Self.exactError))
        }
        let families = Set(groups.map(\.family)).sorted()
        func panels(_ agents: [String], _ points: (Group) -> [UInt64: [LinePlot.Point]]) -> [LinePlot.Panel] {
            families.map { family in
                let shown = groups.filter { $0.family == family && agents.contains($0.agent) }
                return .init(title: family, series: shown.map { group in
                    .init("\(agents.count > 1 ? group.agent + ", " : "")\(group.isSimilar ? "similar" : "distinct")", mean(points(group).sorted { $0.key < $1.key }.map(\.value)))
                })
            }
        }
        let counts = Set(groups.map(\.seeds.count)).sorted().map { "\($0)" }.joined(separator: " or ")
        let words = "\(counts) seed\(counts == "1" ? "" : "s")"
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
            claims: families.flatMap { family in claims(groups.filter { $0.family == family }, family) })
    }

    private func claims(_ groups: [Group], _ family: String) -> [StudyResult.Claim] {
        /// An agent's values at the end on similar and on distinct tasks, by seed, of the seeds that have both.
        func pairs(_ agent: String, _ values: (Group) -> [UInt64: Double]) -> [UInt64: (similar: Double, distinct: Double)] {
            let own = groups.filter { $0.agent == agent }
            guard let similar = own.first(where: \.isSimilar).map(values), let distinct = own.first(where: { !$0.isSimilar }).map(values) else { return [:] }
            return Dictionary(uniqueKeysWithValues: similar.compactMap { seed, value in distinct[seed].map { (seed, (value, $0)) } })
        }
        func rises(_ source: String, _ what: String, _ agent: String, _ points: (Group) -> [UInt64: [LinePlot.Point]]) -> StudyResult.Claim? {
            let pairs = pairs(agent) { points($0).compactMapValues { $0.last?.y } }.sorted { $0.key < $1.key }.map(\.value)
            return pairs.isEmpty ? nil : .init(
                source: source, place: family, claim: what, paper: "larger on distinct tasks", holds: pairs.map { $0.distinct > $0.similar },
                ours: String(format: "%.4g on similar, %.4g on distinct", Statistics.mean(pairs.map(\.similar)), Statistics.mean(pairs.map(\.distinct))))
        }
        func loss() -> StudyResult.Claim? {
            let own = pairs("pgflow-meta", \.exactErrors), other = pairs("gflow-meta", \.exactErrors)
            let losses = own.sorted { $0.key < $1.key }.compactMap { seed, own in
                other[seed].map { (own: own.distinct - own.similar, other: $0.distinct - $0.similar) }
            }
            return losses.isEmpty ? nil : .init(
                source: "Section 5.6", place: family, claim: "From similar to distinct tasks pGFlowMeta's exact L1 error rises less than GFlowMeta's",
                paper: "yes", holds: losses.map { $0.own < $0.other },
                ours: String(format: "%.2g (personalized policies) against %.2g", Statistics.mean(losses.map(\.own)), Statistics.mean(losses.map(\.other))))
        }
        return [
            rises("Figure 1", "GFlowMeta's empirical L1 error", "gflow-meta", \.errors),
            rises("Figure 9", "GFlowMeta's distance", "gflow-meta", \.distances),
            rises("Figure 9", "pGFlowMeta's distance", "pgflow-meta", \.distances), loss(),
        ].compactMap { $0 }
    }

    private func bySeed<Value>(
        _ runs: [(directory: RunDirectory, configuration: RunConfiguration)], _ value: (RunDirectory) throws -> Value
    ) throws -> [UInt64: Value] {
        Dictionary(try runs.map { ($0.configuration.seed, try value($0.directory)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Mean over training tasks at the last evaluation, of the personalized policies where there are any.
    private static func exactError(_ records: [MetricRecord]) -> Double? {
        let records = records.filter { $0.metric == Metric.l1.name }
        let names = Set(records.map(\.policy)), policy = names.contains(PolicyName.personal) ? PolicyName.personal : PolicyName.meta
        let last = records.map(\.spent).max(), values = records.filter { $0.spent == last && $0.policy == policy }.map(\.value)
        return values.isEmpty ? nil : Statistics.mean(values)
    }

    /// The meta-policy's error at each evaluation that has one, mean over training tasks.
    private static func errors(_ records: [MetricRecord]) -> [LinePlot.Point] {
        let records = records.filter { $0.metric == Metric.empiricalL1.name && $0.policy == PolicyName.meta }
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
