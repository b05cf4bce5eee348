import Formats
import Foundation

/// A run that an experiment has in its plan, whether it was trained or not.
public struct RunPlan: Sendable, Hashable {
    public var agent: String
    public var family: String
    public var seed: UInt64

    public init(agent: String, family: String, seed: UInt64) {
        self.agent = agent
        self.family = family
        self.seed = seed
    }

    /// Which runs of `plan` are not among the finished ones, in a sentence; nil where none is missing.
    ///
    ///     Missing: 23 of 140 planned runs: all of metacure; pearl on ant-fwd-back, seeds 12, 13 and 14 (3 runs).
    static func missing(_ plan: [RunPlan], _ runs: [RunRecord]) -> String? {
        let finished = Set(runs.filter { $0.state == .finished }.map { RunPlan(agent: $0.agent, family: $0.family, seed: $0.seed) })
        let missing = plan.unique.filter { !finished.contains($0) }
        guard !missing.isEmpty else { return nil }
        let whole = plan.map(\.agent).unique.filter { agent in !plan.contains { $0.agent == agent && finished.contains($0) } }
        var parts = whole.isEmpty ? [] : ["all of \(Format.list(whole))"]

        /// What one agent lacks on a family, and agents and families that lack the same.
        struct Gap: Hashable { var families: [String], seeds: [UInt64] }
        var gaps: [Gap: [String]] = [:], order: [Gap] = []
        for agent in missing.map(\.agent).unique where !whole.contains(agent) {
            let own = missing.filter { $0.agent == agent }
            let bySeeds = Dictionary(grouping: own.map(\.family).unique) { family in own.filter { $0.family == family }.map(\.seed).sorted() }
            for (seeds, families) in bySeeds.sorted(by: { $0.value[0] < $1.value[0] }) {
                let gap = Gap(families: families, seeds: seeds)
                if gaps[gap] == nil { order.append(gap) }
                gaps[gap, default: []].append(agent)
            }
        }
        for gap in order {
            let agents = gaps[gap] ?? [], count = agents.count * gap.families.count * gap.seeds.count
            let isEverySeed = Set(plan.filter { agents.contains($0.agent) && gap.families.contains($0.family) }.map(\.seed)) == Set(gap.seeds)
            let seeds = isEverySeed ? "" : ", \(gap.seeds.count == 1 ? "seed" : "seeds") \(Format.list(Format.ranges(gap.seeds)))"
            parts.append("\(Format.list(agents)) on \(Format.list(gap.families))\(seeds) (\(count) \(count == 1 ? "run" : "runs"))")
        }
        return "Missing: \(missing.count) of \(plan.unique.count) planned runs are not finished: \(parts.joined(separator: "; "))."
    }
}

/// A report keeps the plan beside its raw data, so that it can be made again from its own folder.
extension RunPlan {
    static let fileName = "plan.csv"
    private static let columns = ["agent", "family", "seed"]

    static func csv(_ plan: [RunPlan]) -> CSV { CSV(header: columns, rows: plan.map { [$0.agent, $0.family, "\($0.seed)"] }) }

    /// Throws `TableError` naming file and line.
    static func read(_ path: String) throws -> [RunPlan] {
        let table = try CSV.Reader(CSV(contentsOf: path), file: path, required: columns)
        return try (0..<table.count).map { row in
            RunPlan(agent: table.string(row, "agent"), family: table.string(row, "family"), seed: try table.whole(row, "seed"))
        }
    }
}
