import Foundation
import Runs

/// All runs of a report, sorted into groups, and everything that makes the comparison incomplete or unfair.
public struct Comparison: Sendable {
    /// Families in alphabetical order, within them agents as they first appear by name.
    public let groups: [RunGroup]
    /// What a reader must know about the averages, one sentence each. Empty if there is nothing to say.
    public let cautions: [String]
    /// Those of them that name seeds which agents lack: a plan says more of them.
    let seedGaps: [String]
    /// Every run, in the order of the tables and CSV files.
    public let runs: [RunRecord]
    /// Results that the report is about: returns first where the experiment does not say otherwise.
    public let metrics: [Metric]
    /// Final values of every group, policy, task set and metric that has any, in the order of the groups.
    public let allScores: [PolicyScores]

    /// Those of one metric.
    public func scores(_ metric: Metric) -> [PolicyScores] { allScores.filter { $0.metric == metric } }

    public var families: [String] { groups.map(\.family).unique }

    /// The order of agents: by name, numbers by their size, so that `lambda 5` stands before `lambda 20`.
    static func precedes(_ a: String, _ b: String) -> Bool { a.compare(b, options: .numeric) == .orderedAscending }

    /// - Parameter declared: metrics that an experiment declares, in the order in which they are shown.
    public init(_ records: [RunRecord], metrics declared: [Metric] = []) {
        metrics = Comparison.metrics(records, declared)
        let families = Dictionary(grouping: records, by: \.family)
        var groups: [RunGroup] = [], cautions: [String] = [], seedGaps: [String] = [], scores: [PolicyScores] = []
        let seeds = Set(records.map(\.seed))
        for (family, found) in families.sorted(by: { $0.key < $1.key }) {
            let members = RunRecord.withCommonTaskNames(found)
            for (agent, own) in Dictionary(grouping: members, by: \.agent).sorted(by: { Comparison.precedes($0.key, $1.key) }) {
                let variants = Comparison.variants(own)
                for (index, runs) in variants.enumerated() {
                    let label = variants.count == 1 ? agent : "\(agent) (\(Comparison.letter(index)))"
                    let group = RunGroup(family: family, agent: agent, label: label, runs: runs, metrics: metrics)
                    groups.append(group)
                    cautions += Comparison.cautions(group)
                    let own = metrics.flatMap { group.filters($0) }.compactMap { PolicyScores(group, $0) }
                    cautions += own.flatMap(Comparison.omissions).unique
                    scores += own.filter { !$0.seeds.isEmpty }
                }
                cautions += Comparison.differences(variants, agent: agent, family: family)
            }
            let gaps = Comparison.missing(groups.filter { $0.family == family }, expected: seeds)
            (cautions, seedGaps) = (cautions + gaps, seedGaps + gaps)
            cautions += Comparison.differentConditions(groups.filter { $0.family == family }, family: family)
            cautions += Comparison.tasksPerSeed(groups.filter { $0.family == family }, family: family)
        }
        (self.groups, self.seedGaps) = (groups, seedGaps)
        self.cautions = Comparison.versions(records) + Comparison.programs(records) + cautions
        allScores = scores
        runs = groups.flatMap(\.runs)
    }

    /// Every result that was measured: those declared first, then returns, then others by name.
    private static func metrics(_ records: [RunRecord], _ declared: [Metric]) -> [Metric] {
        var found: Set<String> = []
        for run in records {
            for row in run.evaluations where row.phase == .evaluation { found.insert(row.metric) }
        }
        let others = found.sorted().map { Metric.named($0) }.filter { metric in
            !metric.isBookkeeping && !declared.contains { $0.name == metric.name }
        }
        return declared.filter { found.contains($0.name) } + others.filter(\.isReturn) + others.filter { !$0.isReturn }
    }

    /// Runs of one agent and family, separated by everything that must be equal in an average.
    private static func variants(_ runs: [RunRecord]) -> [[RunRecord]] {
        let keyed = Dictionary(grouping: runs) { run in
            run.settings.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
                + [run.commonTasks, run.preset, "\(run.totalSteps)", run.budgetUnit]
        }
        return keyed.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { $0.value.sorted { $0.seed < $1.seed } }
    }

    private static func letter(_ index: Int) -> String {
        index < 26 ? String(UnicodeScalar(UInt8(97 + index))) : "\(index + 1)"
    }

    /// How agents are compared where seeds differ in their tasks.
    private static func tasksPerSeed(_ groups: [RunGroup], family: String) -> [String] {
        guard groups.contains(where: \.hasTasksPerSeed) else { return [] }
        return ["\(family): each seed has tasks of its own, the same for all agents. A task's name stands for another task in each seed. Agents are "
            + "compared seed by seed; p is of Wilcoxon's signed-rank test on the differences, in place of the rank test of Mann and Whitney."]
    }

    /// Policies whose values diverged in finished runs.
    private static func diverged(_ group: RunGroup) -> [String] {
        group.policies.compactMap { policy in
            let count = group.divergedRuns(policy)
            return count == 0 ? nil
                : "\(group.name(policy) { "\($0)'s \($1)" }) on \(group.family): diverged in \(count) of \(group.counted.count) finished runs; the "
                    + "returns are those of the values where they were stopped."
        }
    }

    private static func cautions(_ group: RunGroup) -> [String] {
        var cautions = diverged(group)
        let name = "\(group.label) on \(group.family)"
        for run in group.runs {
            let at = run.extent
            switch run.state {
            case .finished: break
            case .running: cautions.append("\(name), seed \(run.seed): not finished, \(at); shown as a dashed line, not included in averages.")
            case .stopped: cautions.append("\(name), seed \(run.seed): stopped at \(at); shown as a dashed line, not included in averages.")
            case .failed: cautions.append("\(name), seed \(run.seed): failed at \(at); shown as a dashed line, not included in averages.")
            }
            if let bad = run.nonFinite {
                cautions.append(
                    "\(name), seed \(run.seed): the \(Metric.named(bad.metric).title) of \(bad.task) at step \(Format.count(bad.step)) is not a "
                        + "number; not included in averages.")
            } else if run.state == .finished, run.evaluations.isEmpty {
                cautions.append("\(name), seed \(run.seed): finished without an evaluation.")
            }
            if run.unstableEpisodes > 0 {
                cautions.append(
                    "\(name), seed \(run.seed): \(run.unstableEpisodes) training episodes ended because the physics became unstable.")
            }
        }
        // Most concern all seeds.
        return cautions + group.runs.flatMap(\.warnings).unique.map { "\(name): \($0)." }
    }

    /// Seeds that a family's groups lack, agents that lack the same ones together.
    private static func missing(_ groups: [RunGroup], expected: Set<UInt64>) -> [String] {
        let lacking = Dictionary(grouping: groups) { expected.subtracting($0.runs.map(\.seed)).sorted() }
        return lacking.filter { !$0.key.isEmpty }.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { seeds, groups in
            "\(groups[0].family): no run with seed \(Format.list(Format.ranges(seeds))), which others have, of "
                + "\(Format.list(groups.map(\.label)))."
        }
    }

    /// Which versions of Gait and MuJoCo made the runs, where there are several; of MuJoCo in runs that it simulated.
    private static func versions(_ runs: [RunRecord]) -> [String] {
        [("Gait", \RunRecord.software), ("MuJoCo", \RunRecord.machine)].compactMap { (name, text: KeyPath<RunRecord, String>) in
            let counts = Dictionary(runs.compactMap { version(of: name, in: $0[keyPath: text]).map { ($0, 1) } }, uniquingKeysWith: +)
            guard counts.count > 1 else { return nil }
            let parts = counts.sorted { Self.precedes($0.key, $1.key) }.map { "\($0) (\($1) run\($1 == 1 ? "" : "s"))" }
            return "The runs were made with different versions of \(name): \(Format.list(parts)). Differences between them may come from that."
        }
    }

    /// Which agents and families are programs of their own, and whether their files were changed between runs.
    private static func programs(_ runs: [RunRecord]) -> [String] {
        let kinds: [(mark: String, name: KeyPath<RunRecord, String>)] = [
            (RunRecord.agentProgram, \.agent), (RunRecord.familyProgram, \.family),
        ]
        return kinds.flatMap { mark, name in
            let own = runs.compactMap { run in version(of: mark, in: run.software).map { (name: run[keyPath: name], hash: $0) } }
            return Dictionary(grouping: own, by: \.name).sorted { $0.key < $1.key }.map { name, runs in
                let versions = Set(runs.map(\.hash)).count
                return "\(name) is a program of its own: whether the same seed gives the same results is up to it."
                    + (versions > 1 ? " Its file was changed between the runs: there are \(versions) versions of it." : "")
            }
        }
    }

    /// `2.2.2` of `AMD EPYC, MuJoCo 2.2.2, BLAS OpenBLAS 0.3.29`.
    private static func version(of name: String, in text: String) -> String? {
        text.components(separatedBy: ", ").first { $0.hasPrefix(name + " ") }.map { String($0.dropFirst(name.count + 1)) }
    }

    /// What the variants of an agent differ in.
    private static func differences(_ variants: [[RunRecord]], agent: String, family: String) -> [String] {
        let first = variants.compactMap(\.first)
        guard first.count > 1 else { return [] }
        var parts: [String] = []
        for key in Set(first.flatMap(\.settings.keys)).sorted() where Set(first.map { $0.settings[key] }).count > 1 {
            parts.append("`\(key)` (\(first.map { $0.settings[key] ?? "not set" }.joined(separator: " / ")))")
        }
        parts += lengths(first)
        if Set(first.map(\.preset)).count > 1 { parts.append("preset (\(first.map(\.preset).joined(separator: " / ")))") }
        if Set(first.map(\.commonTasks)).count > 1 { parts.append("tasks") }
        return ["\(agent) on \(family): runs with different \(parts.joined(separator: ", ")) are shown separately, "
            + "as \((0..<first.count).map { "(\(letter($0)))" }.joined(separator: ", "))."]
    }

    private static func omissions(_ scores: PolicyScores) -> [String] {
        scores.omissions.map {
            "\(scores.group.label) on \(scores.family), seed \($0.seed): \(scores.title) on \(scores.set.rawValue) tasks "
                + "\($0.reason); not included in the \(scores.metric.finalTitle)."
        }
    }
}
